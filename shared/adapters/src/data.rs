use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path};

use crate::OpenError;

/// Makes the folder of embedded mode, readable for its owner alone (0700). One that is there is
/// left as it is.
///
/// # Errors
/// When the system refuses.
pub fn make_data_folder(path: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| OpenError::Data {
        path: path.to_owned(),
        source,
    })
}
