//! From a connection to the stream of a subscriber: a bounded ring that nobody waits for.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    Error, Result,
    ports::{BusMessage, BusStream},
};
use futures_util::stream;
use tokio::{
    sync::broadcast::{Receiver, Sender, error::RecvError},
    time::{Duration, Instant},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    batch::BatchRecord,
    order::{Arrival, Order},
    outbox::count_loss,
};
use crate::records::MessageRecord;

/// How often the log tells of what cannot be read.
const COMPLAINT: Duration = Duration::from_secs(60);

#[derive(Clone)]
enum Heard {
    Message(BusMessage),
    /// Something may have been lost before this.
    Loss,
}

/// Where what is heard goes.
pub(super) struct Hearing {
    ring: Sender<Heard>,
    /// Whether a loss is in the ring that the subscriber has not heard of.
    losing: Arc<AtomicBool>,
    order: Mutex<Order>,
    complained: Mutex<Option<Instant>>,
}

/// The subscriber's side.
pub(super) struct Listening {
    ring: Receiver<Heard>,
    losing: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// A ring that keeps at least `messages`. `stop` is cancelled when the stream is dropped.
pub(super) fn new(messages: usize, stop: CancellationToken) -> (Hearing, Listening) {
    let ring = Sender::new(messages.max(1));
    let losing = Arc::<AtomicBool>::default();
    let listening = Listening {
        ring: ring.subscribe(),
        losing: Arc::clone(&losing),
        stop,
    };
    let hearing = Hearing {
        ring,
        losing,
        order: Mutex::default(),
        complained: Mutex::default(),
    };
    (hearing, listening)
}

impl Hearing {
    /// Takes a batch apart.
    pub(super) fn hear(&self, payload: &[u8]) {
        let Some(batch) = BatchRecord::decoded(payload) else {
            return self.complain();
        };
        match self.arrival(&batch) {
            Arrival::Late => return,
            Arrival::AfterLoss => self.lose("gap"),
            Arrival::InOrder => {}
        }
        let messages = batch.messages.into_iter().map(MessageRecord::message);
        messages.for_each(|message| match message {
            // An error says that the subscriber has gone.
            Some(message) => drop(self.ring.send(Heard::Message(message))),
            None => self.lose("skipped"),
        });
    }

    fn arrival(&self, batch: &BatchRecord) -> Arrival {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.note(batch.from, batch.n)
    }

    /// Tells the subscriber that something may have been lost, unless that is still to be heard.
    pub(super) fn lose(&self, why: &'static str) {
        count_loss(why);
        if !self.losing.swap(true, Ordering::AcqRel) {
            let _ = self.ring.send(Heard::Loss);
        }
    }

    /// What cannot be read counts as lost.
    fn complain(&self) {
        self.lose("unreadable");
        let mut complained = self
            .complained
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|at| at.elapsed() >= COMPLAINT) {
            *complained = Some(Instant::now());
            tracing::warn!("there are messages on the bus that this version cannot read");
        }
    }
}

impl Listening {
    /// Cancelled when the stream is dropped, or the bus.
    pub(super) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    pub(super) fn boxed(self) -> BusStream {
        let guard = self.stop.clone().drop_guard();
        Box::pin(stream::unfold((self, guard), next))
    }

    /// What a receipt from the ring means.
    fn understood(&self, heard: Result<Heard, RecvError>) -> Option<Result<BusMessage>> {
        let lost = match heard {
            Ok(Heard::Message(message)) => return Some(Ok(message)),
            Ok(Heard::Loss) => "events may have been lost on the way".to_owned(),
            Err(RecvError::Lagged(missed)) => {
                count_loss("behind");
                format!("{missed} events came faster than they were read")
            }
            Err(RecvError::Closed) => return None,
        };
        self.losing.store(false, Ordering::Release);
        Some(Err(Error::unavailable(lost)))
    }
}

type Kept = (Listening, DropGuard);

async fn next((mut listening, guard): Kept) -> Option<(Result<BusMessage>, Kept)> {
    let heard = listening.ring.recv().await;
    let understood = listening.understood(heard)?;
    Some((understood, (listening, guard)))
}
