//! The data folder: one process at a time.

use std::path::{Path, PathBuf};

use adapters::{Holder, ProcessLock};
use edge::LocalListener;
use settings::Settings;

use crate::Failure;

/// The right to work on a data folder, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: ProcessLock,
}

/// Whether the folder could be had.
pub(crate) enum Claim {
    /// It is ours.
    Free(DataFolder),
    /// Another process has it.
    Taken(Holder),
}

impl DataFolder {
    /// Takes the folder's lock, making both where they are not there. The system gives it back
    /// when the process ends, however it ends.
    pub(crate) fn claim(path: &Path) -> Result<Claim, Failure> {
        adapters::make_data_folder(path)?;
        let lock_path = lock(path);
        let failed = |source| Failure::Data {
            path: lock_path.clone(),
            source,
        };
        Ok(match ProcessLock::claim(&lock_path).map_err(failed)? {
            Ok(lock) => Claim::Free(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(holder) => Claim::Taken(holder),
        })
    }

    /// Opens the socket of local administrators, for this user alone, in place of one that a
    /// killed process left.
    pub(crate) fn admin_socket(&self) -> Result<LocalListener, Failure> {
        let path = admin_socket(&self.path);
        edge::listen_local(&path).map_err(|source| Failure::Data { path, source })
    }
}

/// Whether there is anything to administer: a store, or a process that is about to make it. What
/// is no folder is there, and refused by whoever opens it.
pub(crate) fn is_there(settings: &Settings) -> bool {
    let data = &settings.data;
    if adapters::is_shared(settings) {
        return true;
    }
    if !data.is_dir() {
        return data.exists();
    }
    lock(data).exists() || adapters::is_there(settings).unwrap_or_default()
}

fn lock(data: &Path) -> PathBuf {
    data.join("lock")
}

/// Where a running server hears local administrators.
pub(crate) fn admin_socket(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// The process that wrote its id into the lock last.
pub(crate) fn holder(data: &Path) -> Option<u32> {
    let id = std::fs::read_to_string(lock(data)).ok()?;
    id.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let Claim::Free(first) = DataFolder::claim(&data).unwrap() else {
            panic!("nobody has it");
        };
        let Claim::Taken(holder) = DataFolder::claim(&data).unwrap() else {
            panic!("it is taken");
        };
        assert_eq!(holder, Holder(Some(std::process::id())));
        drop(first);
        assert!(matches!(DataFolder::claim(&data).unwrap(), Claim::Free(_)));
    }
}
