//! The store and what it is opened with.

use std::{sync::Arc, time::Duration};

use domain::{Timestamp, ports::Clock, to_millis};

use crate::{
    connect::{self, ConnectError},
    db::Db,
    log::Tails,
};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// One call to the server.
    pub call: Duration,
    /// One call within an append. Several must fit into `append`, so that a lost answer is cleared
    /// up while the sender still waits.
    pub attempt: Duration,
    /// A whole append; what is not settled then has an unknown outcome.
    pub append: Duration,
    /// Counting what is due in one room, which looks at all of it.
    pub counting: Duration,
    /// One step of opening, such as building an index over what is there.
    pub opening: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(4),
            attempt: Duration::from_millis(1_500),
            append: Duration::from_secs(4),
            counting: Duration::from_secs(60),
            opening: Duration::from_secs(60),
        }
    }
}

/// What a store is opened with.
#[derive(Clone)]
pub struct Options {
    /// The store's time.
    pub clock: Arc<dyn Clock>,
    /// The database; `None` takes the URI's, or `hubbub`.
    pub database: Option<String>,
    /// How long things may take.
    pub timings: Timings,
}

impl Options {
    /// The database of the URI, and the usual timings.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            database: None,
            timings: Timings::default(),
        }
    }
}

/// One node's handle on the database. Any number of nodes may work on one database.
pub struct MongoStore {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timings: Timings,
    /// What this node knows of the ends of logs.
    pub(crate) tails: Tails,
}

impl MongoStore {
    /// Connects, makes the indexes that are missing and verifies them.
    ///
    /// # Errors
    /// When the URI is none, no server answers within 2 s, or an index is not as it must be.
    pub async fn connect(uri: &str, options: Options) -> Result<Self, ConnectError> {
        let database = options.database.as_deref();
        Ok(Self {
            db: connect::connect(uri, database, options.timings).await?,
            clock: options.clock,
            timings: options.timings,
            tails: Tails::default(),
        })
    }

    /// The store's time, as it is kept.
    pub(crate) fn now(&self) -> Timestamp {
        to_millis(self.clock.now())
    }
}
