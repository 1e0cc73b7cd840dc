//! A RabbitMQ broker, for the tests that need one.
//!
//! Taken in this order: the one that `AMQP_URL` names; Debian's `rabbitmq-server`, or one on the
//! PATH; the same from Debian's packages, where we may install them. Where none can be had a test
//! says why it is skipped, and fails instead where `CI` is set ([`or_skip`]).
//!
//! A broker that was started here has a port, a folder and a node name of its own.

mod program;

use std::net::SocketAddr;

pub use program::RabbitProgram;

use crate::server::{self, TestServer};

/// A broker for tests. It takes some seconds to start, so most share one, each with a prefix of its
/// own ([`RabbitServer::url_of`]).
pub type RabbitServer = TestServer<RabbitProgram>;

impl RabbitServer {
    /// Returns the URL of an installation: `prefix` begins the names of its queues.
    pub fn url_of(&self, prefix: &str) -> String {
        let url = self.url();
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}prefix={prefix}")
    }

    /// Returns what [`Self::url_of`] does, through a proxy in front of [`Self::address`].
    pub fn url_through(&self, proxy: SocketAddr, prefix: &str) -> String {
        server::through(&self.url_of(prefix), proxy)
    }

    /// Makes the broker find its memory full, so that it takes nothing more, or no longer. Blocks
    /// for some seconds.
    ///
    /// # Errors
    /// If the broker is a given one or does not answer.
    pub fn fill(&self, full: bool) -> anyhow::Result<()> {
        let held = self.ours()?;
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
