//! Services as processes on one MongoDB, one Redis and one RabbitMQ, behind one address.

use std::net::SocketAddr;

use e2e::{Balancer, Single, balancer::Upstreams};
use futures_util::future::join_all;

/// All of them.
pub(crate) struct Cluster {
    /// In the order in which they were given.
    pub(crate) singles: Vec<Single>,
    balancer: Balancer,
}

impl Cluster {
    /// Puts a balancer in front of services, each a node of an upstream.
    pub(crate) fn of(nodes: Vec<(&'static str, Single)>) -> Self {
        let (mut upstreams, mut singles) = (Upstreams::new(), Vec::new());
        for (upstream, single) in nodes {
            upstreams.entry(upstream).or_default().push(single.addr());
            singles.push(single);
        }
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            balancer: Balancer::start(any, upstreams),
            singles,
        }
    }

    /// The one address.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.balancer.address()
    }

    /// Ends all of them.
    pub(crate) async fn end(self) {
        join_all(self.singles.into_iter().map(Single::end)).await;
    }
}
