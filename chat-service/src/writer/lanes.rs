//! Which rows go into the next append. Rows of one sender never overtake each other: while it is
//! not known whether one is stored, those behind it wait.

use std::collections::{HashSet, VecDeque};

use domain::{Limits, UserId};
use tokio::{sync::mpsc, time::Instant};

use super::Pending;

/// A row that is tried, without an answer yet.
pub(super) struct Tried {
    pub(super) pending: Pending,
    /// When it was tried first.
    pub(super) since: Instant,
    /// Whether an earlier attempt may have stored it.
    pub(super) in_doubt: bool,
}

/// The rows that a writer has taken from its queue and not settled.
#[derive(Default)]
pub(super) struct Lanes {
    /// Not known to be stored: they go first, unchanged, in their order.
    doubtful: Vec<Tried>,
    /// Taken after them: behind a doubtful row of the same sender, or beyond a full batch.
    behind: VecDeque<Pending>,
}

impl Lanes {
    pub(super) fn is_empty(&self) -> bool {
        self.doubtful.is_empty() && self.behind.is_empty()
    }

    pub(super) fn in_doubt(&self) -> bool {
        !self.doubtful.is_empty()
    }

    /// Takes what came from the queue.
    pub(super) fn extend(&mut self, pending: Option<Pending>) {
        self.behind.extend(pending);
    }

    /// Keeps rows to be tried again, before all others.
    pub(super) fn doubt(&mut self, rows: Vec<Tried>) {
        self.doubtful = rows;
        for tried in &mut self.doubtful {
            tried.in_doubt = true;
        }
    }

    /// Takes the next batch: what is in doubt, then what has waited behind it, then the queue,
    /// up to the limits of rows and bytes.
    pub(super) fn take(
        &mut self,
        queue: &mut mpsc::Receiver<Pending>,
        limits: &Limits,
    ) -> Vec<Tried> {
        let mut batch = Batch::resume(std::mem::take(&mut self.doubtful), limits);
        for pending in std::mem::take(&mut self.behind) {
            self.sort(pending, &mut batch);
        }
        while !batch.is_full() && self.behind.len() < limits.writer_queue {
            let Ok(pending) = queue.try_recv() else { break };
            self.sort(pending, &mut batch);
        }
        batch.rows
    }

    /// Takes out what waits of these senders, in line or behind another row.
    pub(super) fn take_back(
        &mut self,
        queue: &mut mpsc::Receiver<Pending>,
        senders: &HashSet<UserId>,
    ) -> VecDeque<Pending> {
        while let Ok(pending) = queue.try_recv() {
            self.behind.push_back(pending);
        }
        let all = std::mem::take(&mut self.behind).into_iter();
        let (theirs, others) = all.partition(|pending| senders.contains(&pending.row.sender));
        self.behind = others;
        theirs
    }

    fn sort(&mut self, pending: Pending, batch: &mut Batch<'_>) {
        if batch.is_full() || batch.doubted.contains(&pending.row.sender) {
            // Whoever is behind stays behind, so that the order is kept.
            batch.doubted.insert(pending.row.sender);
            self.behind.push_back(pending);
        } else {
            batch.push(pending);
        }
    }
}

struct Batch<'a> {
    rows: Vec<Tried>,
    bytes: usize,
    doubted: HashSet<UserId>,
    limits: &'a Limits,
}

impl<'a> Batch<'a> {
    fn resume(rows: Vec<Tried>, limits: &'a Limits) -> Self {
        Self {
            bytes: rows.iter().map(|row| row.pending.row.change.bytes()).sum(),
            doubted: rows.iter().map(|row| row.pending.row.sender).collect(),
            rows,
            limits,
        }
    }

    fn push(&mut self, pending: Pending) {
        self.bytes += pending.row.change.bytes();
        self.rows.push(Tried {
            pending,
            since: Instant::now(),
            in_doubt: false,
        });
    }

    /// Whether another row, as large as one may be, could be too much.
    fn is_full(&self) -> bool {
        let bytes = self.bytes + self.limits.message_bytes;
        self.rows.len() >= self.limits.append_rows
            || (!self.rows.is_empty() && bytes > self.limits.append_bytes)
    }
}
