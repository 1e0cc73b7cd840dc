//! One writer for each room that somebody writes in.
//!
//! A writer takes all rows that wait and appends them at once, with one append in flight: the
//! more is said, the more rows share a commit. It ends when its room has been quiet for a while.

mod lanes;
mod room;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Appended, Code, Error, Limits, NewRow, Result, RoomId, Row, TenantId, TraceParent, ports::Log,
};
use edge::trace;
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::room::RoomWriter;

/// Hears of rows once they are stored.
#[async_trait]
pub trait Announce: Send + Sync {
    /// Tells of rows of one room, rising by seq, each stored now. Called by the room's writer in
    /// the order of the log; the next append waits for it.
    async fn announce(&self, tenant: &TenantId, rows: Vec<Stored>);
}

/// A row that is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The row.
    pub row: Row,
    /// The trace in which it was asked for.
    pub trace: Option<TraceParent>,
}

/// A row on its way into a log.
struct Pending {
    row: NewRow,
    trace: Option<TraceParent>,
    answer: oneshot::Sender<Result<Appended>>,
}

/// What a writer is made of, apart from its room.
pub struct Parts {
    /// Where rows go.
    pub log: Arc<dyn Log>,
    /// Who hears of them then.
    pub announce: Arc<dyn Announce>,
    /// How much may wait, and how much goes at once.
    pub limits: Arc<Limits>,
    /// Owns the writers' tasks.
    pub tasks: TaskTracker,
    /// Ends the writers, once they have finished what they took.
    pub stop: CancellationToken,
}

/// The writers of all active rooms of this process. Cheap to clone.
#[derive(Clone)]
pub struct Writers {
    shared: Arc<Shared>,
}

struct Shared {
    parts: Parts,
    queues: Mutex<HashMap<RoomId, mpsc::Sender<Pending>>>,
}

impl Writers {
    /// Makes the registry; writers come with the rows.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            shared: Arc::new(Shared {
                parts,
                queues: Mutex::default(),
            }),
        }
    }

    /// Puts a row in line for a room's log, behind those that wait there. Rows of one sender are
    /// stored in the order of these calls. From here on the row is stored, whether or not
    /// somebody waits for the answer.
    ///
    /// # Errors
    /// `busy` when too much waits, `draining` when the process ends.
    pub fn submit(&self, tenant: &TenantId, room: RoomId, row: NewRow) -> Result<Waiting> {
        if self.shared.parts.stop.is_cancelled() {
            return Err(Code::Draining.into());
        }
        let (answer, receiver) = oneshot::channel();
        // Under the lock, so that a writer cannot retire between the look-up and the send.
        let mut queues = self.shared.queues();
        let queue = queues
            .entry(room)
            .or_insert_with(|| self.start(tenant, room));
        if queue.is_closed() {
            *queue = self.start(tenant, room);
        }
        let trace = trace::current();
        queue
            .try_send(Pending { row, trace, answer })
            .map_err(|_| Error::too_many(Code::Busy, Duration::from_secs(1)))?;
        Ok(Waiting {
            answer: receiver,
            until: Instant::now() + Limits::STORE_CALL,
        })
    }

    /// Does what [`Writers::submit`] does, and waits for the answer.
    ///
    /// # Errors
    /// As there, and as for [`Waiting::answer`].
    pub async fn append(&self, tenant: &TenantId, room: RoomId, row: NewRow) -> Result<Appended> {
        self.submit(tenant, room, row)?.answer().await
    }

    /// How many rooms have a writer now.
    #[must_use]
    pub fn active(&self) -> usize {
        self.shared.queues().len()
    }

    fn start(&self, tenant: &TenantId, room: RoomId) -> mpsc::Sender<Pending> {
        let (sender, queue) = mpsc::channel(self.shared.parts.limits.writer_queue.max(1));
        let writer = RoomWriter::new(Arc::clone(&self.shared), tenant.clone(), room, queue);
        self.shared.parts.tasks.spawn(writer.run());
        sender
    }
}

/// The answer to a row that is in line.
pub struct Waiting {
    answer: oneshot::Receiver<Result<Appended>>,
    until: Instant,
}

impl Waiting {
    /// Waits for what becomes of the row.
    ///
    /// # Errors
    /// `unavailable` when surely nothing was stored; `unknown_outcome` when there is no answer
    /// [`Limits::STORE_CALL`] after the row got in line: it stays there, and repeating it is
    /// harmless.
    pub async fn answer(self) -> Result<Appended> {
        match time::timeout_at(self.until, self.answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::unknown_outcome(
                "the writer ended before it answered",
            )),
            Err(_) => Err(Error::unknown_outcome("the writer has not answered yet")),
        }
    }
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, HashMap<RoomId, mpsc::Sender<Pending>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a room off the list if nothing waits for it; says whether it did.
    fn retire(&self, room: RoomId, queue: &mpsc::Receiver<Pending>) -> bool {
        let mut queues = self.queues();
        let idle = queue.is_empty();
        if idle {
            queues.remove(&room);
        }
        idle
    }
}
