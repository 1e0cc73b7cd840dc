//! One connection through the proxy: a pump each way, and what cuts them.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::kept::Kept;
use super::{Direction, Orders, Shared};

/// How much a pump keeps before it leaves the rest with the sender.
const MAX_KEPT: usize = 64 << 20;

/// The connection ends before its time: both sides are reset.
struct Cut;

/// Passes bytes both ways until both sides are done or an order cuts them that
/// is newer than those the connection `came` under.
pub(super) async fn run(
    [client, server]: [TcpStream; 2],
    shared: Arc<Shared>,
    orders: watch::Receiver<Orders>,
    came: Orders,
) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let pump = |direction, client_here, from, to| Pump {
        direction,
        client_here,
        from: Some(from),
        to: Outlet(Some(to)),
        kept: Kept::new(direction, shared.clone()),
        orphaned: false,
        came,
        orders: orders.clone(),
        shared: shared.clone(),
    };
    let up = pump(
        Direction::ToServer,
        Some(Present::new(&shared)),
        from_client,
        to_server,
    );
    let down = pump(Direction::ToClient, None, from_server, to_client);
    // Either pump's end by a cut drops the other one with its halves.
    let _ = tokio::try_join!(up.run(), down.run());
}

/// The writing half of a socket. Dropping tokio's own would say an orderly end,
/// where a cut has to be a reset and an orphan's server must not be hurried.
struct Outlet(Option<OwnedWriteHalf>);

impl Outlet {
    /// Writes some of the bytes; those for a client that has gone are dropped.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Some(half) => half.write(bytes).await,
            None => Ok(bytes.len()),
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if let Some(half) = self.0.take() {
            half.forget();
        }
    }
}

/// Counts a client as there, until it is dropped.
struct Present(Arc<Shared>);

impl Present {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.seen.send_modify(|seen| seen.open += 1);
        Self(shared.clone())
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.seen.send_modify(|seen| seen.open -= 1);
    }
}

/// Moves bytes one way.
struct Pump {
    direction: Direction,
    /// Held by the pump that reads from the client, for as long as it can.
    client_here: Option<Present>,
    /// `None` once there is no more to read.
    from: Option<OwnedReadHalf>,
    to: Outlet,
    kept: Kept,
    /// The client went while its bytes were kept: they are still delivered, and
    /// the server is left time to take them.
    orphaned: bool,
    /// The orders when the connection came: only later cuts concern it.
    came: Orders,
    orders: watch::Receiver<Orders>,
    shared: Arc<Shared>,
}

impl Pump {
    async fn run(mut self) -> Result<(), Cut> {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let orders = *self.orders.borrow_and_update();
            self.obey(&orders)?;
            if self.from.is_none() && self.kept.is_empty() {
                return self.finish().await;
            }
            let held = orders.hold[self.direction as usize];
            let room = self.kept.bytes() < MAX_KEPT;
            tokio::select! {
                read = read(&mut self.from, &mut buffer), if room => {
                    self.take(read.map(|n| &buffer[..n]), &orders)?;
                }
                written = pass(&mut self.to, &self.kept, &self.shared), if !held => self.passed(written)?,
                changed = self.orders.changed() => changed.map_err(|_| Cut)?,
            }
        }
    }

    /// Cuts what has been ordered to be cut since the connection came.
    fn obey(&mut self, orders: &Orders) -> Result<(), Cut> {
        if orders.cuts > self.came.cuts {
            return Err(self.cut());
        }
        if orders.client_cuts > self.came.client_cuts {
            self.came.client_cuts = orders.client_cuts;
            self.cut_client();
        }
        Ok(())
    }

    fn cut_client(&mut self) {
        match self.direction {
            Direction::ToServer => {
                reset_when_dropped(self.from.as_ref().map(AsRef::as_ref));
                self.source_gone(!self.kept.is_empty());
            }
            Direction::ToClient => {
                reset_when_dropped(self.to.0.as_ref().map(AsRef::as_ref));
                self.to = Outlet(None);
            }
        }
    }

    /// Keeps what was read, or takes note that there is no more.
    fn take(&mut self, read: io::Result<&[u8]>, orders: &Orders) -> Result<(), Cut> {
        let holding = orders.hold[self.direction as usize] && !self.kept.is_empty();
        match read {
            Ok(bytes) if !bytes.is_empty() => {
                self.kept.push(bytes, orders.delay[self.direction as usize]);
            }
            Err(_) if !holding => return Err(self.cut()),
            _ => self.source_gone(holding),
        }
        Ok(())
    }

    fn source_gone(&mut self, orphaned: bool) {
        self.from = None;
        self.client_here = None;
        self.orphaned = orphaned;
    }

    /// Books what was passed on; at the end of the fuse the connection is cut.
    fn passed(&mut self, written: io::Result<usize>) -> Result<(), Cut> {
        let Ok(count) = written else {
            if self.direction == Direction::ToServer {
                return Err(self.cut());
            }
            self.to = Outlet(None);
            return Ok(());
        };
        self.kept.drop_front(count);
        let mut fuses = self.shared.fuses();
        let fuse = &mut fuses[self.direction as usize];
        *fuse = fuse.map(|left| left.saturating_sub(count as u64));
        if *fuse == Some(0) {
            *fuse = None;
            drop(fuses);
            return Err(self.cut());
        }
        Ok(())
    }

    /// Makes both sockets close with a reset once both pumps are dropped.
    fn cut(&self) -> Cut {
        reset_when_dropped(self.from.as_ref().map(AsRef::as_ref));
        reset_when_dropped(self.to.0.as_ref().map(AsRef::as_ref));
        Cut
    }

    /// Passes the end on after the last byte.
    async fn finish(mut self) -> Result<(), Cut> {
        match &mut self.to.0 {
            Some(half) if !self.orphaned => half.shutdown().await.map_err(|_| self.cut()),
            _ => Ok(()),
        }
    }
}

fn reset_when_dropped(socket: Option<&TcpStream>) {
    if let Some(socket) = socket {
        // Where that cannot be set the peer sees an orderly end, which also ends it.
        let _ = socket.set_zero_linger();
    }
}

/// Reads what comes next; never returns when there is nothing more to read.
async fn read(from: &mut Option<OwnedReadHalf>, buffer: &mut [u8]) -> io::Result<usize> {
    match from {
        Some(half) => half.read(buffer).await,
        None => std::future::pending().await,
    }
}

/// Writes some of the oldest kept bytes when they are due.
async fn pass(to: &mut Outlet, kept: &Kept, shared: &Shared) -> io::Result<usize> {
    let Some((due, bytes)) = kept.front() else {
        return std::future::pending().await;
    };
    sleep_until(due).await;
    let fuse = shared.fuses()[kept.direction() as usize];
    let allowed = fuse.map_or(bytes.len(), |left| bytes.len().min(left as usize));
    to.write(&bytes[..allowed]).await
}
