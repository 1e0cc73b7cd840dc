//! What waits to be sent, and the task that sends it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Error, NodeId, Result};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use super::{BusBounds, CHANNEL, batch::BatchRecord};
use crate::link::Link;

/// How long a new subscriber waits until what was published before is sent.
const FLUSH: Duration = Duration::from_secs(1);

enum Waiting {
    Message(Vec<u8>),
    /// Dropped when all before it was sent.
    Fence(oneshot::Sender<()>),
}

/// What both ends of the queue know.
#[derive(Default)]
struct Shared {
    bytes: AtomicUsize,
    /// Whether something was lost since the last batch.
    lost: AtomicBool,
}

/// Where messages are put. Nobody waits for it.
pub(super) struct Outbox {
    queue: mpsc::Sender<Waiting>,
    shared: Arc<Shared>,
    most_bytes: usize,
}

/// The task's side of it.
pub(super) struct Sending {
    queue: mpsc::Receiver<Waiting>,
    shared: Arc<Shared>,
    link: Arc<Link>,
    bounds: BusBounds,
    from: Uuid,
    n: u64,
}

/// An empty queue. Nothing is sent until its [`Sending::run`] is polled.
pub(super) fn new(link: Arc<Link>, bounds: &BusBounds) -> (Outbox, Sending) {
    let (sender, receiver) = mpsc::channel(bounds.queue);
    let shared = Arc::<Shared>::default();
    let outbox = Outbox {
        queue: sender,
        shared: Arc::clone(&shared),
        most_bytes: bounds.queue_bytes,
    };
    let sending = Sending {
        queue: receiver,
        shared,
        link,
        bounds: bounds.clone(),
        from: NodeId::new().uuid(),
        n: 0,
    };
    (outbox, sending)
}

impl Outbox {
    /// Puts a message into the queue, if there is room.
    pub(super) fn put(&self, message: Vec<u8>) -> Result<()> {
        let bytes = message.len();
        let waiting = self.shared.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let put = match waiting <= self.most_bytes {
            true => self.queue.try_send(Waiting::Message(message)).is_ok(),
            false => false,
        };
        if put {
            return Ok(());
        }
        self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.lose();
        Err(Error::unavailable("too much waits for the bus"))
    }

    /// Notes that something was not even put into the queue.
    pub(super) fn lose(&self) {
        self.shared.lost.store(true, Ordering::Relaxed);
        count_loss("unsent");
    }

    /// Waits until what is in the queue was sent, for a second at most.
    pub(super) async fn flush(&self) {
        let (fence, passed) = oneshot::channel();
        if self.queue.try_send(Waiting::Fence(fence)).is_ok() {
            // Either way the subscriber goes on: it may then hear what came before.
            let _ = timeout(FLUSH, passed).await;
        }
    }
}

impl Sending {
    /// Sends what waits, all of it at once, for as long as the queue has its other end.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            let (messages, fence) = self.gather(first);
            if !messages.is_empty() {
                self.send(&messages).await;
            }
            drop(fence);
        }
    }

    /// What waits, up to the size of a batch or to a fence.
    fn gather(&mut self, first: Waiting) -> (Vec<Vec<u8>>, Option<oneshot::Sender<()>>) {
        let (mut messages, mut bytes, mut next) = (Vec::new(), 0, Some(first));
        while let Some(waiting) = next {
            match waiting {
                Waiting::Fence(fence) => return (messages, Some(fence)),
                Waiting::Message(message) => {
                    bytes += message.len();
                    messages.push(message);
                }
            }
            let full = bytes >= self.bounds.batch_bytes;
            next = if full {
                None
            } else {
                self.queue.try_recv().ok()
            };
        }
        (messages, None)
    }

    /// Sends a batch once. Whether or not it arrives, its number is used up.
    async fn send(&mut self, messages: &[Vec<u8>]) {
        let bytes: usize = messages.iter().map(Vec::len).sum();
        self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.n += 1 + u64::from(self.shared.lost.swap(false, Ordering::Relaxed));
        let batch = BatchRecord::encoded(self.from, self.n, messages);
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.link.key(CHANNEL)).arg(batch);
        let publish =
            |mut connection| async move { publish.query_async::<()>(&mut connection).await };
        let sent = self.link.call_within(self.bounds.publish, publish).await;
        if let Err(error) = sent {
            count_loss("unsent");
            tracing::debug!(%error, "events of the bus may be lost; the store has them");
        }
    }
}

pub(super) fn count_loss(why: &'static str) {
    metrics::counter!("hubbub_bus_losses_total", "why" => why).increment(1);
}
