//! One transaction for many writes: group commit.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rusqlite::{Connection, Result, ffi};

use crate::{
    connect::{self, Own},
    files::Files,
};

use super::{
    Shared, WriterOptions,
    job::{Job, Lost},
    lanes::Lane,
};

/// How much one transaction takes of a lane.
struct Slice {
    jobs: usize,
    time: Duration,
}

/// All commands that wait; the time only bounds how long the first of them waits for the rest.
const COMMANDS: Slice = Slice {
    jobs: 1_024,
    time: Duration::from_millis(20),
};

/// Little enough that a command that comes meanwhile hardly notices.
const BACKGROUND: Slice = Slice {
    jobs: 100,
    time: Duration::from_millis(2),
};

/// How long a checkpoint that must shrink the WAL waits for readers, and writes for it.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(500);

/// How long a checkpoint that could not shrink the WAL is not tried again.
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(500);

/// What the writer's thread owns.
pub(crate) struct Worker {
    own: Own,
    shared: Shared,
    files: Files,
    wal_cap: u64,
    checkpoint_after: Instant,
}

impl Worker {
    pub(crate) fn new(own: Own, shared: Shared, options: WriterOptions) -> Self {
        Self {
            own,
            shared,
            files: Files::of(&options.path),
            wal_cap: options.wal_cap,
            checkpoint_after: Instant::now(),
        }
    }

    /// Works off the lanes until they are closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(lane) = self.shared.lanes.next() {
            self.transaction(lane);
            self.shared.lanes.served(lane);
            self.cap_wal();
        }
        if let Err(error) = checkpoint(&self.own.conn) {
            tracing::warn!(%error, "the last checkpoint failed; the next start will make it");
        }
    }

    fn transaction(&self, lane: Lane) {
        let slice = match lane {
            Lane::Command => COMMANDS,
            Lane::Background => BACKGROUND,
        };
        let mut done = Vec::new();
        let started = Instant::now();
        let outcome = self.fill(lane, &slice, &mut done);
        let outcome = outcome.and_then(|()| self.execute("COMMIT", true));
        match &outcome {
            Ok(()) => {
                self.count(done.len(), started);
                self.shared.trouble.look(&self.own.conn);
            }
            Err(lost) => self.give_up(lane, lost, &mut done),
        }
        for job in done {
            job.answer(outcome.clone());
        }
    }

    /// Begins a transaction and does in it what waits, each job in a savepoint of its own.
    fn fill(&self, lane: Lane, slice: &Slice, done: &mut Vec<Box<dyn Job>>) -> Result<(), Lost> {
        if !self.files.in_place() {
            return Err(moved());
        }
        self.execute("BEGIN IMMEDIATE", false)?;
        let started = Instant::now();
        while done.len() < slice.jobs && started.elapsed() < slice.time {
            let Some(mut job) = self.shared.lanes.pop(lane) else {
                break;
            };
            if !job.is_wanted() {
                continue;
            }
            self.execute("SAVEPOINT job", false)?;
            let keep = job.run(&self.own.conn);
            let left = self.leave_savepoint(keep, job.as_mut());
            done.push(job);
            left?;
        }
        Ok(())
    }

    /// Keeps or takes back what one job did. Some errors (disk full above all) end the whole
    /// transaction; then there is no savepoint left, and the batch is lost for that reason.
    fn leave_savepoint(&self, keep: bool, job: &mut dyn Job) -> Result<(), Lost> {
        if self.own.conn.is_autocommit()
            && let Some(cause) = job.cause()
        {
            return Err(Lost {
                cause: Arc::new(cause),
                committing: false,
            });
        }
        if !keep {
            self.execute("ROLLBACK TO job", false)?;
        }
        self.execute("RELEASE job", false)
    }

    /// Rolls back, and takes along what waits: it would wait as long again for the same error.
    fn give_up(&self, lane: Lane, lost: &Lost, done: &mut Vec<Box<dyn Job>>) {
        if !self.shared.trouble.note(&lost.cause) {
            tracing::warn!(error = %lost.cause, jobs = done.len(), "a transaction failed");
        }
        if !self.own.conn.is_autocommit()
            && let Err(error) = self.own.conn.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction could not be rolled back");
        }
        if done.is_empty() {
            done.extend(std::iter::from_fn(|| self.shared.lanes.pop(lane)).take(COMMANDS.jobs));
        }
    }

    fn execute(&self, sql: &str, committing: bool) -> Result<(), Lost> {
        let run = || self.own.conn.prepare_cached(sql)?.execute([]);
        run().map(|_| ()).map_err(|error| Lost {
            cause: Arc::new(error),
            committing,
        })
    }

    fn count(&self, jobs: usize, started: Instant) {
        self.shared.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.shared
            .counters
            .writes
            .fetch_add(jobs as u64, Ordering::Relaxed);
        metrics::histogram!("hubbub_store_commit_seconds").record(started.elapsed());
        metrics::histogram!("hubbub_store_commit_writes").record(jobs as f64);
    }

    /// Shrinks the WAL when it is over its cap. SQLite's own checkpoints give way to readers, so
    /// under steady reading it would grow without end; this one waits for them.
    fn cap_wal(&mut self) {
        let size = self.files.wal_bytes();
        if size <= self.wal_cap || Instant::now() < self.checkpoint_after {
            return;
        }
        let shrunk = self
            .own
            .conn
            .busy_timeout(CHECKPOINT_WAIT)
            .and_then(|()| checkpoint(&self.own.conn));
        if let Err(error) = self.own.conn.busy_timeout(connect::BUSY) {
            tracing::error!(%error, "the writer's patience could not be restored");
        }
        match shrunk {
            Ok(true) => {}
            Ok(false) => self.put_off(size, "a reader is in the way"),
            Err(error) => self.put_off(size, &error.to_string()),
        }
    }

    fn put_off(&mut self, size: u64, why: &str) {
        tracing::warn!(size, why, "the WAL is over its cap and could not be shrunk");
        self.checkpoint_after = Instant::now() + CHECKPOINT_PAUSE;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.lanes.abandon();
    }
}

/// The error for a database that was removed or replaced; SQLite has a name for it.
fn moved() -> Lost {
    let error = ffi::Error::new(ffi::SQLITE_READONLY_DBMOVED);
    let text = "the database file was removed or replaced: put it back".to_owned();
    Lost {
        cause: Arc::new(rusqlite::Error::SqliteFailure(error, Some(text))),
        committing: false,
    }
}

/// Writes the WAL back into the database and empties it; says whether that was possible.
fn checkpoint(conn: &Connection) -> Result<bool> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, i64>(0).map(|busy| busy == 0)
    })
}
