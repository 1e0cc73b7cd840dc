//! A service alone in this process: ports, a hub and an address of its own, and nothing of the
//! other services but what they share through their backends.

use std::{net::SocketAddr, sync::Arc};

use domain::ports::Ports;
use edge::{Context, Service};
use settings::Settings;
use tokio::task::JoinHandle;

use crate::{eventually, soon};

/// A service that runs as its program lets it.
pub struct Alone {
    ctx: Context,
    address: SocketAddr,
    serving: JoinHandle<domain::Result<()>>,
}

impl Alone {
    /// Starts a service on a free port, with something between it and its ports. It may not be
    /// ready yet.
    ///
    /// # Panics
    /// When it cannot be put together.
    pub async fn start<S>(
        settings: &Settings,
        between: impl FnOnce(&mut Ports),
        services: S,
    ) -> Self
    where
        S: AsyncFnOnce(&Context) -> domain::Result<Vec<Service>>,
    {
        let secret = edge::load_secret(settings).expect("a secret");
        let mut ports = adapters::open(settings).await.expect("ports");
        between(&mut ports);
        let bound = edge::listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = bound.local_addr().expect("an address");
        let listeners = edge::secured(vec![bound], &settings.server.tls).expect("listeners");
        let ctx = Context::new(Arc::new(settings.clone()), ports, &secret);
        let services = services(&ctx).await.expect("services");
        let own = ctx.clone();
        let serving = crate::spawn(async move { edge::serve(&own, listeners, services).await });
        Self {
            ctx,
            address,
            serving,
        }
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    /// When it is not soon.
    pub async fn is_ready(&self) {
        eventually("readiness", async || {
            let missing = self.ctx.health.missing().await;
            missing.is_empty().then_some(())
        })
        .await;
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// What its parts share.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Lets it drain, without waiting for the end.
    pub fn drain(&self) {
        self.ctx.drain.cancel();
    }

    /// Lets it drain and waits for the end.
    ///
    /// # Panics
    /// When a part of it had failed, or it takes too long.
    pub async fn stop(self) {
        self.drain();
        let served = soon("the end", self.serving).await;
        served.expect("no panic").expect("a clean end");
        self.ctx.ports.store.close().await;
    }
}
