//! What a server says of itself.

use std::{fmt, time::Duration};

use domain::{Error, Timestamp};
use mongodb::{
    bson::{Document, doc},
    error::ErrorKind,
};
use tokio::time::Instant;

use crate::{db::Db, failure::Failure, values::time};

/// The server's code for a command that it does not know.
const NO_SUCH_COMMAND: i32 = 59;

/// How a server stands to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    /// A replica set, if only of one.
    ReplicaSet,
    /// Behind a router.
    Sharded,
    /// By itself.
    Standalone,
}

impl Topology {
    /// What it cannot promise.
    pub(crate) fn weakness(self) -> Option<&'static str> {
        match self {
            Self::ReplicaSet => None,
            Self::Sharded => Some("sharded clusters are untested"),
            Self::Standalone => Some(
                "a standalone server is for trial: what it acknowledged is on one disk only, and \
                 nothing takes over when it goes",
            ),
        }
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReplicaSet => "replica set",
            Self::Sharded => "sharded",
            Self::Standalone => "standalone",
        })
    }
}

/// A server's greeting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Greeting {
    pub(crate) topology: Topology,
    /// Its time when it answered.
    pub(crate) at: Timestamp,
    /// How long the answer took.
    pub(crate) round: Duration,
}

impl Db {
    /// Asks how the server stands, and what time it is there.
    pub(crate) async fn greet(&self) -> Result<Greeting, Failure> {
        let mut begun = Instant::now();
        let mut answer = self.command(doc! {"hello": 1}).await;
        if answer.as_ref().is_err_and(is_unknown) {
            begun = Instant::now();
            answer = self.command(doc! {"isMaster": 1}).await;
        }
        let (round, answer) = (begun.elapsed(), answer?);
        let at = answer.get_datetime("localTime");
        Ok(Greeting {
            topology: topology(&answer),
            at: time(*at.map_err(Error::internal)?),
            round,
        })
    }

    /// The server's version, as it calls it.
    pub(crate) async fn server_version(&self) -> Result<String, Failure> {
        let answer = self.command(doc! {"buildInfo": 1}).await?;
        Ok(answer.get_str("version").unwrap_or_default().to_owned())
    }
}

fn is_unknown(failure: &Failure) -> bool {
    let Failure::Driver(error) = failure else {
        return false;
    };
    matches!(error.kind.as_ref(), ErrorKind::Command(error) if error.code == NO_SUCH_COMMAND)
}

fn topology(hello: &Document) -> Topology {
    let router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
    match hello.contains_key("setName") {
        _ if router => Topology::Sharded,
        true => Topology::ReplicaSet,
        false => Topology::Standalone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_says_how_the_server_stands() {
        let set = doc! {"setName": "rs0", "isWritablePrimary": true};
        assert_eq!(topology(&set), Topology::ReplicaSet);
        assert_eq!(topology(&doc! {"msg": "isdbgrid"}), Topology::Sharded);
        assert_eq!(topology(&doc! {"ismaster": true}), Topology::Standalone);
        assert!(Topology::Standalone.weakness().is_some());
        assert_eq!(Topology::ReplicaSet.weakness(), None);
    }
}
