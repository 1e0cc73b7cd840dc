//! The files of a database, as the file system sees them.

use std::{
    fs::{self, OpenOptions},
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
        Self {
            database: path.to_owned(),
            wal: beside(path, "-wal"),
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

/// The file of the same name with this at its end.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What is made with these options can be read by its owner alone. SQLite gives the files beside
/// a database the database's own permissions.
#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Takes the rights of everybody else from a database that was made with them.
#[cfg(unix)]
pub(crate) fn tighten(database: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for path in ["", "-wal", "-shm"].map(|end| beside(database, end)) {
        let Ok(file) = fs::metadata(&path) else {
            continue;
        };
        let mode = file.permissions().mode();
        if !file.is_file() || mode & 0o077 == 0 {
            continue;
        }
        match fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o700)) {
            Ok(()) => tracing::info!(?path, "took the rights of other users from a file"),
            Err(error) => tracing::warn!(?path, %error, "other users have rights on a file"),
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn tighten(_database: &Path) {}

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
