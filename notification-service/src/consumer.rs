//! Takes hints from the queue, keeps what no log tells its receiver, and wakes the listeners of the
//! rooms they name.
//!
//! A hint that can never be served is set aside, where administrators look, with the reason. One
//! that fails for now is handed out again after a pause.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Change, Envelope, Error, Notification, Result, RoomId, RoomKind, Row, Seq, UserId,
    envelope::EnvelopeKind,
    ports::{Delivery, Log, Outcome, Queue, Store},
};
use edge::{Context, Live, in_time, trace};
use futures_util::{StreamExt, stream};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, warn};

/// How many hints are taken, and acknowledged, at once.
const BATCH: usize = 64;

/// How many of them are looked at at the same time.
const AT_ONCE: usize = 8;

/// How often a hint may fail, the server being well, before it is set aside.
const ATTEMPTS: u32 = 5;

/// The pauses between attempts: doubled from the first to the last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long the consumer rests when the queue is away.
const REST: Duration = Duration::from_secs(1);

/// Wakes whoever listens for news.
#[async_trait]
pub trait News: Send + Sync {
    /// Tells that a room may have news up to a row.
    async fn news(&self, room: RoomId, seq: Seq);

    /// Tells that something may be kept for a user.
    async fn relist(&self, user: UserId);
}

#[async_trait]
impl News for Live {
    async fn news(&self, room: RoomId, seq: Seq) {
        Live::news(self, room, seq).await;
    }

    async fn relist(&self, user: UserId) {
        Live::relist(self, user).await;
    }
}

/// The consumer of the queue.
pub struct Consumer {
    /// Where hints come from.
    pub queue: Arc<dyn Queue>,
    /// Where the rows are that they name.
    pub log: Arc<dyn Log>,
    /// Where notifications are kept that no log tells.
    pub store: Arc<dyn Store>,
    /// Who is told.
    pub news: Arc<dyn News>,
}

/// Why a hint was not served.
enum Failure {
    /// It never will be.
    Lasting(String),
    /// It was not this time.
    Passing(Error),
}

impl Consumer {
    /// Takes what it needs of the process.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            queue: ctx.ports.queue.clone(),
            log: ctx.ports.store.clone(),
            store: ctx.ports.store.clone(),
            news: ctx.live.clone(),
        }
    }

    /// Takes hints until `stop`. What was taken is finished.
    pub async fn run(self, stop: CancellationToken) {
        while let Some(taken) = stop.run_until_cancelled(self.queue.take_jobs(BATCH)).await {
            let served = match taken {
                Ok(deliveries) => self.serve(deliveries).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the queue is away"
                );
                stop.run_until_cancelled(time::sleep(REST)).await;
            }
        }
    }

    /// Serves a batch of hints and says what is to become of each.
    ///
    /// # Errors
    /// Those of the queue. What is not settled comes again.
    pub async fn serve(&self, deliveries: Vec<Delivery>) -> Result<()> {
        let settle = |delivery: Delivery| async move {
            let outcome = self.outcome(&delivery).await;
            delivery.settle(outcome)
        };
        let settled = stream::iter(deliveries).map(settle).buffered(AT_ONCE);
        self.queue.settle(settled.collect().await).await
    }

    async fn outcome(&self, delivery: &Delivery) -> Outcome {
        let (outcome, name) = match self.look(delivery).await {
            Ok(()) => (Outcome::Done, "done"),
            Err(Failure::Passing(error)) if may_retry(&error, delivery.attempt) => {
                warn!(job = %delivery.job.id, attempt = delivery.attempt,
                    error = &error as &dyn std::error::Error, "a hint comes again later");
                let after = pause(delivery.attempt);
                (Outcome::Retry { after }, "retried")
            }
            Err(failure) => (set_aside(delivery, failure), "set_aside"),
        };
        metrics::counter!("hubbub_notification_jobs_total", "outcome" => name).increment(1);
        outcome
    }

    async fn look(&self, delivery: &Delivery) -> Result<(), Failure> {
        let envelope = Envelope::decode(&delivery.job.body)
            .map_err(|error| Failure::Lasting(reason("cannot be read", &error)))?;
        let span = trace::consume(envelope.room, delivery.attempt, envelope.trace);
        let looked = self.look_at(&envelope).instrument(span.clone()).await;
        match &looked {
            Err(Failure::Passing(error)) => trace::failed(&span, error),
            Err(Failure::Lasting(reason)) => {
                trace::failed(&span, &Error::internal(reason.as_str()))
            }
            Ok(()) => {}
        }
        looked
    }

    async fn look_at(&self, envelope: &Envelope) -> Result<(), Failure> {
        match envelope.kind {
            EnvelopeKind::Row => {
                let Some(row) = self.row(envelope).await? else {
                    return Ok(());
                };
                if is_news(&row) {
                    self.news.news(row.room, row.seq).await;
                }
                match Notification::of_membership(&row) {
                    Some(notification) => self.keep(notification).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Keeps what its receiver could not derive. That somebody opened a direct room, the first
    /// message in it tells.
    async fn keep(&self, notification: Notification) -> Result<(), Failure> {
        let room = in_time(self.store.room(notification.position.room))
            .await
            .map_err(Failure::Passing)?;
        if room.is_none_or(|room| room.kind == RoomKind::Direct) {
            return Ok(());
        }
        let receiver = notification.receiver;
        in_time(self.store.keep_notification(notification))
            .await
            .map_err(Failure::Passing)?;
        self.news.relist(receiver).await;
        Ok(())
    }

    /// The row that a hint names; `None` for an old change that was dropped while the hint waited,
    /// since nobody is told any more of what is so old.
    async fn row(&self, envelope: &Envelope) -> Result<Option<Row>, Failure> {
        let after = envelope.seq.checked_sub(1);
        let after = after.ok_or_else(|| Failure::Lasting("seqs begin with 1".to_owned()))?;
        let rows = in_time(self.log.rows(envelope.room, after, 1))
            .await
            .map_err(Failure::Passing)?;
        match rows.into_iter().next() {
            Some(row) if row.id == envelope.id && row.seq == envelope.seq => Ok(Some(row)),
            Some(row) if row.seq > envelope.seq => Ok(None),
            _ => Err(Failure::Lasting("there is no such row".to_owned())),
        }
    }
}

/// Whether a row can be news for anybody. For whom, [`domain::notifies`] decides.
fn is_news(row: &Row) -> bool {
    matches!(&row.change, Change::Message(message) if message.content().is_some())
}

/// Whether a hint is tried again. That a part of the server is away is no fault of the hint, and
/// is waited for as long as it takes.
fn may_retry(error: &Error, attempt: u32) -> bool {
    error.code().temporary() || attempt < ATTEMPTS
}

fn pause(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    PAUSE.1.min(PAUSE.0 * 2_u32.pow(doublings))
}

fn set_aside(delivery: &Delivery, failure: Failure) -> Outcome {
    let reason = match failure {
        Failure::Lasting(reason) => reason,
        Failure::Passing(error) => reason_after(delivery.attempt, &error),
    };
    error!(job = %delivery.job.id, reason, "a hint was set aside");
    Outcome::SetAside { reason }
}

fn reason_after(attempts: u32, error: &Error) -> String {
    reason(&format!("failed {attempts} times"), error)
}

/// The reason with its cause, for administrators.
fn reason(what: &str, error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{what}: {source}"),
        None => format!("{what}: {error}"),
    }
}

#[cfg(test)]
mod tests;
