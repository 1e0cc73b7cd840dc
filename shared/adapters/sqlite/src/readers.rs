//! The readers' pool: as many reads at once as there are connections, each with a deadline.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{Error, Limits, Result};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::{
    connect,
    error::{Failure, OpenError},
};

/// After how many steps of SQLite's machine the deadline is looked at (some 10 µs).
const STEPS: i32 = 1_000;

/// Connections that only read.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    /// How long a read may run. A longer one would keep the WAL from shrinking; who has more to
    /// read goes on by cursor.
    longest: Duration,
}

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn open(path: &Path, count: usize, longest: Duration) -> Result<Self, OpenError> {
        let idle: Vec<_> = (0..count.max(1))
            .map(|_| connect::reader(path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(idle.len())),
            idle: Arc::new(Mutex::new(idle)),
            longest,
        })
    }

    /// Runs `work` on a connection, away from the async threads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = tokio::time::timeout(Limits::STORE_CALL, permit)
            .await
            .map_err(|_| Error::unavailable("all readers are busy"))?
            .map_err(|_| closed())?;
        let (idle, longest) = (Arc::clone(&self.idle), self.longest);
        let read = tokio::task::spawn_blocking(move || {
            let mut lent = Lent::take(&idle)?;
            let result = lent.run(work, longest);
            drop(lent);
            drop(permit);
            result
        });
        read.await.map_err(Error::internal)?
    }

    /// Closes what is idle; what is at work closes when it ends.
    pub(crate) fn close(&self) {
        self.permits.close();
        lock(&self.idle).clear();
    }
}

/// A connection that goes back to the pool, also when the read panics.
struct Lent<'a> {
    conn: Option<Connection>,
    idle: &'a Mutex<Vec<Connection>>,
}

impl<'a> Lent<'a> {
    fn take(idle: &'a Mutex<Vec<Connection>>) -> Result<Self> {
        let conn = lock(idle).pop();
        if conn.is_none() {
            return Err(closed());
        }
        Ok(Self { conn, idle })
    }

    fn run<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
        longest: Duration,
    ) -> Result<T> {
        let conn = self.conn.as_mut().ok_or_else(closed)?;
        let deadline = Instant::now() + longest;
        let late = move || Instant::now() > deadline;
        conn.progress_handler(STEPS, Some(late))
            .map_err(Failure::from)?;
        // One transaction, so that all statements of a read see the same moment.
        let snapshot = conn.unchecked_transaction().map_err(Failure::from)?;
        let result = work(&snapshot);
        snapshot.finish().map_err(Failure::from)?;
        result.map_err(Error::from)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        lock(self.idle).extend(self.conn.take());
    }
}

fn closed() -> Error {
    Error::unavailable("the store is closed")
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use domain::Code;

    use super::*;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    fn readers(longest: Duration) -> (tempfile::TempDir, Readers) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hubbub.db");
        connect::writer(&path, connect::Synchronous::Off).unwrap();
        let readers = Readers::open(&path, 1, longest).unwrap();
        (dir, readers)
    }

    #[tokio::test]
    async fn a_read_that_takes_too_long_is_ended_and_the_next_goes_on() {
        let (_dir, readers) = readers(Duration::from_millis(50));
        let endless = readers
            .read(|conn| Ok(conn.query_row(ENDLESS, [], |row| row.get::<_, i64>(0))?))
            .await;
        assert_eq!(endless.unwrap_err().code(), Code::Unavailable);
        let one = readers
            .read(|conn| Ok(conn.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?))
            .await;
        assert_eq!(one.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let (_dir, readers) = readers(Duration::from_secs(5));
        let written = readers
            .read(|conn| Ok(conn.execute("DELETE FROM meta", [])?))
            .await;
        assert!(written.is_err());
    }

    #[tokio::test]
    async fn a_panic_gives_the_connection_back() {
        let (_dir, readers) = readers(Duration::from_secs(5));
        let panicked = readers
            .read(|_| -> Result<(), Failure> { panic!("a defect") })
            .await;
        assert_eq!(panicked.unwrap_err().code(), Code::Internal);
        assert!(readers.read(|_| Ok(())).await.is_ok());
    }
}
