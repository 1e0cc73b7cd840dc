//! Reaching a server and making sure that it is fit.

use std::{sync::Arc, time::Duration};

use domain::ports::Clock;
use mongodb::{
    Client, Database,
    error::ErrorKind,
    options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern},
};

use crate::{
    clock::StoreClock, db::Db, failure::Failure, indexes, schema, self_check, server::Topology,
};

/// The database, where the URI names none.
const DATABASE: &str = "hubbub";

/// How long the driver looks for a server, and for a connection to it.
const REACH: Duration = Duration::from_secs(2);

/// Connections, where the URI does not say how many. The driver's own ten are few for many rooms.
const POOL: u32 = 64;

/// The server's codes for credentials that it does not take, and for rights that are missing.
const REFUSED: [i32; 2] = [18, 13];

/// Why a store could not be opened. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URI is no MongoDB connection string.
    #[error(
        "this is no MongoDB connection string that can be used; write it like mongodb://USER:PASSWORD@HOST:27017/DATABASE, with signs other than letters and digits in user and password percent-encoded"
    )]
    Uri {
        /// What the driver said, which may hold a part of a password.
        source: mongodb::error::Error,
    },
    /// No server answered. It may come yet.
    #[error("the MongoDB server cannot be used: {source}. Check that it runs and may be reached.")]
    Unreachable {
        /// What the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server does not take the credentials, or they do not give the rights that are needed.
    #[error(
        "the MongoDB server refuses the user or the password of the connection string, or what it asked: {source}. The user needs the role readWrite on the database."
    )]
    Refused {
        /// What the driver said.
        source: mongodb::error::Error,
    },
    /// An index is not as the store needs it.
    #[error(
        "the index {name} is missing or not as Hubbub makes it: drop it, and start again to have it made anew"
    )]
    Index {
        /// The index, after its collection.
        name: String,
    },
    /// The server does not do what its protocol says.
    #[error(
        "this server cannot keep what Hubbub promises; it fails the check: {check}. Use MongoDB itself, 5.0 or newer."
    )]
    Unfit {
        /// What it does not do.
        check: &'static str,
    },
    /// The database takes in another store, and that has not come to its end.
    #[error(
        "the database is not whole: what was being carried into it has not come to its end. Run `hubbub migrate` or `hubbub import` again as before, and it goes on; or drop the database"
    )]
    Unfinished,
    /// A version of Hubbub before this one worked on the database, which is not to be changed.
    #[error(
        "the database is of an older version of Hubbub: start this version's server on it once, which brings it up to date, and stop it"
    )]
    Older,
    /// A newer version of Hubbub has worked on the database.
    #[error(
        "the database has version {found} of the schema, and this build knows {known}: use the version of Hubbub that worked on it last, or a newer one"
    )]
    Newer {
        /// The version that is there.
        found: i64,
        /// The newest that this build knows.
        known: i64,
    },
}

impl ConnectError {
    /// Whether the server may come yet, so that waiting for it helps.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// What anybody may be told of it: no addresses, and nothing that the driver said.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Uri { .. } => "The database's connection string is wrong.".to_owned(),
            Self::Unreachable { .. } => "The database has not been reached yet.".to_owned(),
            Self::Refused { .. } => "The database refuses the credentials.".to_owned(),
            Self::Index { .. }
            | Self::Unfit { .. }
            | Self::Unfinished
            | Self::Older
            | Self::Newer { .. } => self.to_string(),
        }
    }
}

impl From<Failure> for ConnectError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Driver(source) if is_refusal(&source) => Self::Refused { source },
            failure => Self::Unreachable {
                source: Box::new(failure),
            },
        }
    }
}

fn is_refusal(error: &mongodb::error::Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => true,
        ErrorKind::Command(error) => REFUSED.contains(&error.code),
        _ => false,
    }
}

/// A database that no call was made to yet, and where it is.
pub(crate) async fn prepare(
    uri: &str,
    database: Option<&str>,
) -> Result<(Database, String), ConnectError> {
    let wrong = |source| ConnectError::Uri { source };
    let options = options(uri).await.map_err(wrong)?;
    let hosts: Vec<_> = options.hosts.iter().map(ToString::to_string).collect();
    let client = Client::with_options(options).map_err(wrong)?;
    let database = match database {
        Some(name) => client.database(name),
        None => client
            .default_database()
            .unwrap_or_else(|| client.database(DATABASE)),
    };
    let place = format!("{}/{}", hosts.join(","), database.name());
    Ok((database, place))
}

/// What is known of a store once it is open.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) epoch: uuid::Uuid,
    pub(crate) topology: Topology,
    pub(crate) version: String,
}

/// How a database is opened.
pub(crate) struct Opening {
    /// The collections, reached whatever is open.
    pub(crate) db: Db,
    /// The store's time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The same, where the server tells it.
    pub(crate) measured: Option<Arc<StoreClock>>,
    /// Whether the server is tried out first.
    pub(crate) self_check: bool,
    /// Whether it may take in another store, so that it is not whole.
    pub(crate) takes_in: bool,
}

impl Opening {
    /// Makes sure of the server, of the schema and of the indexes. Whatever it finds amiss is
    /// left as it is.
    pub(crate) async fn open(&self) -> Result<Opened, ConnectError> {
        let topology = self.measure().await?;
        schema::refuse_newer(&self.db).await?;
        if !self.takes_in {
            schema::refuse_unfinished(&self.db).await?;
        }
        if self.self_check {
            self_check::run(&self.db).await?;
        }
        if let Some(name) = indexes::ensure(&self.db).await? {
            return Err(ConnectError::Index { name });
        }
        Ok(Opened {
            epoch: schema::bring(&self.db, &*self.clock).await?,
            topology,
            version: self.db.server_version().await?,
        })
    }

    /// Asks the server for its time, and how it stands.
    pub(crate) async fn measure(&self) -> Result<Topology, Failure> {
        let greeting = self.db.greet().await?;
        if let Some(clock) = &self.measured {
            clock.learn(greeting.at, greeting.round);
        }
        Ok(greeting.topology)
    }
}

/// The URI's options, with ours where promises hang on them: what is acknowledged is on the disks
/// of a majority, what is read is too, and no write is sent twice behind the store's back.
async fn options(uri: &str) -> mongodb::error::Result<ClientOptions> {
    let mut options = ClientOptions::parse(uri).await?;
    let durable = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    options.write_concern = Some(durable);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = None;
    options.retry_writes = Some(false);
    options.max_pool_size.get_or_insert(POOL);
    options.server_selection_timeout.get_or_insert(REACH);
    options.connect_timeout.get_or_insert(REACH);
    options.app_name.get_or_insert_with(|| DATABASE.to_owned());
    Ok(options)
}
