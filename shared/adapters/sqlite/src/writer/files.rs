//! The files that the writer works on, as the file system sees them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A database and its WAL.
pub(crate) struct Files {
    database: PathBuf,
    wal: PathBuf,
    identity: Option<Identity>,
}

/// Tells a file from another of the same name.
type Identity = (u64, u64);

impl Files {
    /// Remembers which file lies at `path` now.
    pub(crate) fn of(path: &Path) -> Self {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Self {
            database: path.to_owned(),
            wal: wal.into(),
            identity: identity(path),
        }
    }

    /// Whether the database that was opened still lies where the next start will look for it.
    /// SQLite would go on writing into a removed file, and lose all of it at the end.
    pub(crate) fn in_place(&self) -> bool {
        identity(&self.database) == self.identity
    }

    /// The size of the WAL in bytes; 0 where there is none.
    pub(crate) fn wal_bytes(&self) -> u64 {
        fs::metadata(&self.wal).map_or(0, |file| file.len())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.exists().then_some((0, 0))
}
