//! Reaching the original's database.

use std::time::Duration;

use domain::{Limits, Result, transfer::Finding};
use mongodb::{
    Client, Database,
    bson::doc,
    error::{Error as DriverError, ErrorKind},
    options::ClientOptions,
};

use crate::{
    GoChat,
    db::{Db, Kind},
    survey,
};

/// What the original calls its database, and leaves no choice in.
const DATABASE: &str = "chat_app";

/// How long the driver looks for a server, and for a connection to it.
const REACH: Duration = Duration::from_secs(2);

/// Where a database of ours says what it is.
const OURS: &str = "meta";

/// Why there is nothing to read. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// The URL is no MongoDB connection string.
    #[error(
        "--mongodb is no MongoDB connection string that can be used; write it like mongodb://USER:PASSWORD@HOST:27017/chat_app, with signs other than letters and digits in user and password percent-encoded"
    )]
    Uri {
        /// What the driver said, which may hold a part of a password.
        source: DriverError,
    },
    /// No server answers, or it refuses.
    #[error(
        "the MongoDB server of --mongodb cannot be read: {source}. Check that it runs and may be reached; the user needs the role read on the database."
    )]
    Unreadable {
        /// What the driver said.
        source: DriverError,
    },
    /// The database is one of ours.
    #[error(
        "{0} is a database of Hubbub: `hubbub migrate` carries it, or STORE_URL names it as it is"
    )]
    Ours(String),
    /// The database is something else.
    #[error(
        "{0} is no database of the Go chat backend (it has no `rooms`, or no `clients` with a username and a password_hash): name its database in the URL, chat_app if nobody changed it"
    )]
    Another(String),
}

/// A database of the original's that was reached, and of which nothing is known yet.
pub struct Original {
    db: Db,
    place: String,
    documents: u64,
}

impl Original {
    /// Reaches the database of a connection string, `chat_app` where it names none, and looks
    /// whether it is one of the original's.
    ///
    /// # Errors
    /// When the URI is none, no server answers within 2 s or it refuses, or the database is
    /// something else.
    pub async fn reach(uri: &str) -> std::result::Result<Self, ReachError> {
        let (database, place) = prepare(uri).await?;
        let db = Db::new(database);
        let documents = known(&db, &place).await?;
        Ok(Self {
            db,
            place,
            documents,
        })
    }

    /// How many documents a survey reads, as the server keeps count.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Where it is, without secrets.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Reads all of it once and decides what becomes of it, under these limits of names and
    /// messages; tells what cannot stay as it was. `seen` hears how many documents were read.
    ///
    /// # Errors
    /// When the server goes away, or does not answer within a minute.
    pub async fn survey(
        self,
        limits: &Limits,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(GoChat, Vec<Finding>)> {
        let (census, findings) = survey::run(&self.db, limits, seen).await?;
        let limit = limits.message_bytes;
        let source = GoChat::new(self.db, self.place, census, limit);
        Ok((source.counted(self.documents), findings))
    }
}

async fn prepare(uri: &str) -> std::result::Result<(Database, String), ReachError> {
    let wrong = |source| ReachError::Uri { source };
    let mut options = ClientOptions::parse(uri).await.map_err(wrong)?;
    options.server_selection_timeout.get_or_insert(REACH);
    options.connect_timeout.get_or_insert(REACH);
    let hosts: Vec<_> = options.hosts.iter().map(ToString::to_string).collect();
    let client = Client::with_options(options).map_err(wrong)?;
    let database = client.default_database();
    let database = database.unwrap_or_else(|| client.database(DATABASE));
    let place = format!("{}/{}", hosts.join(","), database.name());
    Ok((database, place))
}

/// How many documents there are, if it is the original's.
async fn known(db: &Db, place: &str) -> std::result::Result<u64, ReachError> {
    let unreadable = |source: DriverError| match *source.kind {
        ErrorKind::InvalidArgument { .. } => ReachError::Uri { source },
        _ => ReachError::Unreadable { source },
    };
    let there = db.collections().await.map_err(unreadable)?;
    let has = |name: &str| there.iter().any(|one| one == name);
    if has(OURS) && has("users") {
        return Err(ReachError::Ours(place.to_owned()));
    }
    let like = doc! {"username": {"$exists": true}, "password_hash": {"$exists": true}};
    let account = db.has(Kind::Clients, like).await;
    if !has("rooms") || !account.map_err(unreadable)? {
        return Err(ReachError::Another(place.to_owned()));
    }
    db.documents().await.map_err(unreadable)
}
