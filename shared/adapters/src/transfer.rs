//! Opening a store to be carried into another one, while no server works on either.

use std::{path::PathBuf, sync::Arc};

use adapter_go_chat::Original;
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

/// Reaches the database of the Go chat backend, which is read as a source after a survey of it.
/// Nothing is changed there.
///
/// # Errors
/// When no server answers, it refuses, or the database is another; the text says what to do.
pub async fn go_chat(uri: &str) -> Result<Original, OpenError> {
    Ok(Original::reach(uri).await?)
}

/// The store that another one is carried into.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// The one that the settings name.
    Configured,
    /// That of a URL, as of `STORE_URL`.
    At(&'a str),
}

/// Looks at a store without changing or making anything; `None` where there is no file of it.
///
/// # Errors
/// A URL without an adapter in this build, and as of [`source`].
pub async fn look(
    settings: &Settings,
    to: Destination<'_>,
) -> Result<Option<Arc<dyn Source>>, OpenError> {
    match place(settings, to)? {
        StoreUrl::Sqlite(path) if !path.exists() => Ok(None),
        there => read(there).await.map(Some),
    }
}

/// Opens a store to take another one in; makes it where it is not there.
///
/// # Errors
/// A URL without an adapter in this build, or a store that cannot be opened or is not fit; the text
/// says what to do.
pub async fn target(
    settings: &Settings,
    to: Destination<'_>,
) -> Result<Arc<dyn Target>, OpenError> {
    match place(settings, to)? {
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

/// Where it is. A URL stands beside the settings, with what they say of everything else.
fn place(settings: &Settings, to: Destination<'_>) -> Result<StoreUrl, UrlProblem> {
    let Destination::At(to) = to else {
        return url::store(settings);
    };
    let mut settings = settings.clone();
    to.clone_into(&mut settings.backends.store_url);
    url::store(&settings).map_err(|problem| UrlProblem { key: TO, ..problem })
}
