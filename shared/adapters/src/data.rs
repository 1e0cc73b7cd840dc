use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path};

use settings::Settings;

use crate::{
    OpenError, UrlProblem,
    url::{Plan, StoreUrl},
};

/// Makes the folder of embedded mode, readable for its owner alone (0700). One that is there is
/// left as it is.
///
/// # Errors
/// When the system refuses, or a file has the name.
pub fn make_data_folder(path: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    let path = path.to_owned();
    made.map_err(|source| match path.is_file() {
        true => OpenError::NotAFolder { path },
        false => OpenError::Data { path, source },
    })
}

/// Whether there is a store already that [`crate::open`] would open and not make.
///
/// # Errors
/// A URL that has no adapter in this build.
pub fn is_there(settings: &Settings) -> Result<bool, UrlProblem> {
    match Plan::of(settings)?.store {
        StoreUrl::Sqlite(path) => Ok(path.exists()),
        // Nothing of it lies in the folder, and asking takes a server.
        StoreUrl::Mongo(_) => Ok(true),
    }
}
