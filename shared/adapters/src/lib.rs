//! Opens the ports that the settings name. This is the one place that knows which adapters there
//! are; nothing else matches on the scheme of a URL.

pub mod checkup;
mod data;
mod live;
pub mod transfer;
mod url;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use adapter_blobs::{DirBlobs, S3Blobs, S3Options};
use adapter_local::SystemClock;
use adapter_mongodb::MongoStore;
use adapter_rabbitmq::{Place as Broker, RabbitFeed, RabbitQueue, Source, Timings};
use adapter_sqlite::{Options, SqliteQueue, SqliteStore};
use domain::{
    Limits,
    ports::{Blobs, Clock, Dependency, Feed, Ports, Queue, Store},
};
use settings::Settings;

pub use adapter_go_chat::{GoChat, Original};
pub use adapter_sqlite::{Holder, ProcessLock};
pub use data::{is_there, make_data_folder};
pub use url::UrlProblem;
use url::{BlobsUrl, Plan, QueueUrl, StoreUrl};

/// Why the ports could not be opened, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A URL that this build has no adapter for.
    #[error(transparent)]
    Url(#[from] UrlProblem),
    /// The folder of embedded mode cannot be made.
    #[error(
        "{} cannot be made: {source}; make the folder above it writable, or choose another with --data",
        path.display()
    )]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What should be the folder is a file.
    #[error("{} is a file, not a folder; choose another with --data", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Sqlite(#[from] adapter_sqlite::OpenError),
    /// The server of the database cannot be used.
    #[error(transparent)]
    Mongo(#[from] adapter_mongodb::ConnectError),
    /// What is to be imported cannot be read.
    #[error(transparent)]
    GoChat(#[from] adapter_go_chat::ReachError),
    /// The folder of the files cannot be made.
    #[error("{} cannot be made: {source}; make the folder above it writable, or choose another with BLOBS_URL", path.display())]
    Blobs {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings of the S3 storage contradict each other.
    #[error(transparent)]
    S3(#[from] adapter_blobs::S3Problem),
    /// The process is ending.
    #[error("opening the store was interrupted")]
    Interrupted,
}

/// Says whether [`open`] would know every URL of the settings, without opening anything.
///
/// # Errors
/// The first URL that has no adapter in this build.
pub fn check(settings: &Settings) -> Result<(), UrlProblem> {
    Plan::of(settings).map(drop)
}

/// Whether the store is a server's, which other processes work on too, and which may come and go
/// while this one runs.
#[must_use]
pub fn is_shared(settings: &Settings) -> bool {
    Plan::of(settings).is_ok_and(|plan| matches!(plan.store, StoreUrl::Mongo(_)))
}

/// Whether the queue is a broker's, which hands work to other processes too.
#[must_use]
pub fn is_queue_shared(settings: &Settings) -> bool {
    Plan::of(settings).is_ok_and(|plan| matches!(plan.queue, QueueUrl::Rabbit(_)))
}

/// Opens the ports that the settings name. Makes the data folder where something lies in it. A
/// store or a queue that is a server's and away is waited for in the background: it is
/// `unavailable` until then.
///
/// # Errors
/// A URL without an adapter in this build, or a store that cannot be opened (locked, read-only,
/// foreign, of a newer version, not fit, or it refuses the credentials); the text says what to do.
pub async fn open(settings: &Settings) -> Result<Ports, OpenError> {
    let plan = Plan::of(settings)?;
    let Durable {
        store,
        queue,
        clock,
        mut dependencies,
    } = open_durable(settings, &plan).await?;
    let live = live::open(&plan, &store).await?;
    dependencies.extend(live.dependencies);
    let feed = open_feed(plan.feed, &clock, &mut dependencies);
    Ok(Ports {
        queue,
        feed,
        store,
        blobs: open_blobs(settings, plan.blobs)?,
        cache: live.cache,
        presences: live.presences,
        visitors: live.visitors,
        budgets: live.budgets,
        bus: live.bus,
        clock,
        dependencies,
    })
}

/// What goes by the store's time.
struct Durable {
    store: Arc<dyn Store>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    dependencies: Vec<(&'static str, Arc<dyn Dependency>)>,
}

async fn open_durable(settings: &Settings, plan: &Plan) -> Result<Durable, OpenError> {
    let local: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, of_store, clock): (Arc<dyn Store>, _, _) = match &plan.store {
        StoreUrl::Sqlite(path) => {
            let store = open_sqlite(settings, path, Arc::clone(&local)).await?;
            (store.clone(), Some(store), local)
        }
        StoreUrl::Mongo(uri) => {
            let options = adapter_mongodb::Options::new(local);
            let store = MongoStore::open(uri, options).await?;
            let clock = store.clock();
            (Arc::new(store), None, clock)
        }
    };
    let mut dependencies = Vec::<(_, Arc<dyn Dependency>)>::new();
    let queue: Arc<dyn Queue> = match (&plan.queue, of_store) {
        (QueueUrl::Store, Some(store)) => Arc::new(SqliteQueue::new(store)),
        (QueueUrl::Store, None) => return Err(UrlProblem::no_queue().into()),
        (QueueUrl::Sqlite(path), _) => {
            let tables = open_sqlite(settings, path, Arc::clone(&clock)).await?;
            Arc::new(SqliteQueue::new(tables))
        }
        (QueueUrl::Rabbit(broker), _) => {
            let clock = Arc::clone(&clock);
            let queue = RabbitQueue::open(broker.clone(), Timings::default(), clock);
            let queue = Arc::new(queue);
            dependencies.push(("queue", queue.clone()));
            queue
        }
    };
    Ok(Durable {
        store,
        queue,
        clock,
        dependencies,
    })
}

async fn open_sqlite(
    settings: &Settings,
    path: &Path,
    clock: Arc<dyn Clock>,
) -> Result<Arc<SqliteStore>, OpenError> {
    make_data_folder(&settings.data)?;
    let path = path.to_owned();
    let open = move || SqliteStore::open(path, Options::new(clock));
    let opened = tokio::task::spawn_blocking(open).await;
    let store = opened.map_err(|_| OpenError::Interrupted)??;
    Ok(Arc::new(store))
}

/// Listens to another system's queue, where the settings name one.
fn open_feed(
    feed: Option<(Broker, Source)>,
    clock: &Arc<dyn Clock>,
    dependencies: &mut Vec<(&'static str, Arc<dyn Dependency>)>,
) -> Option<Arc<dyn Feed>> {
    let (broker, source) = feed?;
    let feed = RabbitFeed::open(broker, Timings::default(), Arc::clone(clock), source);
    let feed = Arc::new(feed);
    dependencies.push(("feed", feed.clone()));
    Some(feed)
}

fn open_blobs(settings: &Settings, url: BlobsUrl) -> Result<Arc<dyn Blobs>, OpenError> {
    match url {
        BlobsUrl::Dir(path) => match DirBlobs::open(&path) {
            Ok(blobs) => Ok(Arc::new(blobs)),
            Err(source) => Err(OpenError::Blobs { path, source }),
        },
        BlobsUrl::S3 { bucket, prefix } => {
            let options = S3Options {
                endpoint: settings.s3.endpoint.clone(),
                region: settings.s3.region.clone(),
                bucket,
                prefix,
                access_key_id: settings.s3.access_key_id.clone(),
                secret_access_key: settings.s3.secret_access_key.reveal().to_owned(),
                virtual_host: settings.s3.virtual_host,
                timeout: Limits::BLOB_CALL,
            };
            Ok(Arc::new(S3Blobs::open(&options)?))
        }
    }
}
