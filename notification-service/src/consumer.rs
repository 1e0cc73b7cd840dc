//! Takes hints from the queue, keeps what no log tells its receiver, and wakes the listeners of the
//! rooms they name.
//!
//! A hint that can never be served is set aside, where administrators look, with the reason. One
//! that fails for now is handed out again after a pause.

mod named;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Envelope, Error, Notification, Result, RoomId, RoomKind, Seq, UserId,
    envelope::EnvelopeKind,
    ports::{Delivery, Log, Outcome, Queue, Store},
};
use edge::{Context, Live, in_time, trace};
use futures_util::{StreamExt, stream};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, warn};

use self::named::Named;

/// How many hints are taken, and acknowledged, at once: those of a room cost one read.
const BATCH: usize = 256;

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
#[derive(Clone)]
enum Failure {
    /// It never will be.
    Lasting(String),
    /// It was not this time.
    Passing(Arc<Error>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Passing(Arc::new(error))
    }
}

/// What a delivery asks to be looked at.
struct Hint {
    delivery: Delivery,
    envelope: Result<Envelope, Failure>,
}

impl From<Delivery> for Hint {
    fn from(delivery: Delivery) -> Self {
        let envelope = Envelope::decode(&delivery.job.body)
            .map_err(|error| Failure::Lasting(reason("cannot be read", &error)));
        Self { delivery, envelope }
    }
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

    /// Serves a batch of hints and says what is to become of each. Listeners are woken once for
    /// each room, after a read for all of its rows.
    ///
    /// # Errors
    /// Those of the queue. What is not settled comes again.
    pub async fn serve(&self, deliveries: Vec<Delivery>) -> Result<()> {
        let hints: Vec<Hint> = deliveries.into_iter().map(Hint::from).collect();
        let envelopes = hints.iter().filter_map(|hint| hint.envelope.as_ref().ok());
        let named = Named::read(&*self.log, envelopes).await;
        for (room, seq) in named.news() {
            self.news.news(room, seq).await;
        }
        let settle = |hint: Hint| async {
            let outcome = self.outcome(&hint, &named).await;
            hint.delivery.settle(outcome)
        };
        let settled = stream::iter(hints).map(settle).buffered(AT_ONCE);
        self.queue.settle(settled.collect().await).await
    }

    async fn outcome(&self, hint: &Hint, named: &Named) -> Outcome {
        let delivery = &hint.delivery;
        let (outcome, name) = match self.look(hint, named).await {
            Ok(()) => (Outcome::Done, "done"),
            Err(Failure::Passing(error)) if may_retry(&error, delivery.attempt) => {
                warn!(job = %delivery.job.id, attempt = delivery.attempt,
                    error = &*error as &dyn std::error::Error, "a hint comes again later");
                let after = pause(delivery.attempt);
                (Outcome::Retry { after }, "retried")
            }
            Err(failure) => (set_aside(delivery, failure), "set_aside"),
        };
        metrics::counter!("hubbub_notification_jobs_total", "outcome" => name).increment(1);
        outcome
    }

    async fn look(&self, hint: &Hint, named: &Named) -> Result<(), Failure> {
        let envelope = hint.envelope.as_ref().map_err(Failure::clone)?;
        let span = trace::consume(envelope.room, hint.delivery.attempt, envelope.trace);
        let looked = self.look_at(envelope, named).instrument(span.clone()).await;
        match &looked {
            Err(Failure::Passing(error)) => trace::failed(&span, error),
            Err(Failure::Lasting(reason)) => {
                trace::failed(&span, &Error::internal(reason.as_str()))
            }
            Ok(()) => {}
        }
        looked
    }

    async fn look_at(&self, envelope: &Envelope, named: &Named) -> Result<(), Failure> {
        match envelope.kind {
            EnvelopeKind::Row => {
                let row = named.row(envelope)?;
                match row.and_then(Notification::of_membership) {
                    Some(notification) => self.keep(notification).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Keeps what its receiver could not derive. That somebody opened a direct room, the first
    /// message in it tells.
    async fn keep(&self, notification: Notification) -> Result<(), Failure> {
        let room = in_time(self.store.room(notification.position.room)).await?;
        if room.is_none_or(|room| room.kind == RoomKind::Direct) {
            return Ok(());
        }
        let receiver = notification.receiver;
        in_time(self.store.keep_notification(notification)).await?;
        self.news.relist(receiver).await;
        Ok(())
    }
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
