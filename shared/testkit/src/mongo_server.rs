//! A server that speaks the MongoDB protocol, for the tests that need one.
//!
//! Taken in this order: the one that `MONGODB_URI` names; a `mongod` on the
//! PATH, as a replica set of one; mongo-java-server, whose jars are fetched once
//! by Maven. Where none can be had a test says why it is skipped, and fails
//! instead where `CI` is set ([`or_skip`]).

mod java;
mod mongod;
mod wire;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;

use domain::RowId;

use crate::server::{self, Kind, Process, Program, Shared, TestServer};

/// A server for tests. Name databases so that tests do not meet in them.
pub type MongoServer = TestServer<MongoProgram>;

/// Which server program runs here, and all that starting it takes.
pub struct MongoProgram(Choice);

enum Choice {
    Mongod,
    Java(java::Kit),
}

impl Program for MongoProgram {
    fn start(&self, port: u16, data: &Path) -> anyhow::Result<(Process, SocketAddr)> {
        match &self.0 {
            Choice::Mongod => mongod::start(port, data),
            Choice::Java(kit) => kit.start(port, data),
        }
    }
}

impl Kind for MongoProgram {
    const NAME: &'static str = "mongo";
    const VARIABLE: &'static str = "MONGODB_URI";
    const PORT: u16 = 27017;

    /// Mongod if there is one, else the Java server, which may be fetched first.
    fn find() -> anyhow::Result<Self> {
        if mongod::on_path() {
            return Ok(Self(Choice::Mongod));
        }
        Ok(Self(Choice::Java(java::Kit::prepare()?)))
    }

    fn url(address: SocketAddr) -> String {
        format!("mongodb://{address}/?directConnection=true")
    }

    fn describe(&self) -> &'static str {
        match &self.0 {
            Choice::Mongod => "mongod on PATH, replica set of one",
            Choice::Java(_) => java::DESCRIPTION,
        }
    }

    fn shared() -> &'static Shared<Self> {
        static SHARED: Shared<MongoProgram> = OnceLock::new();
        &SHARED
    }
}

impl MongoServer {
    /// Returns the URL of a database.
    pub fn url_of(&self, database: &str) -> String {
        of(self.url(), database)
    }

    /// Returns the URL of a database that nobody else has.
    pub fn url_of_its_own(&self) -> String {
        self.url_of(&format!("hubbub_{}", RowId::new().uuid().simple()))
    }

    /// Returns the URL that leads to the same server through a proxy in front of
    /// [`Self::address`].
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        through(self.url(), proxy)
    }
}

/// Decides for a test whether it runs: `None` after printing why it is skipped.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip<T>(server: anyhow::Result<T>) -> Option<T> {
    server::or_skip("MongoDB", server)
}

/// The same server, with another database.
fn of(url: &str, database: &str) -> String {
    let (place, options) = url.split_once('?').unwrap_or((url, ""));
    let hosts = server::hosts(url);
    let end = place.find(hosts).unwrap_or_default() + hosts.len();
    let options = match options {
        "" => String::new(),
        options => format!("?{options}"),
    };
    format!("{}/{database}{options}", &place[..end])
}

/// A replica set would send the driver past the proxy, hence the direct connection.
fn through(url: &str, proxy: SocketAddr) -> String {
    let moved = server::through(url, proxy);
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
        let moved = |url| through(url, proxy);
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

    #[test]
    fn a_database_takes_the_place_of_what_is_named() {
        for (given, meant) in [
            ("mongodb://a:1", "mongodb://a:1/tea"),
            ("mongodb://a:1/", "mongodb://a:1/tea"),
            ("mongodb://a:1/?w=1", "mongodb://a:1/tea?w=1"),
            ("mongodb://u:p@a,b/x?w=1", "mongodb://u:p@a,b/tea?w=1"),
        ] {
            assert_eq!(of(given, "tea"), meant);
        }
    }
}
