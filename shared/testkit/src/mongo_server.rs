//! A server that speaks the MongoDB protocol, for the tests that need one.
//!
//! Taken in this order: the one that `MONGODB_URI` names; a `mongod` on the
//! PATH, as a replica set of one; mongo-java-server, whose jars are fetched once
//! by Maven. Where none can be had a test says why it is skipped, and fails
//! instead where `CI` is set ([`or_skip`]).
//!
//! A server that was started here ends with its [`MongoServer`], and also with
//! the test process, however that dies.

mod java;
mod mongod;
mod wire;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context;

use crate::server::{self, Held, Origin, Process, Program, variable};

const URI: &str = "MONGODB_URI";

/// A server for tests. Name databases so that tests do not meet in them.
pub struct MongoServer {
    uri: String,
    origin: Origin<MongoProgram>,
}

/// Which server program runs here, and all that starting it takes.
#[derive(Clone)]
enum MongoProgram {
    Mongod,
    Java(java::Kit),
}

impl MongoProgram {
    /// Mongod if there is one, else the Java server, which may be fetched first.
    fn find() -> anyhow::Result<Self> {
        if mongod::on_path() {
            return Ok(Self::Mongod);
        }
        Ok(Self::Java(java::Kit::prepare()?))
    }

    fn describe(&self) -> &'static str {
        match self {
            Self::Mongod => "mongod on PATH, replica set of one",
            Self::Java(_) => java::DESCRIPTION,
        }
    }
}

impl Program for MongoProgram {
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        match self {
            Self::Mongod => mongod::start(port, data),
            Self::Java(kit) => kit.start(port, data),
        }
    }
}

impl MongoServer {
    /// Starts a server of the caller's own, with an empty data directory, or
    /// takes the given one. Blocks for half a second, the very first time for as
    /// long as the jars take to come.
    ///
    /// # Errors
    /// Says what to install where no server can be had.
    pub fn start() -> anyhow::Result<Self> {
        if let Some(uri) = variable(URI) {
            return Ok(Self {
                uri,
                origin: Origin::Given(URI),
            });
        }
        let held = Held::start(MongoProgram::find()?, "mongo")?;
        Ok(Self {
            uri: format!("mongodb://{}/?directConnection=true", held.address),
            origin: Origin::Ours(held),
        })
    }

    /// Returns the server that all tests of this process share; the first call
    /// starts it. Not for tests that stop it.
    ///
    /// # Errors
    /// As [`MongoServer::start`], the same one each time.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<MongoServer, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|reason| anyhow::anyhow!("{reason}"))
    }

    /// Returns the connection string; it stays the same over a restart.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns the connection string that leads to the same server through a
    /// proxy in front of [`Self::address`].
    pub fn uri_through(&self, proxy: SocketAddr) -> String {
        through(&self.uri, proxy)
    }

    /// Returns where the server listens; of several given hosts, the first.
    ///
    /// # Errors
    /// If the host of a given URI has no address.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        if let Origin::Ours(held) = &self.origin {
            return Ok(held.address);
        }
        let host = hosts(&self.uri).split(',').next().unwrap_or_default();
        let host = if host.contains(':') {
            host.to_owned()
        } else {
            format!("{host}:27017")
        };
        let mut found = host
            .to_socket_addrs()
            .with_context(|| format!("MONGODB_URI: {host}"))?;
        found
            .next()
            .with_context(|| format!("MONGODB_URI: {host} has no address"))
    }

    /// Returns which server this is, for the test report.
    pub fn describe(&self) -> &'static str {
        match &self.origin {
            Origin::Given(_) => "MONGODB_URI given",
            Origin::Ours(held) => held.program.describe(),
        }
    }

    /// Tells whether this server can be stopped: a given one is not ours to touch.
    pub fn is_ours(&self) -> bool {
        matches!(self.origin, Origin::Ours(_))
    }

    /// Ends the server with TERM and waits until it is gone; the data stays.
    ///
    /// # Errors
    /// If the server is a given one or does not end.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.origin.ours()?.end("TERM")
    }

    /// Starts an ended server again, on the same port and data.
    ///
    /// # Errors
    /// If the server is a given one or does not come up.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.origin.ours()?.restart()
    }

    /// Freezes the server: connections stay open and nothing is answered.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.origin.ours()?.signal("STOP")
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn cont(&self) -> anyhow::Result<()> {
        self.origin.ours()?.signal("CONT")
    }
}

/// Decides for a test whether it runs: `None` after printing why it is skipped.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip<T>(server: anyhow::Result<T>) -> Option<T> {
    server::or_skip("MongoDB", server)
}

/// The `host:port,…` part of a connection string.
fn hosts(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// A replica set would send the driver past the proxy, hence the direct connection.
fn through(uri: &str, proxy: SocketAddr) -> String {
    let moved = uri.replacen(hosts(uri), &proxy.to_string(), 1);
    let (base, options) = moved.split_once('?').unwrap_or((&moved, ""));
    let kept = options.split('&').filter(|option| {
        let name = option.split('=').next().unwrap_or_default();
        !["", "directConnection", "replicaSet"].contains(&name)
    });
    let options: Vec<_> = kept.chain(["directConnection=true"]).collect();
    let slash = if base.matches('/').count() < 3 {
        "/"
    } else {
        ""
    };
    format!("{base}{slash}?{}", options.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_takes_the_place_of_all_hosts() {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 9));
        let moved = |uri| through(uri, proxy);
        let direct = "?directConnection=true";
        assert_eq!(
            moved("mongodb://a:1"),
            format!("mongodb://127.0.0.1:9/{direct}")
        );
        assert_eq!(
            moved("mongodb://u:p@a:1,b:2/x?replicaSet=r&w=1"),
            "mongodb://u:p@127.0.0.1:9/x?w=1&directConnection=true"
        );
        assert_eq!(
            moved("mongodb://a:1/?directConnection=true"),
            format!("mongodb://127.0.0.1:9/{direct}")
        );
    }
}
