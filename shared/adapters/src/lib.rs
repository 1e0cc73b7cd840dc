//! Opens the ports that the settings name. This is the one place that knows which adapters there
//! are; nothing else matches on the scheme of a URL.

mod data;
mod url;

use std::{path::PathBuf, sync::Arc};

use adapter_local::{LocalBus, LocalCache, SystemClock};
use adapter_sqlite::{Options, SqliteStore};
use domain::ports::{Clock, Ports};
use settings::Settings;

pub use data::make_data_folder;
use url::{Plan, StoreUrl};

/// Why the ports could not be opened, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No adapter is called so.
    #[error("{key}: there is no `{scheme}:`; this build has {have}")]
    UnknownScheme {
        /// The key of the URL.
        key: &'static str,
        /// What the URL begins with.
        scheme: String,
        /// The schemes that there are for this port.
        have: &'static str,
    },
    /// An adapter that a later version brings.
    #[error("{key}: this version does not have `{scheme}:` yet; this build has {have}")]
    NotYet {
        /// The key of the URL.
        key: &'static str,
        /// What the URL begins with.
        scheme: String,
        /// The schemes that there are for this port.
        have: &'static str,
    },
    /// A URL that does not say where.
    #[error("backends.store_url: name a file, like sqlite:hubbub.db")]
    NoPath,
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
    /// The database cannot be opened.
    #[error(transparent)]
    Sqlite(#[from] adapter_sqlite::OpenError),
    /// The process is ending.
    #[error("opening the store was interrupted")]
    Interrupted,
}

/// Says whether [`open`] would know every URL of the settings, without opening anything.
///
/// # Errors
/// The first URL that has no adapter in this build.
pub fn check(settings: &Settings) -> Result<(), OpenError> {
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
    let store = match plan.store {
        StoreUrl::Sqlite(path) => open_sqlite(settings, path, Arc::clone(&clock)).await?,
    };
    Ok(Ports {
        queue: Arc::clone(&store) as _,
        store,
        cache: Arc::new(LocalCache::new()),
        bus: Arc::new(LocalBus::new()),
        clock,
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
