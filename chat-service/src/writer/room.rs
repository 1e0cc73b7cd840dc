//! The writer of one room.

use std::{sync::Arc, time::Duration};

use domain::{Appended, Code, Error, Result, RoomId, TenantId};
use edge::trace;
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};
use tracing::{Instrument, error, warn};

use super::{
    Pending, Shared, Stored,
    lanes::{Lanes, Tried},
};

/// How long a room must be quiet before its writer ends.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// How long a row is repeated whose outcome stays unknown. Its sender hears of it sooner.
pub(super) const SETTLE: Duration = Duration::from_secs(30);

/// The pauses between repeats: doubled from the first to the last.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

pub(super) struct RoomWriter {
    shared: Arc<Shared>,
    tenant: TenantId,
    room: RoomId,
    queue: mpsc::Receiver<Pending>,
    lanes: Lanes,
    pause: Duration,
}

impl RoomWriter {
    pub(super) fn new(
        shared: Arc<Shared>,
        tenant: TenantId,
        room: RoomId,
        queue: mpsc::Receiver<Pending>,
    ) -> Self {
        Self {
            shared,
            tenant,
            room,
            queue,
            lanes: Lanes::default(),
            pause: PAUSE.0,
        }
    }

    /// Writes until the room is quiet or the process ends, and then what it has taken.
    pub(super) async fn run(mut self) {
        while self.wait().await {
            let batch = self.lanes.take(&mut self.queue, &self.shared.parts.limits);
            if !batch.is_empty() {
                self.write(batch).await;
            }
        }
    }

    /// Waits until there may be something to write. `false` ends the writer.
    async fn wait(&mut self) -> bool {
        if self.lanes.in_doubt() {
            time::sleep(self.pause).await;
        }
        if !self.lanes.is_empty() {
            return true;
        }
        let open = !self.queue.is_closed();
        tokio::select! {
            biased;
            () = self.shared.parts.stop.cancelled(), if open => {
                // What was taken until now is still written; `recv` says when that is all.
                self.queue.close();
                true
            }
            next = self.queue.recv() => {
                let more = next.is_some();
                self.lanes.extend(next);
                more
            }
            () = time::sleep(IDLE) => !self.shared.retire(self.room, &self.queue),
        }
    }

    /// Appends a batch, answers those who wait, and tells of what is stored.
    async fn write(&mut self, batch: Vec<Tried>) {
        let started = Instant::now();
        let rows = batch.iter().map(|tried| tried.pending.row.clone());
        let traces = batch.iter().filter_map(|tried| tried.pending.trace);
        let span = trace::append(self.room, batch.len(), traces);
        let appended = self.shared.parts.log.append(self.room, rows.collect());
        let result = appended.instrument(span.clone()).await;
        trace::finish(&span, &result);
        metrics::histogram!("hubbub_append_duration_seconds").record(started.elapsed());
        metrics::counter!("hubbub_append_rows_total").increment(batch.len() as u64);
        let stored = match result {
            Ok(answers) => self.settle(batch, answers),
            Err(error) => self.fail(batch, &error),
        };
        if !stored.is_empty() {
            let announce = &self.shared.parts.announce;
            announce.announce(&self.tenant, stored).await;
        }
    }

    /// Answers each row; keeps those that are still in doubt. Returns what was stored now.
    fn settle(&mut self, batch: Vec<Tried>, answers: Vec<Appended>) -> Vec<Stored> {
        let mut answers = answers.into_iter();
        let (mut stored, mut doubtful) = (Vec::new(), Vec::new());
        for tried in batch {
            match settled(&tried, answers.next().unwrap_or(Appended::Unknown)) {
                Appended::Unknown => doubtful.push(tried),
                answer => {
                    if let Appended::Stored(row) = &answer {
                        stored.push(Stored {
                            row: row.clone(),
                            trace: tried.pending.trace,
                        });
                    }
                    reply(tried.pending, Ok(answer));
                }
            }
        }
        self.keep(doubtful);
        stored.sort_by_key(|stored| stored.row.seq);
        stored
    }

    /// The append failed as a whole. What was surely not stored is answered with the error, and so
    /// is what its senders said after it, which would overtake it when they repeat it; what may be
    /// stored, now or by an earlier attempt, is kept.
    fn fail(&mut self, batch: Vec<Tried>, error: &Error) -> Vec<Stored> {
        warn!(room = %self.room, rows = batch.len(), error = error as &dyn std::error::Error,
            "append failed");
        let certain = |tried: &Tried| match error.code() {
            Code::UnknownOutcome => false,
            Code::RoomNotFound => true,
            _ => !tried.in_doubt,
        };
        let (refused, doubtful): (Vec<_>, Vec<_>) = batch.into_iter().partition(certain);
        let senders = refused.iter().map(|tried| tried.pending.row.sender);
        let behind = self.lanes.take_back(&mut self.queue, &senders.collect());
        let refused = refused.into_iter().map(|tried| tried.pending);
        for pending in refused.chain(behind) {
            reply(pending, Err(told(error)));
        }
        self.keep(doubtful);
        Vec::new()
    }

    /// Keeps rows for another attempt, but for those that have been tried for too long.
    fn keep(&mut self, doubtful: Vec<Tried>) {
        let young = |tried: &Tried| tried.since.elapsed() < SETTLE;
        let (kept, given_up): (Vec<_>, Vec<_>) = doubtful.into_iter().partition(young);
        if !given_up.is_empty() {
            error!(room = %self.room, rows = given_up.len(),
                "gave up on rows whose outcome stayed unknown");
            metrics::counter!("hubbub_append_given_up_total").increment(given_up.len() as u64);
        }
        self.pause = match kept.is_empty() {
            true => PAUSE.0,
            false => PAUSE.1.min(self.pause * 2),
        };
        self.lanes.doubt(kept);
    }
}

/// Reads an answer. A repeat of the very row (not of another attempt of the client with the same
/// `client_id`) was stored by an earlier append of ours, whose answer was lost, or as the room's
/// first row: nobody has been told of it yet.
fn settled(tried: &Tried, answer: Appended) -> Appended {
    match answer {
        Appended::Repeat(row) if row.id == tried.pending.row.id => Appended::Stored(row),
        answer => answer,
    }
}

/// Answers whoever waits for a row; nobody may wait any more.
fn reply(pending: Pending, result: Result<Appended>) {
    pending.answer.send(result).ok();
}

/// What a caller is told of an error that is logged here.
fn told(error: &Error) -> Error {
    let told = match error.retry_after() {
        Some(pause) => Error::too_many(error.code(), pause),
        None => Error::new(error.code()),
    };
    told.with_detail(error.message().to_owned())
}
