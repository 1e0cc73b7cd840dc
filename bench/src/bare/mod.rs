//! The bare loop: what any server on these threads and sockets must do at least. A message is
//! wrapped once, as an event as long as the product's; every member has a queue of such frames,
//! and writes all that waits in it at once. Nobody is asked who they are, and nothing is kept,
//! but where a file is named: there each message is a row, and synced before it is passed on.

mod kept;
mod room;
mod session;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use clap::Args;
use tokio::{net::TcpListener, runtime::Builder};
use tokio_util::task::TaskTracker;

pub(crate) use self::kept::Kept;
use self::room::Room;

/// What the bare loop is told.
#[derive(Debug, Args)]
pub(crate) struct Bare {
    /// Keeps each message in this database, synced, before it is passed on.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

/// What all its sessions share.
struct Hub {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    kept: Option<Kept>,
}

impl Hub {
    fn room(&self, name: &str) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(name.to_owned()).or_default().clone()
    }
}

/// Serves until it is killed.
///
/// # Errors
/// When there is no port or no database.
pub(crate) fn serve(bare: &Bare) -> Result<()> {
    let kept = bare.store.as_deref().map(Kept::open).transpose()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(accept(kept))
}

async fn accept(kept: Option<Kept>) -> Result<()> {
    let hub = Arc::new(Hub {
        rooms: Mutex::default(),
        kept,
    });
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    println!("listening on {}", listener.local_addr()?);
    let sessions = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        sessions.spawn(session::serve(stream, hub.clone()));
    }
}
