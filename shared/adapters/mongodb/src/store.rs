//! The store and what it is opened with.

use std::{sync::Arc, time::Duration};

use domain::{Timestamp, ports::Clock, to_millis};
use mongodb::options::ConnectionString;

use crate::{
    about,
    clock::StoreClock,
    connect::{self, ConnectError, Opening},
    db::Db,
    keeper::{Gate, Keeper},
    log::Tails,
    schema,
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
    /// One step of opening, such as building an index over what is there.
    pub opening: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(4),
            attempt: Duration::from_millis(1_500),
            append: Duration::from_secs(4),
            opening: Duration::from_secs(60),
        }
    }
}

/// What a store is opened with.
#[derive(Clone)]
pub struct Options {
    /// The store's time.
    pub clock: Arc<dyn Clock>,
    /// The clock that is set by the server's, if it is one that can be.
    pub measured: Option<Arc<StoreClock>>,
    /// The database; `None` takes the URI's, or `hubbub`.
    pub database: Option<String>,
    /// How long things may take.
    pub timings: Timings,
    /// Whether the server is tried out before anything is kept on it, for below a second.
    pub self_check: bool,
}

impl Options {
    /// The database of the URI, the usual timings, and the server tried out. The store's time is
    /// the server's, told by `local` in between.
    #[must_use]
    pub fn new(local: Arc<dyn Clock>) -> Self {
        let measured = Arc::new(StoreClock::new(local));
        Self {
            measured: Some(Arc::clone(&measured)),
            ..Self::timed(measured)
        }
    }

    /// The same, by a clock that no server sets.
    #[must_use]
    pub fn timed(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            measured: None,
            database: None,
            timings: Timings::default(),
            self_check: true,
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
    /// Whether it is open.
    pub(crate) gate: Arc<Gate>,
    pub(crate) keeper: Keeper,
    /// Where the database is.
    pub(crate) place: String,
}

impl MongoStore {
    /// Connects and makes sure of the server: of its time and how it stands, that it does what it
    /// says, of the schema and of the indexes.
    ///
    /// # Errors
    /// When the URI is none, no server answers within 2 s or it refuses, it fails a check, an index
    /// is not as it must be, or the schema is newer; the text says what to do.
    pub async fn connect(uri: &str, options: Options) -> Result<Self, ConnectError> {
        let store = Self::prepare(uri, options).await?;
        store.keeper.open().await?;
        store.keeper.keep();
        Ok(store)
    }

    /// The same, but for a server that is away: every call is then `unavailable` until it is there,
    /// which is looked for every few seconds.
    ///
    /// # Errors
    /// As of [`MongoStore::connect`], but for a server that does not answer.
    pub async fn open(uri: &str, options: Options) -> Result<Self, ConnectError> {
        let store = Self::prepare(uri, options).await?;
        match store.keeper.open().await {
            Err(error) if error.is_away() => tracing::warn!(%error, "waiting for the database"),
            opened => opened?,
        }
        store.keeper.keep();
        Ok(store)
    }

    /// Looks at a server without changing anything there, and says what it is.
    ///
    /// # Errors
    /// When the URI is none, no server answers within 2 s or it refuses, or the schema is newer.
    pub async fn look(uri: &str) -> Result<String, ConnectError> {
        let (database, place) = connect::prepare(uri, None).await?;
        let db = Db::new(&database, Timings::default().call, Arc::default());
        let db = db.before_open(Timings::default().call);
        let topology = db.greet().await?.topology;
        schema::refuse_newer(&db).await?;
        let version = db.server_version().await?;
        Ok(about::describe(&version, &place, topology))
    }

    /// Whether this is a connection string, as far as can be said without asking anybody.
    #[must_use]
    pub fn understands(uri: &str) -> bool {
        ConnectionString::parse(uri).is_ok()
    }

    async fn prepare(uri: &str, options: Options) -> Result<Self, ConnectError> {
        let (database, place) = connect::prepare(uri, options.database.as_deref()).await?;
        let gate = Arc::new(Gate::default());
        let db = Db::new(&database, options.timings.call, Arc::clone(&gate));
        let opening = Opening {
            db: db.before_open(options.timings.opening),
            clock: Arc::clone(&options.clock),
            measured: options.measured,
            self_check: options.self_check,
            takes_in: false,
        };
        Ok(Self {
            db,
            clock: options.clock,
            timings: options.timings,
            tails: Tails::default(),
            keeper: Keeper::new(opening, Arc::clone(&gate)),
            gate,
            place,
        })
    }

    /// The store's time, for whatever else goes by it.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The store's time, as it is kept.
    pub(crate) fn now(&self) -> Timestamp {
        to_millis(self.clock.now())
    }
}
