//! Opens the ports that the settings name. This is the one place that knows which adapters there
//! are; nothing else matches on the scheme of a URL.

pub mod checkup;
mod data;
mod live;
mod url;

use std::{path::PathBuf, sync::Arc};

use adapter_blobs::{DirBlobs, S3Blobs, S3Options};
use adapter_local::SystemClock;
use adapter_sqlite::{Options, SqliteQueue, SqliteStore};
use domain::{
    Limits,
    ports::{About, Blobs, Clock, Ports},
};
use settings::Settings;

pub use adapter_sqlite::{Holder, ProcessLock};
pub use data::{is_there, make_data_folder};
pub use url::UrlProblem;
use url::{BlobsUrl, Plan, StoreUrl};

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
    /// The store cannot be asked what it is.
    #[error("the store does not say which it is: {0}")]
    Epoch(#[source] domain::Error),
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

/// Opens the ports that the settings name. Makes the data folder where embedded mode needs it.
///
/// # Errors
/// A URL without an adapter in this build, or a store that cannot be opened (locked, read-only,
/// foreign, of a newer version); the text says what to do.
pub async fn open(settings: &Settings) -> Result<Ports, OpenError> {
    let plan = Plan::of(settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = match &plan.store {
        StoreUrl::Sqlite(path) => open_sqlite(settings, path.clone(), Arc::clone(&clock)).await?,
    };
    let epoch = store.epoch().await.map_err(OpenError::Epoch)?;
    let live = live::open(&plan, epoch).await?;
    Ok(Ports {
        queue: Arc::new(SqliteQueue::new(Arc::clone(&store))),
        store,
        blobs: open_blobs(settings, plan.blobs)?,
        cache: live.cache,
        presences: live.presences,
        bus: live.bus,
        clock,
        dependencies: live.dependencies,
    })
}

async fn open_sqlite(
    settings: &Settings,
    path: PathBuf,
    clock: Arc<dyn Clock>,
) -> Result<Arc<SqliteStore>, OpenError> {
    make_data_folder(&settings.data)?;
    let open = move || SqliteStore::open(path, Options::new(clock));
    let opened = tokio::task::spawn_blocking(open).await;
    let store = opened.map_err(|_| OpenError::Interrupted)??;
    Ok(Arc::new(store))
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
