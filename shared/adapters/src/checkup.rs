//! Looking over what is kept, without changing it.

use std::{path::PathBuf, sync::Arc};

use adapter_local::SystemClock;
use adapter_mongodb::MongoStore;
pub use adapter_rabbitmq::checkup::Finding as QueueFinding;
pub use adapter_redis::checkup::Finding as LiveFinding;
pub use adapter_sqlite::checkup::{Checkup, Soundness};
use domain::ports::{Blobs, Clock};
use settings::Settings;

use crate::{
    OpenError, open_blobs,
    url::{BlobsUrl, Plan, QueueUrl, StoreUrl},
};

/// The file of the database, if the store is one.
#[must_use]
pub fn database(settings: &Settings) -> Option<PathBuf> {
    match Plan::of(settings).ok()?.store {
        StoreUrl::Sqlite(path) => Some(path),
        StoreUrl::Mongo(_) => None,
    }
}

/// Looks a database over, also beside the process that works on it. Blocks for up to a minute.
///
/// # Errors
/// When it cannot be opened, is foreign or too new; the text says what to do.
pub fn look(database: &std::path::Path) -> Result<Checkup, OpenError> {
    Ok(adapter_sqlite::checkup::look(database)?)
}

/// Where the bytes of files are kept.
pub struct Storage {
    /// The way to it.
    pub blobs: Arc<dyn Blobs>,
    /// The folder, where it is one.
    pub folder: Option<PathBuf>,
    /// What to look at when it does not do what it should.
    pub advice: &'static str,
}

/// Where the bytes of files are kept; `None` for a folder that is not there yet. Asks nothing of a
/// storage.
///
/// # Errors
/// As [`crate::open`], of what has to do with files.
pub fn storage(settings: &Settings) -> Result<Option<Storage>, OpenError> {
    let url = Plan::of(settings)?.blobs;
    let (folder, advice) = match &url {
        BlobsUrl::Dir(path) if !path.exists() => return Ok(None),
        BlobsUrl::Dir(path) => (
            Some(path.clone()),
            "look at its owner, its mode, and the room on its disk",
        ),
        BlobsUrl::S3 { .. } => (
            None,
            "look at [s3] (address, region, key), and whether the bucket is there and lets the \
             key put, get and delete objects",
        ),
    };
    Ok(Some(Storage {
        blobs: open_blobs(settings, url)?,
        folder,
        advice,
    }))
}

/// Looks at the servers of the cache and of the bus, if there are any, for five seconds each at
/// most. The one that is both is looked at once, as the cache's.
pub async fn live(settings: &Settings) -> Vec<(&'static str, LiveFinding)> {
    let Ok(plan) = Plan::of(settings) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let same = settings.backends.cache_url == settings.backends.bus_url;
    for (name, url) in [("cache", plan.cache), ("bus", plan.bus)] {
        if let Ok(Some(place)) = url.place(uuid::Uuid::nil())
            && !(same && name == "bus")
        {
            found.push((name, adapter_redis::checkup::look(&place).await));
        }
    }
    found
}

/// Looks at the broker of the queue, if there is one, for five seconds at most.
pub async fn queue(settings: &Settings) -> Option<QueueFinding> {
    match Plan::of(settings).ok()?.queue {
        QueueUrl::Rabbit(broker) => Some(adapter_rabbitmq::checkup::look(&broker).await),
        QueueUrl::Store | QueueUrl::Sqlite(_) => None,
    }
}

/// Looks at the server that the store is on, if it is on one, without changing anything there:
/// says what it is.
///
/// # Errors
/// When it does not answer within some seconds, refuses, or holds a newer schema; the text says
/// what to do.
pub async fn server(settings: &Settings) -> Option<Result<String, OpenError>> {
    match Plan::of(settings).ok()?.store {
        StoreUrl::Mongo(uri) => Some(MongoStore::look(&uri).await.map_err(OpenError::from)),
        StoreUrl::Sqlite(_) => None,
    }
}

/// The clock of this machine, which is the store's in embedded mode.
#[must_use]
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
