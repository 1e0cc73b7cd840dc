//! What the tests of this crate share: a process in miniature, on an embedded store.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_blobs::DirBlobs;
use adapter_local::{LocalBus, LocalCache, LocalPresences};
use adapter_sqlite::{Options, SqliteQueue, SqliteStore, Synchronous};
use domain::ports::Ports;
use settings::{Secret, Settings};
use tempfile::TempDir;
use testkit::clock::TestClock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use crate::{Context, Listener, Service, listen, serve};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The secret of the tests' tokens.
pub(crate) const SECRET: &str = "5b1d0c6fe2a94e8797c1f0a3d24b6e58";

/// A context and what it stands on.
pub(crate) struct World {
    pub(crate) ctx: Context,
    pub(crate) clock: Arc<TestClock>,
    _data: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.auth.bcrypt_cost = 4;
        change(&mut settings);
        let clock = Arc::new(TestClock::new());
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(clock.clone())
        };
        let store = Arc::new(SqliteStore::open(data.path().join("test.db"), options).unwrap());
        let ports = Ports {
            queue: Arc::new(SqliteQueue::new(store.clone())),
            store,
            cache: Arc::new(LocalCache::new()),
            presences: Arc::new(LocalPresences::new()),
            visitors: Arc::new(LocalPresences::new()),
            budgets: None,
            feed: None,
            bus: Arc::new(LocalBus::new()),
            blobs: Arc::new(DirBlobs::open(data.path().join("blobs")).unwrap()),
            clock: clock.clone(),
            dependencies: Vec::new(),
        };
        Self {
            ctx: Context::new(Arc::new(settings), ports, &Secret::new(SECRET)),
            clock,
            _data: data,
        }
    }

    /// Serves on a free port until the test drains it.
    pub(crate) fn serve(&self, services: Vec<Service>) -> Served {
        let bound = listen(([127, 0, 0, 1], 0).into()).unwrap();
        self.serve_on(bound, Listener::from, services)
    }

    /// Serves on a listener that is made of a bound one.
    #[allow(
        clippy::disallowed_methods,
        reason = "the test itself waits for the end"
    )]
    pub(crate) fn serve_on(
        &self,
        bound: TcpListener,
        listener: impl FnOnce(TcpListener) -> Listener,
        services: Vec<Service>,
    ) -> Served {
        let address = bound.local_addr().unwrap();
        let (ctx, listeners) = (self.ctx.clone(), vec![listener(bound)]);
        let end = tokio::spawn(async move { serve(&ctx, listeners, services).await });
        Served { address, end }
    }
}

/// A process that serves.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) end: JoinHandle<domain::Result<()>>,
}

impl Served {
    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends one request on a connection of its own, and reads until the server closes it.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }

    /// Waits for the end.
    pub(crate) async fn ended(self) -> domain::Result<()> {
        timeout(PATIENCE, self.end).await.expect("it ends").unwrap()
    }
}

/// The bare bytes of a connection.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        // A server that has refused already may have closed its side.
        let _ = self.0.write_all(text.as_bytes()).await;
    }

    /// Reads until `end` has come.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(end) {
            let next = timeout(PATIENCE, self.0.read_u8())
                .await
                .expect("it answers");
            read.push(next.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&read))));
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads until the server closes the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut read = Vec::new();
        let all = self.0.read_to_end(&mut read);
        // A reset after the answer is an end too.
        let _ = timeout(PATIENCE, all).await.expect("it closes");
        String::from_utf8(read).unwrap()
    }
}

/// A request without a body, after which the connection closes.
pub(crate) fn bare(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: hubbub.test\r\nconnection: close\r\n\r\n")
}
