//! A TCP proxy that does to a connection what networks do: hold, delay, cut.
//!
//! What it is for above all is the *zombie*: a request that the client has given
//! up and that reaches the server later.
//!
//! ```no_run
//! # async fn zombie(server: std::net::SocketAddr) -> std::io::Result<()> {
//! use testkit::proxy::{Direction, Proxy};
//! let proxy = Proxy::to(server).await?;
//! // ... a client connects to proxy.address() ...
//! proxy.hold(Direction::ToServer);
//! // ... it sends a request ...
//! proxy.until(|seen| seen.held(Direction::ToServer) > 0).await;
//! proxy.cut_clients(); // the client sees its connection die
//! proxy.release(Direction::ToServer).await; // the request lands
//! # Ok(()) }
//! ```

mod kept;
mod link;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::accepting::Accepting;

/// How long [`Proxy::until`] waits, at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server: requests.
    ToServer = 0,
    /// From the server to the client: answers.
    ToClient = 1,
}

/// What the proxy has seen so far, over all its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections that were accepted, refused ones too.
    pub accepted: usize,
    /// Connections whose client is still there.
    pub open: usize,
    held: [usize; 2],
    passed: [u64; 2],
}

impl Seen {
    /// Returns how many bytes were read and not yet passed on.
    pub fn held(&self, direction: Direction) -> usize {
        self.held[direction as usize]
    }

    /// Returns how many bytes were passed on.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.passed[direction as usize]
    }
}

/// What the proxy is told to do; every connection watches it.
#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    hold: [bool; 2],
    delay: [Duration; 2],
    refuse: bool,
    /// Raised by every cut; a connection is cut when it has risen since it came.
    cuts: usize,
    /// Likewise, for the client's side alone.
    client_cuts: usize,
}

/// What the connections share with the proxy.
struct Shared {
    server: SocketAddr,
    orders: watch::Sender<Orders>,
    seen: watch::Sender<Seen>,
    /// How many bytes may still pass before the connection that carries them is cut.
    fuses: Mutex<[Option<u64>; 2]>,
}

impl Shared {
    fn fuses(&self) -> std::sync::MutexGuard<'_, [Option<u64>; 2]> {
        self.fuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A proxy on a port of its own; all its connections end when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: Accepting,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and passes everything to `server`.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            orders: watch::Sender::default(),
            seen: watch::Sender::default(),
            fuses: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        Ok(Self {
            address,
            shared,
            _accepting: Accepting::on(listener, move |client| serve(client, &serving)),
        })
    }

    /// Returns where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on keeps what it reads in this direction; more than 64 MiB on
    /// one connection is left with the sender. A client that goes away
    /// meanwhile leaves its bytes here.
    pub fn hold(&self, direction: Direction) {
        self.order(|orders| orders.hold[direction as usize] = true);
    }

    /// Passes on what was held, and all that follows. Returns when the held
    /// bytes were written, whoever has given them up by now.
    ///
    /// # Panics
    /// If the other side does not take them within 10 s.
    pub async fn release(&self, direction: Direction) {
        self.order(|orders| orders.hold[direction as usize] = false);
        self.until(|seen| seen.held(direction) == 0).await;
    }

    /// Lets every byte read from now on arrive this much later; zero ends it.
    pub fn delay(&self, direction: Direction, by: Duration) {
        self.order(|orders| orders.delay[direction as usize] = by);
    }

    /// Resets all connections, on both sides; what was held is lost.
    pub fn cut(&self) {
        self.order(|orders| orders.cuts += 1);
    }

    /// Resets all connections towards the client. The server's side of those
    /// with held bytes stays, so that [`Proxy::release`] can still deliver them.
    pub fn cut_clients(&self) {
        self.order(|orders| orders.client_cuts += 1);
    }

    /// Lets `bytes` more pass in this direction, counted over all connections,
    /// and then resets the connection that carried the last of them.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.shared.fuses()[direction as usize] = Some(bytes);
    }

    /// Resets new connections at once, or no longer.
    pub fn refuse(&self, refuse: bool) {
        self.order(|orders| orders.refuse = refuse);
    }

    /// Returns what was seen so far.
    pub fn seen(&self) -> Seen {
        *self.shared.seen.borrow()
    }

    /// Waits until the proxy has seen what `condition` asks for.
    ///
    /// # Panics
    /// After 10 s, telling what it saw.
    pub async fn until(&self, condition: impl Fn(&Seen) -> bool) {
        let mut seen = self.shared.seen.subscribe();
        let met = tokio::time::timeout(PATIENCE, seen.wait_for(condition))
            .await
            .is_ok();
        assert!(
            met,
            "not seen by the proxy within {PATIENCE:?}, but {:?}",
            self.seen()
        );
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.shared.orders.send_modify(change);
    }
}

/// Passes on what comes on a connection, unless it is to be refused.
fn serve(client: TcpStream, shared: &Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
    // Before it is counted: whatever is ordered after somebody saw the connection concerns it.
    let orders = shared.orders.subscribe();
    let came = *orders.borrow();
    shared.seen.send_modify(|seen| seen.accepted += 1);
    let shared = Arc::clone(shared);
    async move {
        if came.refuse {
            return reset(client);
        }
        match TcpStream::connect(shared.server).await {
            Ok(server) => link::run([client, server], shared, orders, came).await,
            Err(_) => reset(client),
        }
    }
}

/// Closes a connection with RST.
fn reset(stream: TcpStream) {
    // Where that cannot be set the peer sees an orderly end, which also ends it.
    let _ = stream.set_zero_linger();
    drop(stream);
}
