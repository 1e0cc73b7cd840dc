//! A Redis server, for the tests that need one.
//!
//! Taken in this order: the one that `REDIS_URL` names; a `redis-server` on the PATH; the same
//! from Debian's packages, where we may install them. Where none can be had a test says why it is
//! skipped, and fails instead where `CI` is set ([`or_skip`]).
//!
//! A server that was started here keeps nothing on disk.

mod program;

use std::net::SocketAddr;

pub use program::RedisProgram;

use crate::server::{self, TestServer};

/// A server for tests. Name keys so that tests do not meet in them.
pub type RedisServer = TestServer<RedisProgram>;

impl RedisServer {
    /// Returns the URL that leads to the same server through a proxy in front of
    /// [`Self::address`].
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        server::through(self.url(), proxy)
    }
}

/// Decides for a test whether it runs: `None` after printing why it is skipped.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip<T>(server: anyhow::Result<T>) -> Option<T> {
    server::or_skip("Redis", server)
}

#[cfg(test)]
mod tests {
    use super::*;

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
