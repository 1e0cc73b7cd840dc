//! Looking over what embedded mode keeps, without touching it.

use std::{path::PathBuf, sync::Arc};

use adapter_local::SystemClock;
pub use adapter_sqlite::checkup::{Checkup, Soundness};
use domain::ports::Clock;
use settings::Settings;

use crate::{
    OpenError,
    url::{Plan, StoreUrl},
};

/// The file of the database, if the store is one.
#[must_use]
pub fn database(settings: &Settings) -> Option<PathBuf> {
    match Plan::of(settings).ok()?.store {
        StoreUrl::Sqlite(path) => Some(path),
    }
}

/// Looks a database over, also beside the process that works on it. Blocks for up to a minute.
///
/// # Errors
/// When it cannot be opened, is foreign or too new; the text says what to do.
pub fn look(database: &std::path::Path) -> Result<Checkup, OpenError> {
    Ok(adapter_sqlite::checkup::look(database)?)
}

/// The clock of this machine, which is the store's in embedded mode.
#[must_use]
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
