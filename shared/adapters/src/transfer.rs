//! Opening a store to be carried into another one, while no server works on either.

use std::{path::PathBuf, sync::Arc};

use adapter_local::SystemClock;
use adapter_mongodb::{MongoSource, MongoTarget};
use adapter_sqlite::{SqliteSource, SqliteTarget, Synchronous};
use domain::ports::{Source, Target};
use settings::Settings;
use tokio::task::spawn_blocking;

use crate::{
    OpenError, UrlProblem, make_data_folder,
    url::{self, StoreUrl},
};

/// The flag that names the other store.
const TO: &str = "--to";

/// Opens the store that the settings name, to be read whole. Changes nothing in it.
///
/// # Errors
/// When it is in use as far as its files show, missing, of another version, or cannot be opened;
/// the text says what to do.
pub async fn source(settings: &Settings) -> Result<Arc<dyn Source>, OpenError> {
    read(url::store(settings)?).await
}

/// Looks at the store of a URL, as of `STORE_URL`, without changing or making anything; `None`
/// where there is no file of it.
///
/// # Errors
/// A URL without an adapter in this build, and as of [`source`].
pub async fn look(settings: &Settings, to: &str) -> Result<Option<Arc<dyn Source>>, OpenError> {
    match other(settings, to)? {
        StoreUrl::Sqlite(path) if !path.exists() => Ok(None),
        there => read(there).await.map(Some),
    }
}

/// Opens the store of a URL, as of `STORE_URL`, to take another one in; makes it where it is not
/// there.
///
/// # Errors
/// A URL without an adapter in this build, or a store that cannot be opened or is not fit; the text
/// says what to do.
pub async fn target(settings: &Settings, to: &str) -> Result<Arc<dyn Target>, OpenError> {
    match other(settings, to)? {
        StoreUrl::Mongo(uri) => {
            let local = Arc::new(SystemClock);
            Ok(Arc::new(MongoTarget::open(&uri, local).await?))
        }
        StoreUrl::Sqlite(path) => {
            if let Some(folder) = path.parent() {
                make_data_folder(folder)?;
            }
            let open = move || SqliteTarget::open(path, Synchronous::Full);
            let opened = spawn_blocking(open).await;
            Ok(Arc::new(opened.map_err(|_| OpenError::Interrupted)??))
        }
    }
}

async fn read(url: StoreUrl) -> Result<Arc<dyn Source>, OpenError> {
    match url {
        StoreUrl::Sqlite(path) => read_sqlite(path).await,
        StoreUrl::Mongo(uri) => Ok(Arc::new(MongoSource::open(&uri).await?)),
    }
}

async fn read_sqlite(path: PathBuf) -> Result<Arc<dyn Source>, OpenError> {
    let opened = spawn_blocking(move || SqliteSource::open(path)).await;
    Ok(Arc::new(opened.map_err(|_| OpenError::Interrupted)??))
}

/// A URL beside the settings, with what they say of everything else.
fn other(settings: &Settings, to: &str) -> Result<StoreUrl, UrlProblem> {
    let mut settings = settings.clone();
    to.clone_into(&mut settings.backends.store_url);
    url::store(&settings).map_err(|problem| UrlProblem { key: TO, ..problem })
}
