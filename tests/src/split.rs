//! The three services in this process, each alone, behind one address.

use std::net::SocketAddr;

use edge::Context;
use settings::Settings;

use crate::{Alone, Balancer, server::Between};

/// An installation of one chat-service, one notification-service and one scheduler-service.
pub(crate) struct Split {
    balancer: Balancer,
    services: [Alone; 3],
}

impl Split {
    /// Starts the services, ready, and a balancer on an address in front of them.
    pub(crate) async fn start(settings: &Settings, address: SocketAddr, between: &Between) -> Self {
        let between = |ports: &mut _| between(ports);
        let (chat, notifications, scheduler) = tokio::join!(
            Alone::start(settings, between, async |ctx| {
                Ok(chat_service::alone(ctx))
            }),
            Alone::start(settings, between, async |ctx| {
                Ok(notification_service::alone(ctx))
            }),
            Alone::start(settings, between, scheduler_service::alone),
        );
        let services = [chat, notifications, scheduler];
        for service in &services {
            service.is_ready().await;
        }
        let names = ["chat", "notifications", "scheduler"];
        let nodes = services.iter().map(|service| vec![service.addr()]);
        Self {
            balancer: Balancer::start(address, names.into_iter().zip(nodes).collect()),
            services,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.balancer.address()
    }

    /// What chat works with.
    pub(crate) fn chat(&self) -> &Context {
        self.services[0].ctx()
    }

    /// Stops all of them at once, as a machine that goes down does.
    pub(crate) async fn stop(self) {
        for service in &self.services {
            service.drain();
        }
        for service in self.services {
            service.stop().await;
        }
        drop(self.balancer);
    }
}
