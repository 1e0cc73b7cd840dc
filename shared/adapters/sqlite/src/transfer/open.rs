//! Opening a database to be carried, and one to be carried into.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::Connection;

use crate::{
    connect::{self, Synchronous},
    error::OpenError,
    lock::ProcessLock,
    readers::Readers,
    schema,
    writer::{Writer, WriterOptions},
};

/// How long reading a page may take. Nobody else waits for it.
const READ: Duration = Duration::from_secs(60);

/// How many reads run at once.
const READERS: usize = 2;

/// Writes that may wait: only one is ever under way.
const WAITING: usize = 16;

/// How large the WAL may grow, in bytes.
const WAL: u64 = 64 * 1024 * 1024;

/// A database that is read whole, by nobody else meanwhile, and never written.
pub struct SqliteSource {
    pub(super) path: PathBuf,
    pub(super) readers: Readers,
    _lock: ProcessLock,
}

impl SqliteSource {
    /// Opens the database at `path`, which must be there. Blocks while it does so.
    ///
    /// # Errors
    /// When another process has it, it is missing, foreign, too new or too old, or the system
    /// refuses; the text says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let conn = connect::reader(path)?;
        schema::check(&conn, path)?;
        refuse_older(&conn, path)?;
        Ok(Self {
            _lock: connect::lock(path)?,
            readers: Readers::open(path, READERS, READ)?,
            path: path.to_owned(),
        })
    }
}

fn refuse_older(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let versions = schema::versions(conn);
    let (found, known) = versions.map_err(|error| OpenError::of(path, error))?;
    match found == known {
        true => Ok(()),
        false => Err(OpenError::Older {
            path: path.to_owned(),
            found,
            known,
        }),
    }
}

/// A database that takes another store in.
pub struct SqliteTarget {
    pub(super) path: PathBuf,
    pub(super) readers: Readers,
    pub(super) writer: Arc<Writer>,
}

impl SqliteTarget {
    /// Opens the database at `path`, and makes it if it is not there. The directory must exist.
    /// Blocks while it does so.
    ///
    /// # Errors
    /// As of [`SqliteStore::open`](crate::SqliteStore::open), but for one that is not whole.
    pub fn open(path: impl AsRef<Path>, synchronous: Synchronous) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let own = connect::writer(path, synchronous)?;
        let readers = Readers::open(path, READERS, READ)?;
        let options = WriterOptions {
            path: path.to_owned(),
            commands: WAITING,
            background: WAITING,
            wal_cap: WAL,
        };
        let writer = Writer::start(own, options).map_err(|source| OpenError::Failed {
            path: path.to_owned(),
            source: source.into(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            readers,
            writer: Arc::new(writer),
        })
    }
}
