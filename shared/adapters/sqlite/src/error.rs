//! What can go wrong, at opening and later, and what the caller is told of it.

use std::{path::PathBuf, sync::Arc};

use domain::{Code, Error};
use rusqlite::ErrorCode;

use crate::lock::Holder;

/// Why a database could not be opened. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on it.
    #[error("{} is in use by {holder}; stop it, or choose another database", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// Another program has locked it.
    #[error(
        "{} is locked: another process is using it. Stop that process, or choose another data directory.",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// It, or its directory, cannot be written.
    #[error(
        "{} cannot be written: make the file and its directory writable for this user.",
        path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// A newer version of Hubbub wrote it.
    #[error(
        "{} was written by a newer version of Hubbub (schema {found}, this one knows {known}): run that version, or restore a backup.",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The version of its schema.
        found: u32,
        /// The newest version that this build knows.
        known: u32,
    },
    /// An older version of Hubbub wrote it, and it is not to be changed.
    #[error(
        "{} was written by an older version of Hubbub (schema {found}, this one knows {known}): start this version's server on it once, which brings it up to date, and stop it.",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// The version of its schema.
        found: usize,
        /// The newest version that this build knows.
        known: usize,
    },
    /// It takes in another store, and that has not come to its end.
    #[error(
        "{} is not whole: what was being carried into it has not come to its end. Run `hubbub migrate` or `hubbub import` again as before, and it goes on; or choose another database.",
        path.display()
    )]
    Unfinished {
        /// The database.
        path: PathBuf,
    },
    /// It is some other program's file.
    #[error(
        "{} is not a database of Hubbub: choose another path, or move that file away.",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The directory is missing, the disk is full, or the like.
    #[error("{} cannot be opened: {source}. Check the path and the disk.", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Reads SQLite's word for why `path` could not be opened.
    pub(crate) fn of(path: &std::path::Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            // The file itself was probed; what cannot be opened then is the WAL beside it.
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path }
            }
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            _ => Self::Failed {
                path,
                source: error.into(),
            },
        }
    }
}

/// Why a closure of a read or a write gave up. `?` makes it from whatever happens inside.
#[derive(Debug)]
pub(crate) enum Failure {
    /// SQLite refused.
    Sql(rusqlite::Error),
    /// A rule of the domain refused.
    Domain(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Domain(Error::internal(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Domain(code.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Domain(error) => error,
            Failure::Sql(error) if passes(&error) => Self::unavailable(error),
            Failure::Sql(error) => Self::internal(error),
        }
    }
}

/// Whether waiting, or a hand on the disk, mends it. Constraints are not among them: where one
/// means something, its statement's own code says what.
fn passes(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OperationInterrupted
                | ErrorCode::OutOfMemory
        )
    )
}

/// Whether a write failed for want of a disk that takes it.
pub(crate) fn is_of_disk(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

/// Says of a write that belongs to an upload whether it failed for want of space, since then it is
/// no use to come back soon.
pub(crate) fn of_upload(error: Error) -> Error {
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let full = causes
        .map(sqlite_code)
        .any(|code| code == Some(ErrorCode::DiskFull));
    match error.code() {
        Code::Unavailable if full => Error::storage_full(error),
        _ => error,
    }
}

/// What SQLite calls an error, if it is SQLite's: of one statement, or shared by a transaction.
fn sqlite_code(cause: &(dyn std::error::Error + 'static)) -> Option<ErrorCode> {
    let shared = || {
        cause
            .downcast_ref::<Arc<rusqlite::Error>>()
            .map(AsRef::as_ref)
    };
    let error = cause.downcast_ref::<rusqlite::Error>().or_else(shared);
    error?.sqlite_error_code()
}

/// Whether a statement failed because a unique value is taken.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    error.sqlite_error().is_some_and(|error| {
        [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE].contains(&error.extended_code)
    })
}
