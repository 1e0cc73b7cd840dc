//! A Redis server, for the tests that need one.
//!
//! Taken in this order: the one that `REDIS_URL` names; a `redis-server` on the PATH; the same
//! from Debian's packages, where we may install them. Where none can be had a test says why it is
//! skipped, and fails instead where `CI` is set ([`or_skip`]).
//!
//! A server that was started here keeps nothing on disk, and ends with its [`RedisServer`], and
//! also with the test process, however that dies.

mod program;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;

use anyhow::Context;

use crate::server::{self, Held, Origin, install, variable};
use program::RedisProgram;

const URL: &str = "REDIS_URL";

/// A server for tests. Name keys so that tests do not meet in them.
pub struct RedisServer {
    url: String,
    origin: Origin<RedisProgram>,
}

impl RedisServer {
    /// Starts an empty server of the caller's own, or takes the given one. Blocks for a moment.
    ///
    /// # Errors
    /// Says what to install where no server can be had.
    pub fn start() -> anyhow::Result<Self> {
        if let Some(url) = variable(URL) {
            return Ok(Self {
                url,
                origin: Origin::Given(URL),
            });
        }
        let advice = "install Debian's redis-server, or set REDIS_URL";
        install(&[("redis-server", "--version")], &["redis-server"], advice)?;
        let held = Held::start(RedisProgram, "redis")?;
        Ok(Self {
            url: format!("redis://{}", held.address),
            origin: Origin::Ours(held),
        })
    }

    /// Returns the server that all tests of this process share; the first call starts it. Not for
    /// tests that stop it.
    ///
    /// # Errors
    /// As [`RedisServer::start`], the same one each time.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<RedisServer, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|reason| anyhow::anyhow!("{reason}"))
    }

    /// Returns the URL; it stays the same over a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL that leads to the same server through a proxy in front of
    /// [`Self::address`].
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        self.url.replacen(host(&self.url), &proxy.to_string(), 1)
    }

    /// Returns where the server listens.
    ///
    /// # Errors
    /// If the host of a given URL has no address.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        if let Origin::Ours(held) = &self.origin {
            return Ok(held.address);
        }
        let host = host(&self.url);
        let host = match host.contains(':') {
            true => host.to_owned(),
            false => format!("{host}:6379"),
        };
        let found = host.to_socket_addrs().ok().and_then(|mut all| all.next());
        found.with_context(|| format!("{URL}: {host} has no address"))
    }

    /// Returns which server this is, for the test report.
    pub fn describe(&self) -> &'static str {
        match &self.origin {
            Origin::Given(_) => "REDIS_URL given",
            Origin::Ours(_) => "redis-server on PATH",
        }
    }

    /// Tells whether this server can be stopped: a given one is not ours to touch.
    pub fn is_ours(&self) -> bool {
        matches!(self.origin, Origin::Ours(_))
    }

    /// Ends the server with KILL and waits until it is gone, with all that it kept.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.origin.ours()?.end("KILL")
    }

    /// Starts an ended server again, empty, on the same port.
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
    server::or_skip("Redis", server)
}

/// The `host:port` part of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url() {
        assert_eq!(host("redis://a:1"), "a:1");
        assert_eq!(host("rediss://u:p@a/3?x=1"), "a");
    }

    #[test]
    fn a_server_is_killed_and_comes_back_where_it_was() {
        let Some(server) = or_skip(RedisServer::start()) else {
            return;
        };
        if !server.is_ours() {
            return println!("skipped: the server of REDIS_URL is not ours to stop");
        }
        let address = server.address().unwrap();
        assert!(program::info(address).is_ok());
        server.kill().unwrap();
        assert!(program::info(address).is_err());
        server.restart().unwrap();
        assert!(program::info(address).is_ok());
    }
}
