//! Whether the disk takes writes, between one attempt and the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Result};

use crate::error::is_of_disk;

/// How much the disk must take before it counts as mended, in bytes: more than a message, its
/// notifications and all their indexes.
const ROOM: u32 = 256 * 1024;

/// Remembers that the disk refused a write until it has taken one of some size. On a full disk a
/// small write may find a place that was never given back, where no message does.
#[derive(Default)]
pub(crate) struct Trouble(Mutex<Option<Arc<rusqlite::Error>>>);

impl Trouble {
    /// What the disk said; `None` when all is well.
    pub(crate) fn cause(&self) -> Option<Arc<rusqlite::Error>> {
        self.lock().clone()
    }

    /// Notes why a transaction was lost, if it was for the disk. Says whether it was.
    pub(crate) fn note(&self, cause: &Arc<rusqlite::Error>) -> bool {
        if !is_of_disk(cause) {
            return false;
        }
        if self.lock().replace(Arc::clone(cause)).is_none() {
            tracing::error!(
                error = %cause,
                "the disk takes no writes; they are refused until it has room again"
            );
        }
        true
    }

    /// Looks, after a commit, whether the trouble is over.
    pub(crate) fn look(&self, conn: &Connection) {
        if self.cause().is_some() && fill(conn).is_ok() {
            *self.lock() = None;
            tracing::info!("the disk takes writes again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<rusqlite::Error>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes as much as must have a place, and gives the place back. Statements of their own: each
/// is a commit, or leaves nothing.
fn fill(conn: &Connection) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('room', printf('%.*c', ?1, '-'))";
    conn.execute(sql, [ROOM])?;
    conn.execute("DELETE FROM meta WHERE name = 'room'", [])?;
    Ok(())
}
