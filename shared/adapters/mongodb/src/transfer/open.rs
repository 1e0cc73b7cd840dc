//! Reaching a database to be carried, and one to be carried into.

use std::{sync::Arc, time::Duration};

use domain::ports::Clock;

use crate::{
    clock::StoreClock,
    connect::{self, ConnectError, Opening},
    db::Db,
    schema,
};

/// How long one call may take. Nobody else waits for it.
const CALL: Duration = Duration::from_secs(60);

/// A database that is read whole, and never written.
pub struct MongoSource {
    pub(super) db: Db,
    pub(super) place: String,
}

impl MongoSource {
    /// Reaches the database of a connection string. Nothing is made there: one that nothing was
    /// ever kept in has no epoch and no records.
    ///
    /// # Errors
    /// When the URI is none, no server answers within 2 s or it refuses, or the schema is not of
    /// this version; the text says what to do.
    pub async fn open(uri: &str) -> Result<Self, ConnectError> {
        let (db, place) = reach(uri).await?;
        db.greet().await?;
        schema::refuse_newer(&db).await?;
        match schema::known(&db).await? {
            Some(known) if !schema::is_of_now(&known) => Err(ConnectError::Older),
            _ => Ok(Self { db, place }),
        }
    }
}

/// A database that takes another store in.
pub struct MongoTarget {
    pub(super) db: Db,
    pub(super) place: String,
}

impl MongoTarget {
    /// Reaches the database of a connection string, and makes sure of its server, its schema and
    /// its indexes. `local` tells the time between two answers of the server.
    ///
    /// # Errors
    /// As of [`MongoStore::connect`](crate::MongoStore::connect), but for one that is not whole.
    pub async fn open(uri: &str, local: Arc<dyn Clock>) -> Result<Self, ConnectError> {
        let (db, place) = reach(uri).await?;
        let measured = Arc::new(StoreClock::new(local));
        let opening = Opening {
            db: db.clone(),
            clock: measured.clone(),
            measured: Some(measured),
            self_check: true,
            takes_in: true,
        };
        opening.open().await?;
        Ok(Self { db, place })
    }
}

async fn reach(uri: &str) -> Result<(Db, String), ConnectError> {
    let (database, place) = connect::prepare(uri, None).await?;
    let db = Db::new(&database, CALL, Arc::default());
    Ok((db.before_open(CALL), place))
}
