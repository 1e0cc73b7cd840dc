//! Live fan-out between processes, over one channel of pub/sub.
//!
//! What is published waits in a bounded queue, and one task sends all that waits as one batch. The
//! batches of a process are numbered, so that whoever hears a number missing knows of a loss,
//! wherever it happened: in the queue, at the server, on the way.

mod batch;
mod ear;
mod order;
mod outbox;
mod ring;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Bus, BusMessage, BusStream, Dependency},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    failure::Failure,
    link::Link,
    place::{Place, Timings},
    records::MessageRecord,
};
use ear::Ear;
use outbox::Outbox;

/// How much may wait, and how large things may be.
#[derive(Debug, Clone)]
pub struct BusBounds {
    /// Messages that wait to be sent.
    pub queue: usize,
    /// Bytes that wait to be sent.
    pub queue_bytes: usize,
    /// Bytes of one batch, as far as messages can be split.
    pub batch_bytes: usize,
    /// Bytes of one message; a larger one is split, or only told to be missing.
    pub message_bytes: usize,
    /// How many messages a subscriber may be behind before it loses the oldest.
    pub ring: usize,
    /// How long sending a batch may take.
    pub publish: Duration,
}

impl Default for BusBounds {
    fn default() -> Self {
        Self {
            queue: 4_096,
            queue_bytes: 16 * 1024 * 1024,
            batch_bytes: 256 * 1024,
            message_bytes: 128 * 1024,
            ring: 4_096,
            publish: Duration::from_millis(250),
        }
    }
}

/// The bus of an installation. Its tasks and streams end when it is dropped.
pub struct RedisBus {
    link: Arc<Link>,
    place: Place,
    timings: Timings,
    bounds: BusBounds,
    outbox: Outbox,
    tasks: TaskTracker,
    stop: CancellationToken,
    _end: DropGuard,
}

impl RedisBus {
    /// Reaches for a server. One that is away is reached for in the background from then on.
    pub async fn open(place: Place, timings: Timings, bounds: BusBounds) -> Self {
        let link = Link::open("bus", place.clone(), timings.clone()).await;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (outbox, sending) = outbox::new(Arc::clone(&link), &bounds);
        let ended = stop.clone();
        tasks.spawn(async move { ended.run_until_cancelled(sending.run()).await });
        Self {
            link,
            place,
            timings,
            bounds,
            outbox,
            tasks,
            _end: stop.clone().drop_guard(),
            stop,
        }
    }
}

/// The one channel of an installation.
const CHANNEL: &str = "bus";

#[async_trait]
impl Bus for RedisBus {
    async fn publish(&self, message: BusMessage) -> Result<()> {
        if !self.link.is_up() {
            self.outbox.lose();
            return Err(Failure::Away.into());
        }
        let parts = MessageRecord::encoded(&message, self.bounds.message_bytes);
        parts.into_iter().try_for_each(|part| self.outbox.put(part))
    }

    async fn subscribe(&self) -> Result<BusStream> {
        self.outbox.flush().await;
        let (hearing, stream) = ring::new(self.bounds.ring, self.stop.child_token());
        let ear = Ear::new(&self.place, self.timings.clone(), hearing)?;
        let heard = ear.listen().await;
        let stop = stream.stop();
        self.tasks
            .spawn(async move { stop.run_until_cancelled(ear.keep(heard)).await });
        Ok(stream.boxed())
    }
}

#[async_trait]
impl Dependency for RedisBus {
    async fn ping(&self) -> Result<()> {
        self.link.ping().await
    }

    fn describe(&self) -> String {
        self.link.describe()
    }
}
