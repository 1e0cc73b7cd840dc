//! The data folder: one process at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use edge::LocalListener;

use crate::Failure;

/// The right to work on a data folder, until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Whether the folder could be had.
pub(crate) enum Claim {
    /// It is ours.
    Free(DataFolder),
    /// Another process has it: its id, if it could be read.
    Taken(Option<u32>),
}

impl DataFolder {
    /// Takes the folder's lock, making both where they are not there. The system gives it back
    /// when the process ends, however it ends.
    pub(crate) fn claim(path: &Path) -> Result<Claim, Failure> {
        adapters::make_data_folder(path)?;
        let lock_path = path.join("lock");
        let failed = |source| Failure::Data {
            path: lock_path.clone(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.mode(0o600).open(&lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Claim::Taken(holder(&mut lock))),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        sign(&mut lock).map_err(failed)?;
        Ok(Claim::Free(Self {
            path: path.to_owned(),
            _lock: lock,
        }))
    }

    /// Opens the socket of local administrators, for this user alone, in place of one that a
    /// killed process left.
    pub(crate) fn admin_socket(&self) -> Result<LocalListener, Failure> {
        let path = admin_socket(&self.path);
        edge::listen_local(&path).map_err(|source| Failure::Data { path, source })
    }
}

/// Where a running server hears local administrators.
pub(crate) fn admin_socket(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// Leaves our process id, for the message that others get.
fn sign(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn holder(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
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
        assert_eq!(holder, Some(std::process::id()));
        drop(first);
        assert!(matches!(DataFolder::claim(&data).unwrap(), Claim::Free(_)));
    }
}
