//! The one writer: a thread that owns the writing connection and works off two lanes.

mod batch;
mod job;
mod lanes;
#[cfg(test)]
mod tests;
mod trouble;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use domain::{Code, Error, Limits, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{connect::Own, error::Failure};

use self::{batch::Worker, job::Task, lanes::Lanes, trouble::Trouble};

pub(crate) use self::lanes::Lane;

/// What the writer did since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriterStats {
    /// Transactions that were committed.
    pub commits: u64,
    /// Writes that were answered after a commit.
    pub writes: u64,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    writes: AtomicU64,
}

/// What the writer's thread shares with its handle.
pub(crate) struct Shared {
    lanes: Arc<Lanes>,
    counters: Arc<Counters>,
    trouble: Arc<Trouble>,
}

/// What the writer needs besides its connection.
pub(crate) struct WriterOptions {
    pub(crate) path: PathBuf,
    pub(crate) commands: usize,
    pub(crate) background: usize,
    pub(crate) wal_cap: u64,
}

/// The handle of the writer's thread. Dropping it ends the thread, after what waits is written.
pub(crate) struct Writer {
    lanes: Arc<Lanes>,
    counters: Arc<Counters>,
    trouble: Arc<Trouble>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(own: Own, options: WriterOptions) -> std::io::Result<Self> {
        let lanes = Arc::new(Lanes::new(options.commands, options.background));
        let counters = Arc::new(Counters::default());
        let trouble = Arc::new(Trouble::default());
        let shared = Shared {
            lanes: Arc::clone(&lanes),
            counters: Arc::clone(&counters),
            trouble: Arc::clone(&trouble),
        };
        let worker = Worker::new(own, shared, options);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || worker.run())?;
        Ok(Self {
            lanes,
            counters,
            trouble,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Has `work` done in a savepoint of the next transaction of its lane, and waits until that
    /// is committed. Dropping the future before its turn takes the work back.
    pub(crate) async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.lanes.push(lane, Box::new(Task::new(work, reply)))?;
        match tokio::time::timeout(Limits::STORE_CALL, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::unknown_outcome("the writer ended")),
            Err(late) => Err(Error::unknown_outcome(late)),
        }
    }

    pub(crate) fn stats(&self) -> WriterStats {
        WriterStats {
            commits: self.counters.commits.load(Ordering::Relaxed),
            writes: self.counters.writes.load(Ordering::Relaxed),
        }
    }

    /// Why the disk takes no writes, as far as is known; see [`Trouble`].
    pub(crate) fn trouble(&self) -> Option<Arc<rusqlite::Error>> {
        self.trouble.cause()
    }

    /// Lets nothing more in, waits until what waits is written, and ends the thread. Blocks.
    pub(crate) fn close(&self) {
        self.lanes.close();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of the store had panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// The error for a full lane.
fn busy() -> Error {
    Error::too_many(Code::Busy, std::time::Duration::from_secs(1))
}
