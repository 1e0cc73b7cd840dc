//! One write: what is to be done, and who waits for the answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use domain::{Error, Result};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use crate::error::Failure;

/// Why a whole transaction came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the transaction failed")]
pub(crate) struct Lost {
    #[source]
    pub(crate) cause: Arc<rusqlite::Error>,
    /// Whether it was lost in COMMIT itself.
    pub(crate) committing: bool,
}

impl Lost {
    /// What every waiting caller is told. After an I/O error in COMMIT the rows may already lie
    /// in the WAL, and a restart would find them.
    fn error(self) -> Error {
        let io = self.cause.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        if self.committing && io {
            Error::unknown_outcome(self)
        } else {
            Error::unavailable(self)
        }
    }
}

/// A write that waits for its turn, is done, and is answered once its transaction is decided.
pub(crate) trait Job: Send {
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;

    /// Does it, and says whether what it did is to be kept.
    fn run(&mut self, conn: &Connection) -> bool;

    /// What SQLite said, if that is why it is not kept.
    fn cause(&mut self) -> Option<rusqlite::Error>;

    /// Tells who waits: its own result after a commit, else why all was lost.
    fn answer(self: Box<Self>, outcome: Result<(), Lost>);
}

/// The one kind of job: a closure and the channel for its answer.
pub(crate) struct Task<T, F> {
    work: Option<F>,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Task<T, F> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T>>) -> Self {
        Self {
            work: Some(work),
            result: None,
            reply,
        }
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Failure> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, conn: &Connection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // A defect in one write must not take the writer away from all others.
        let result = catch_unwind(AssertUnwindSafe(|| work(conn)))
            .unwrap_or_else(|_| Err(Error::internal("a write panicked").into()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn cause(&mut self) -> Option<rusqlite::Error> {
        match self.result.take()? {
            Err(Failure::Sql(error)) => Some(error),
            other => {
                self.result = Some(other);
                None
            }
        }
    }

    fn answer(self: Box<Self>, outcome: Result<(), Lost>) {
        let answer = match (outcome, self.result) {
            (Err(lost), _) => Err(lost.error()),
            (Ok(()), Some(result)) => result.map_err(Error::from),
            (Ok(()), None) => Err(Error::internal("a write was never done")),
        };
        // Who no longer waits is not told.
        let _ = self.reply.send(answer);
    }
}
