//! Who is measured: the product, the bare loop, and others. A further server is a [`Peer`]: any
//! program that says where it listens and speaks [`Tongue::Plain`].

mod peers;
mod product;

use std::{fmt, net::SocketAddr};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) use self::{
    peers::{Peer, naive, node},
    product::{PASSWORD, Product, QUICK_HASH},
};
use crate::{
    generator::{Crowd, Hall, Seat, Tongue},
    lab::Lab,
    process::Server,
};

/// A kind of server.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// The product, on embedded storage.
    Hubbub,
    /// The bare loop, which keeps nothing.
    Bare,
    /// The bare loop with a synced row for each message before it is passed on.
    BareKept,
    /// Somebody else's.
    Peer(Peer),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hubbub => "Hubbub",
            Self::Bare => "bare loop",
            Self::BareKept => "bare loop + INSERT",
            Self::Peer(peer) => &peer.name,
        })
    }
}

impl Subject {
    /// Whether it belongs to the benchmark, so that a fault of it ends the run.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Peer(_))
    }
}

/// A running server with everybody seated.
pub(crate) struct Stage {
    /// The server.
    pub(crate) server: Server,
    /// Who listens and talks.
    pub(crate) crowd: Crowd,
    _folder: TempDir,
}

impl Stage {
    /// Starts a server and seats everybody; in each room, the last `stalled` read nothing.
    ///
    /// # Errors
    /// When the server does not start, or refuses somebody.
    pub(crate) async fn open(
        lab: &Lab,
        subject: &Subject,
        hall: Hall,
        stalled: usize,
    ) -> Result<Self> {
        let opened = async {
            let folder = lab.folder()?;
            let (server, seats) = start(lab, subject, hall, &folder).await?;
            let mut crowd = Crowd::new(hall, stalled);
            crowd.fill(server.addr(), &seats, 0).await?;
            Ok(Self {
                server,
                crowd,
                _folder: folder,
            })
        };
        let opened: Result<_> = opened.await;
        opened.with_context(|| format!("{subject} cannot be measured"))
    }
}

async fn start(
    lab: &Lab,
    subject: &Subject,
    hall: Hall,
    folder: &TempDir,
) -> Result<(Server, Vec<Seat>)> {
    let path = folder.path();
    let mut command = Command::new(&lab.program);
    match subject {
        Subject::Hubbub => {
            let product = Product::start(lab, path, QUICK_HASH).await?;
            let seats = product.seats(hall).await?;
            return Ok((product.server, seats));
        }
        Subject::Bare => {
            command.arg("bare");
        }
        Subject::BareKept => {
            command.arg("bare").arg("--store").arg(path.join("bare.db"));
        }
        Subject::Peer(peer) => command = peer.command(),
    }
    let server = Server::start(command, path).await?;
    Ok((server, plain(hall)))
}

fn plain(hall: Hall) -> Vec<Seat> {
    let seat = |number| Seat {
        path: format!("/?room={}", hall.place(number).0),
        token: None,
        tongue: Tongue::Plain,
    };
    (0..hall.seats()).map(seat).collect()
}

/// The value of a metric of the product: all its series together.
///
/// # Errors
/// When the product does not tell it.
pub(crate) async fn metric(addr: SocketAddr, name: &str) -> Result<f64> {
    let mut caller = crate::generator::Caller::connect(addr).await?;
    let told = caller.get("/metrics", None).await?;
    let told = String::from_utf8_lossy(&told);
    let series = told.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let value = value.parse::<f64>().ok()?;
        let same = series.split('{').next() == Some(name);
        same.then_some(value)
    });
    let values: Vec<f64> = series.collect();
    (!values.is_empty())
        .then(|| values.iter().sum())
        .with_context(|| format!("{name} is not told"))
}
