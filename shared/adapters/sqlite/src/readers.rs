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

/// How long a read may run. A longer one would keep the WAL from shrinking; who has more to read
/// goes on by cursor.
const LONGEST: Duration = Duration::from_secs(5);

/// After how many steps of SQLite's machine the deadline is looked at (some 10 µs).
const STEPS: i32 = 1_000;

/// Connections that only read.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn open(path: &Path, count: usize) -> Result<Self, OpenError> {
        let idle: Vec<_> = (0..count.max(1))
            .map(|_| connect::reader(path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(idle.len())),
            idle: Arc::new(Mutex::new(idle)),
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
            .map_err(|_| Error::unavailable("the store is closed"))?;
        let idle = Arc::clone(&self.idle);
        let read = tokio::task::spawn_blocking(move || {
            let mut lent = Lent::take(&idle)?;
            let result = lent.run(work);
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
            return Err(Error::unavailable("the store is closed"));
        }
        Ok(Self { conn, idle })
    }

    fn run<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T> {
        let conn = self.conn.as_mut().ok_or_else(closed)?;
        let deadline = Instant::now() + LONGEST;
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
