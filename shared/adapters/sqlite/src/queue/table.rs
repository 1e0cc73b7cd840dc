//! The table of jobs. One that is ready has `visible_at` in the past; one that was handed out has
//! it in the future, so that it comes again by itself.

use domain::{
    NodeId, Timestamp,
    ports::{Delivery, Job, Outcome, QueueDepth, SetAside, Settled},
};
use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::{VISIBILITY, handed::Ticket};
use crate::columns::{blob, int, limit, millis, time, time_opt, uint, uuid};

/// Adds jobs. One that is there already stays as it is: it comes anyway.
pub(super) fn publish(conn: &Connection, jobs: &[Job], now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO queue (id, body, visible_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO NOTHING";
    let mut statement = conn.prepare_cached(sql)?;
    for job in jobs {
        statement.execute((blob(job.id), &job.body, millis(now)))?;
    }
    Ok(())
}

/// A process that takes jobs, in one transaction.
pub(super) struct Taker<'a> {
    pub(super) conn: &'a Connection,
    pub(super) process: NodeId,
    pub(super) now: Timestamp,
}

impl Taker<'_> {
    /// Makes ready what processes before this one had when they ended.
    pub(super) fn inherit(&self) -> Result<()> {
        let sql = "UPDATE queue SET visible_at = ?2, taken_by = NULL
            WHERE taken_by IS NOT NULL AND taken_by <> ?1";
        let params = (blob(self.process.uuid()), millis(self.now));
        self.conn.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }

    /// Makes ready what was taken and reached nobody. That was no attempt.
    pub(super) fn give_back(&self, tickets: &[Ticket]) -> Result<()> {
        let sql = "UPDATE queue SET visible_at = ?3, taken_by = NULL, attempt = attempt - 1
            WHERE id = ?1 AND attempt = ?2 AND taken_by = ?4";
        let mut statement = self.conn.prepare_cached(sql)?;
        for (id, attempt) in tickets {
            let process = blob(self.process.uuid());
            statement.execute((blob(*id), attempt, millis(self.now), process))?;
        }
        Ok(())
    }

    /// Hands out up to `max` jobs that are ready.
    pub(super) fn take(&self, max: usize) -> Result<Vec<Delivery>> {
        let sql = "UPDATE queue SET attempt = attempt + 1, taken_by = ?1, visible_at = ?2
            WHERE id IN (
                SELECT id FROM queue WHERE set_aside_at IS NULL AND visible_at <= ?3
                ORDER BY visible_at LIMIT ?4)
            RETURNING id, body, attempt";
        let again = later(self.now, VISIBILITY);
        let process = blob(self.process.uuid());
        let params = (process, millis(again), millis(self.now), limit(max));
        let mut statement = self.conn.prepare_cached(sql)?;
        statement.query_map(params, delivery)?.collect()
    }

    /// When the next job is ready.
    pub(super) fn next(&self) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(visible_at) FROM queue WHERE set_aside_at IS NULL";
        let mut statement = self.conn.prepare_cached(sql)?;
        statement.query_row([], |row| time_opt(row, 0))
    }
}

/// Settles deliveries. A word on an attempt that is not the job's last changes nothing, except
/// that what is done is done.
pub(super) fn settle(conn: &Connection, settled: &[Settled], now: Timestamp) -> Result<()> {
    for settled in settled {
        let (id, attempt) = (blob(settled.id), int(settled.tag));
        match &settled.outcome {
            Outcome::Done => conn
                .prepare_cached("DELETE FROM queue WHERE id = ?1 AND attempt >= ?2")?
                .execute((id, attempt))?,
            Outcome::Retry { after } => {
                let sql = "UPDATE queue SET visible_at = ?3, taken_by = NULL
                    WHERE id = ?1 AND attempt = ?2 AND set_aside_at IS NULL";
                let at = millis(later(now, *after));
                conn.prepare_cached(sql)?.execute((id, attempt, at))?
            }
            Outcome::SetAside { reason } => {
                let sql = "UPDATE queue
                    SET set_aside_reason = ?3, set_aside_at = ?4, taken_by = NULL
                    WHERE id = ?1 AND attempt = ?2 AND set_aside_at IS NULL";
                let params = (id, attempt, reason, millis(now));
                conn.prepare_cached(sql)?.execute(params)?
            }
        };
    }
    Ok(())
}

/// Counts both kinds, each by its index.
pub(super) fn depth(conn: &Connection) -> Result<QueueDepth> {
    let sql = "SELECT (SELECT count(*) FROM queue WHERE set_aside_at IS NULL),
        (SELECT count(*) FROM queue WHERE set_aside_at IS NOT NULL)";
    conn.prepare_cached(sql)?.query_row([], |row| {
        Ok(QueueDepth {
            ready: uint(row, 0)?,
            aside: uint(row, 1)?,
        })
    })
}

/// What was set aside, newest first.
pub(super) fn aside(conn: &Connection, size: usize) -> Result<Vec<SetAside>> {
    let sql = "SELECT id, body, set_aside_reason, set_aside_at FROM queue
        WHERE set_aside_at IS NOT NULL ORDER BY set_aside_at DESC, id DESC LIMIT ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let aside = statement.query_map([limit(size)], |row| {
        Ok(SetAside {
            job: job(row)?,
            reason: row.get(2)?,
            at: time(row, 3)?,
        })
    })?;
    aside.collect()
}

fn delivery(row: &Row<'_>) -> Result<Delivery> {
    let attempt: u32 = row.get(2)?;
    Ok(Delivery {
        job: job(row)?,
        attempt,
        tag: attempt.into(),
    })
}

fn job(row: &Row<'_>) -> Result<Job> {
    let id: Uuid = uuid(row, 0)?;
    Ok(Job {
        id,
        body: row.get(1)?,
    })
}

/// A moment later, or the last there is.
fn later(now: Timestamp, by: std::time::Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
