//! Two nodes, one of them behind a network that holds, delays and cuts.

use std::sync::Arc;

use adapter_mongodb::{MongoStore, Options, Timings};
use mongodb::Database;
use testkit::{
    clock::TestClock,
    proxy::{
        Direction::{ToClient, ToServer},
        Proxy,
    },
};

/// Keeps the driver's own heartbeats out of what is held: none comes while a test lasts.
const NO_HEARTBEATS: &str = "&heartbeatFrequencyMS=600000";

/// Two nodes on a fresh database.
pub(crate) struct Network {
    /// In front of `far`.
    pub(crate) proxy: Proxy,
    /// The node behind the proxy.
    pub(crate) far: Arc<MongoStore>,
    /// The node that always reaches the server.
    pub(crate) near: Arc<MongoStore>,
    pub(crate) database: Database,
}

impl Network {
    /// Opens both nodes, the far one with these timings; `None` where there is no server.
    pub(crate) async fn open(timings: Timings) -> Option<Self> {
        let (server, name) = (super::server()?, super::unused_name());
        let clock = Arc::new(TestClock::new());
        let options = super::options(&clock, &name);
        let address = server.address().expect("the server has an address");
        let proxy = Proxy::to(address).await.expect("a port is free");
        let through = server.url_through(proxy.address()) + NO_HEARTBEATS;
        let hurried = Options {
            timings,
            ..options.clone()
        };
        Some(Self {
            far: super::node(&through, hurried).await,
            near: super::node(server.url(), options).await,
            proxy,
            database: super::database(server, &name).await,
        })
    }

    /// Lets the far node's `call` have `answered` answers and stops it before the next request
    /// reaches the server: the caller is gone, the request is held. `Some` when the call ended
    /// before. The far node must not do anything else meanwhile.
    pub(crate) async fn stop<T>(
        &self,
        answered: usize,
        call: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            () = self.hold_after(answered) => None,
            answer = call => {
                self.proxy.release(ToClient).await;
                self.proxy.release(ToServer).await;
                Some(answer)
            }
        }
    }

    /// Lets the far node have `answered` answers, and returns once its next request is held.
    pub(crate) async fn hold_after(&self, answered: usize) {
        let first = if answered == 0 { ToServer } else { ToClient };
        self.proxy.hold(first);
        for left in (0..answered).rev() {
            self.proxy.until(|seen| seen.held(ToClient) > 0).await;
            self.proxy.hold(ToServer);
            self.proxy.release(ToClient).await;
            if left > 0 {
                self.proxy.until(|seen| seen.held(ToServer) > 0).await;
                self.proxy.hold(ToClient);
                self.proxy.release(ToServer).await;
            }
        }
        self.proxy.until(|seen| seen.held(ToServer) > 0).await;
    }

    /// Lets the held request reach the server, and waits until that has done what it will.
    pub(crate) async fn land(&self) {
        let before = self.proxy.seen();
        assert!(before.held(ToServer) > 0, "no request is held");
        self.proxy.release(ToServer).await;
        let answered = before.passed(ToClient);
        self.proxy
            .until(|seen| seen.passed(ToClient) > answered)
            .await;
    }
}
