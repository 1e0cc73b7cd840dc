//! From every kind of store to every other.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::PathBuf, sync::Arc};

use adapter_mongodb::{MongoSource, MongoStore, MongoTarget};
use adapter_sqlite::{SqliteSource, SqliteStore, SqliteTarget, Synchronous};
use async_trait::async_trait;
use domain::ports::{Source, Store, Target};
use tempfile::TempDir;
use testkit::{
    clock::TestClock,
    contract::transfer::{TransferWorld, carry, fill, whole},
    mongo_server::{MongoServer, or_skip},
};

/// Where a store is.
enum Place {
    /// The folder of a database.
    Sqlite(TempDir),
    Mongo(String),
}

impl Place {
    fn sqlite() -> Self {
        Self::Sqlite(TempDir::new().expect("a folder"))
    }

    /// The database of a place that is a file.
    fn path(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("hubbub.db"),
            Self::Mongo(uri) => panic!("{uri} is no file"),
        }
    }

    fn mongo() -> Option<Self> {
        let server = or_skip(MongoServer::shared())?;
        Some(Self::Mongo(server.url_of_its_own()))
    }

    async fn open(&self, clock: &Arc<TestClock>) -> Result<Arc<dyn Store>, String> {
        Ok(match self {
            Self::Sqlite(_) => {
                let options = adapter_sqlite::Options {
                    synchronous: Synchronous::Off,
                    ..adapter_sqlite::Options::new(clock.clone())
                };
                let opened = SqliteStore::open(self.path(), options);
                Arc::new(opened.map_err(|error| error.to_string())?)
            }
            Self::Mongo(uri) => {
                let options = adapter_mongodb::Options {
                    self_check: false,
                    ..adapter_mongodb::Options::timed(clock.clone())
                };
                let opened = MongoStore::connect(uri, options).await;
                Arc::new(opened.map_err(|error| error.to_string())?)
            }
        })
    }

    async fn source(&self) -> Arc<dyn Source> {
        match self {
            Self::Sqlite(_) => Arc::new(SqliteSource::open(self.path()).unwrap()),
            Self::Mongo(uri) => Arc::new(MongoSource::open(uri).await.unwrap()),
        }
    }

    async fn target(&self) -> Arc<dyn Target> {
        match self {
            Self::Sqlite(_) => Arc::new(SqliteTarget::open(self.path(), Synchronous::Off).unwrap()),
            Self::Mongo(uri) => {
                let clock = Arc::new(TestClock::new());
                Arc::new(MongoTarget::open(uri, clock).await.unwrap())
            }
        }
    }
}

/// A store in one place, to be carried to another.
struct Way {
    from: Place,
    to: Place,
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
}

impl Way {
    async fn new(from: Place, to: Place) -> Self {
        let clock = Arc::new(TestClock::new());
        let store = from.open(&clock).await.unwrap();
        Self {
            from,
            to,
            store,
            clock,
        }
    }
}

#[async_trait]
impl TransferWorld for Way {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    async fn source(&self) -> Arc<dyn Source> {
        self.from.source().await
    }

    async fn target(&self) -> Arc<dyn Target> {
        self.to.target().await
    }

    async fn opened(&self) -> Result<Arc<dyn Store>, String> {
        self.to.open(&self.clock).await
    }
}

mod sqlite_to_sqlite {
    use super::*;

    async fn open() -> Way {
        Way::new(Place::sqlite(), Place::sqlite()).await
    }

    testkit::transfer_contract!(open);
}

mod sqlite_to_mongodb {
    use super::*;

    async fn open() -> Option<Way> {
        Some(Way::new(Place::sqlite(), Place::mongo()?).await)
    }

    testkit::transfer_contract!(open);
}

mod mongodb_to_sqlite {
    use super::*;

    async fn open() -> Option<Way> {
        Some(Way::new(Place::mongo()?, Place::sqlite()).await)
    }

    testkit::transfer_contract!(open);
}

/// Over to the server and back: every record is what it was.
#[tokio::test]
async fn there_and_back_again() {
    let (home, clock) = (Place::sqlite(), Arc::new(TestClock::new()));
    let Some(away) = Place::mongo() else {
        return;
    };
    let store = home.open(&clock).await.unwrap();
    fill(&*store).await;
    store.close().await;
    let (source, target) = (home.source().await, away.target().await);
    carry(&*source, &*target).await;
    let (there, back) = (away.source().await, Place::sqlite());
    let target = back.target().await;
    carry(&*there, &*target).await;
    assert_eq!(whole(&*target).await, whole(&*source).await);
    assert_eq!(target.epoch().await.unwrap(), source.epoch().await.unwrap());
}

/// A copy made by this version's own tools is opened by nobody else meanwhile.
#[tokio::test]
async fn a_database_that_somebody_works_on_is_not_carried() {
    let (home, clock) = (Place::sqlite(), Arc::new(TestClock::new()));
    let store = home.open(&clock).await.unwrap();
    let path = &home.path();
    let refused = SqliteSource::open(path).err().expect("it is in use");
    assert!(refused.to_string().contains("is in use"), "{refused}");
    store.close().await;
    SqliteSource::open(path).unwrap();
}

/// A database of a version before is left to a server to bring up to date.
#[tokio::test]
async fn an_older_database_is_not_carried_and_left_as_it_is() {
    let (home, clock) = (Place::sqlite(), Arc::new(TestClock::new()));
    home.open(&clock).await.unwrap().close().await;
    let path = &home.path();
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.pragma_update(None, "user_version", 9).unwrap();
    drop(conn);
    let refused = SqliteSource::open(path).err().expect("it is older");
    assert!(refused.to_string().contains("older version"), "{refused}");
}
