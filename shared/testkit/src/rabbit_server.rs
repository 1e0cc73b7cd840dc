//! A RabbitMQ broker, for the tests that need one.
//!
//! Taken in this order: the one that `AMQP_URL` names; Debian's `rabbitmq-server`, or one on the
//! PATH; the same from Debian's packages, where we may install them. Where none can be had a test
//! says why it is skipped, and fails instead where `CI` is set ([`or_skip`]).
//!
//! A broker that was started here has a port, a folder and a node name of its own, and ends with
//! its [`RabbitServer`], and also with the test process, however that dies.

mod program;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;

use anyhow::Context;

use crate::server::{self, Held, Origin, variable};
use program::RabbitProgram;

const URL: &str = "AMQP_URL";

/// A broker for tests. It takes some seconds to start, so most share one.
pub struct RabbitServer {
    url: String,
    origin: Origin<RabbitProgram>,
}

impl RabbitServer {
    /// Starts an empty broker of the caller's own, or takes the given one. Blocks for some
    /// seconds.
    ///
    /// # Errors
    /// Says what to install where no broker can be had.
    pub fn start() -> anyhow::Result<Self> {
        if let Some(url) = variable(URL) {
            return Ok(Self {
                url,
                origin: Origin::Given(URL),
            });
        }
        let held = Held::start(RabbitProgram::find()?, "rabbitmq")?;
        Ok(Self {
            url: format!("amqp://guest:guest@{}", held.address),
            origin: Origin::Ours(held),
        })
    }

    /// Returns the broker that all tests of this process share; the first call starts it. Not for
    /// tests that stop it. Use [`RabbitServer::url_of`], so that tests do not meet.
    ///
    /// # Errors
    /// As [`RabbitServer::start`], the same one each time.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<RabbitServer, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|reason| anyhow::anyhow!("{reason}"))
    }

    /// Returns the URL; it stays the same over a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL of an installation: `prefix` begins the names of its queues.
    pub fn url_of(&self, prefix: &str) -> String {
        let sign = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{sign}prefix={prefix}", self.url)
    }

    /// Returns what [`RabbitServer::url_of`] does, through a proxy in front of
    /// [`RabbitServer::address`].
    pub fn url_through(&self, proxy: SocketAddr, prefix: &str) -> String {
        let url = self.url_of(prefix);
        url.replacen(host(&self.url), &proxy.to_string(), 1)
    }

    /// Returns where the broker listens.
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
            false => format!("{host}:5672"),
        };
        let found = host.to_socket_addrs().ok().and_then(|mut all| all.next());
        found.with_context(|| format!("{URL}: {host} has no address"))
    }

    /// Returns which broker this is, for the test report.
    pub fn describe(&self) -> &'static str {
        match &self.origin {
            Origin::Given(_) => "AMQP_URL given",
            Origin::Ours(_) => "rabbitmq-server, started",
        }
    }

    /// Tells whether this broker can be stopped: a given one is not ours to touch.
    pub fn is_ours(&self) -> bool {
        matches!(self.origin, Origin::Ours(_))
    }

    /// Ends the broker with KILL and waits until it is gone; its disk stays.
    ///
    /// # Errors
    /// If the broker is a given one or has ended.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.origin.ours()?.end("KILL")
    }

    /// Starts an ended broker again, on the same port and disk. Blocks for some seconds.
    ///
    /// # Errors
    /// If the broker is a given one or does not come up.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.origin.ours()?.restart()
    }

    /// Freezes the broker: connections stay open and nothing is answered.
    ///
    /// # Errors
    /// If the broker is a given one or has ended.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.origin.ours()?.signal("STOP")
    }

    /// Lets a frozen broker go on.
    ///
    /// # Errors
    /// If the broker is a given one or has ended.
    pub fn cont(&self) -> anyhow::Result<()> {
        self.origin.ours()?.signal("CONT")
    }

    /// Makes the broker find its memory full, so that it takes nothing more, or no longer. Blocks
    /// for some seconds.
    ///
    /// # Errors
    /// If the broker is a given one or does not answer.
    pub fn fill(&self, full: bool) -> anyhow::Result<()> {
        let held = self.origin.ours()?;
        let share = if full { "0.000001" } else { "0.9" };
        let set = ["set_vm_memory_high_watermark", share];
        held.program.control(held.address.port(), &set)
    }
}

/// Decides for a test whether it runs: `None` after printing why it is skipped.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip<T>(server: anyhow::Result<T>) -> Option<T> {
    server::or_skip("RabbitMQ", server)
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
    fn a_broker_is_killed_and_comes_back_where_it_was() {
        let Some(server) = or_skip(RabbitServer::start()) else {
            return;
        };
        if !server.is_ours() {
            return println!("skipped: the broker of AMQP_URL is not ours to stop");
        }
        let address = server.address().unwrap();
        assert!(program::greeted(address).is_ok());
        server.kill().unwrap();
        assert!(program::greeted(address).is_err());
        server.restart().unwrap();
        assert!(program::greeted(address).is_ok());
    }
}
