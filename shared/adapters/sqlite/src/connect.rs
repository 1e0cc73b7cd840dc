//! Opening connections, and refusing what is not ours to open.

use std::{fs::OpenOptions, io::ErrorKind, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Result};

use crate::{error::OpenError, schema};

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

/// Opens the writer's connection and brings the schema up to date.
pub(crate) fn writer(path: &Path, synchronous: Synchronous) -> Result<Connection, OpenError> {
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
    tune(&conn, synchronous).map_err(failed)?;
    schema::migrate(&mut conn).map_err(failed)?;
    Ok(conn)
}

/// Asks the system whether the file can be written, since it says more plainly why not.
fn probe(path: &Path) -> Result<(), OpenError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let path = path.to_owned();
    match opened {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                OpenError::ReadOnly { path }
            }
            _ => OpenError::Failed {
                path,
                source: error.into(),
            },
        }),
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
