//! Opening connections, and refusing what is not ours to open.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Result};

use crate::{error::OpenError, files, lock::ProcessLock, schema};

/// How long SQLite waits for another process's lock before it gives up. Below the deadline of a
/// store call, so that the caller hears `unavailable` and not `unknown_outcome`.
pub(crate) const BUSY: Duration = Duration::from_secs(2);

/// Statements that each connection keeps prepared.
const STATEMENTS: usize = 128;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// The disk: what was answered survives a power cut.
    #[default]
    Full,
    /// Nothing: what was answered survives the end of the process only. For tests.
    Off,
}

impl Synchronous {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Off => "OFF",
        }
    }
}

/// The writer's connection, and the right to be the only process that has one.
pub(crate) struct Own {
    pub(crate) conn: Connection,
    // Given back after the connection is closed: fields are dropped in this order.
    _lock: ProcessLock,
}

/// Opens the writer's connection and brings the schema up to date. A file that is not ours to
/// open is left as it is.
pub(crate) fn writer(path: &Path, synchronous: Synchronous) -> Result<Own, OpenError> {
    probe(path)?;
    let failed = |error| OpenError::of(path, error);
    let mut conn = Connection::open(path).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    schema::check(&conn, path)?;
    if conn.is_readonly("main").map_err(failed)? {
        return Err(OpenError::ReadOnly {
            path: path.to_owned(),
        });
    }
    let lock = lock(path)?;
    files::tighten(path);
    tune(&conn, synchronous).map_err(failed)?;
    schema::migrate(&mut conn).map_err(failed)?;
    Ok(Own { conn, _lock: lock })
}

/// Takes the lock beside the database itself, so that all names of it lead to the same lock.
pub(crate) fn lock(path: &Path) -> Result<ProcessLock, OpenError> {
    let claim = || ProcessLock::claim(&files::beside(&fs::canonicalize(path)?, ".lock"));
    let claimed = claim().map_err(|error| refused(path, error))?;
    claimed.map_err(|holder| OpenError::InUse {
        path: path.to_owned(),
        holder,
    })
}

/// Asks the system whether the file can be written, since it says more plainly why not. Makes it
/// where there is none.
fn probe(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    let opened = files::private(options.append(true).create(true)).open(path);
    opened.map(drop).map_err(|error| refused(path, error))
}

fn refused(path: &Path, error: io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path },
        _ => OpenError::Failed {
            path,
            source: error.into(),
        },
    }
}

fn tune(conn: &Connection, synchronous: Synchronous) -> Result<()> {
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", synchronous.name())?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Opens a connection of the readers' pool. The writer's must be open.
pub(crate) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error| OpenError::of(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    conn.pragma_update(None, "query_only", true)
        .map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}
