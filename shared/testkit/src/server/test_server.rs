//! A server of a kind that tests need: given, or started here.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;

use anyhow::Context;

use super::{Held, Program, variable};

/// A server that tests share, or why there is none.
pub type Shared<K> = OnceLock<Result<TestServer<K>, String>>;

/// What tells the servers of one kind from those of another.
pub trait Kind: Program + Sized + 'static {
    /// What begins the name of a folder of its data.
    const NAME: &'static str;
    /// The variable that names one which is there already.
    const VARIABLE: &'static str;
    /// Where one listens whose URL does not say.
    const PORT: u16;

    /// Finds the program, installing it if we may.
    ///
    /// # Errors
    /// Says what to install where it cannot be had.
    fn find() -> anyhow::Result<Self>;

    /// The URL of one that was started here.
    fn url(address: SocketAddr) -> String;

    /// Which program it is, for the test report.
    fn describe(&self) -> &'static str;

    /// The one that all tests of this process share.
    fn shared() -> &'static Shared<Self>;
}

/// A server for tests. One that was started here ends with this, and also with the test process,
/// however that dies.
pub struct TestServer<K> {
    url: String,
    origin: Origin<K>,
}

enum Origin<K> {
    /// It was there, and is not ours to touch.
    Given,
    /// We started it.
    Ours(Held<K>),
}

impl<K: Kind> TestServer<K> {
    /// Starts an empty server of the caller's own, or takes the given one. Blocks until it serves,
    /// the very first time for as long as its program takes to be installed.
    ///
    /// # Errors
    /// Says what to install where no server can be had.
    pub fn start() -> anyhow::Result<Self> {
        if let Some(url) = variable(K::VARIABLE) {
            let origin = Origin::Given;
            return Ok(Self { url, origin });
        }
        let held = Held::start(K::find()?, K::NAME)?;
        Ok(Self {
            url: K::url(held.address),
            origin: Origin::Ours(held),
        })
    }

    /// Returns the server that all tests of this process share; the first call starts it. Not for
    /// tests that stop it.
    ///
    /// # Errors
    /// As [`Self::start`], the same one each time.
    pub fn shared() -> anyhow::Result<&'static Self> {
        K::shared()
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|reason| anyhow::anyhow!("{reason}"))
    }

    /// Returns the URL; it stays the same over a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns where the server listens; of several hosts of a given URL, the first.
    ///
    /// # Errors
    /// If the host of a given URL has no address.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        if let Origin::Ours(held) = &self.origin {
            return Ok(held.address);
        }
        let host = hosts(&self.url).split(',').next().unwrap_or_default();
        let host = match host.contains(':') {
            true => host.to_owned(),
            false => format!("{host}:{}", K::PORT),
        };
        let found = host.to_socket_addrs().ok().and_then(|mut all| all.next());
        found.with_context(|| format!("{}: {host} has no address", K::VARIABLE))
    }

    /// Returns which server this is, for the test report.
    pub fn describe(&self) -> String {
        match &self.origin {
            Origin::Given => format!("{} given", K::VARIABLE),
            Origin::Ours(held) => held.program.describe().to_owned(),
        }
    }

    /// Tells whether this server can be stopped: a given one is not ours to touch.
    pub fn is_ours(&self) -> bool {
        matches!(self.origin, Origin::Ours(_))
    }

    /// Ends the server with KILL and waits until it is gone, with all that was not on its disk.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.ours()?.end("KILL")
    }

    /// Ends the server with TERM and waits until it is gone.
    ///
    /// # Errors
    /// If the server is a given one or does not end.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.ours()?.end("TERM")
    }

    /// Starts an ended server again, on the same port and disk. Blocks until it serves.
    ///
    /// # Errors
    /// If the server is a given one or does not come up.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.ours()?.restart()
    }

    /// Freezes the server: connections stay open and nothing is answered.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.ours()?.signal("STOP")
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// If the server is a given one or has ended.
    pub fn cont(&self) -> anyhow::Result<()> {
        self.ours()?.signal("CONT")
    }

    /// The server's process, if it is ours.
    pub(crate) fn ours(&self) -> anyhow::Result<&Held<K>> {
        match &self.origin {
            Origin::Given => {
                anyhow::bail!("the server of {} is not ours to stop", K::VARIABLE)
            }
            Origin::Ours(held) => Ok(held),
        }
    }
}

/// The `host:port,…` part of a URL.
pub(crate) fn hosts(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// The URL that leads to the same server through a proxy in front of it.
pub(crate) fn through(url: &str, proxy: SocketAddr) -> String {
    url.replacen(hosts(url), &proxy.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_a_url() {
        assert_eq!(hosts("redis://a:1"), "a:1");
        assert_eq!(hosts("rediss://u:p@a/3?x=1"), "a");
        assert_eq!(hosts("mongodb://u:p@a:1,b:2/x?w=1"), "a:1,b:2");
    }

    #[test]
    fn a_proxy_takes_the_place_of_the_host() {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 9));
        let moved = through("amqp://u:p@a:1/x?prefix=y", proxy);
        assert_eq!(moved, "amqp://u:p@127.0.0.1:9/x?prefix=y");
    }
}
