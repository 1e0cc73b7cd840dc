use async_trait::async_trait;
use domain::{
    Error, Result,
    ports::{Bus, BusMessage, BusStream},
};
use futures_util::stream;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

/// How many events a subscriber may be behind before it loses the oldest.
const CAPACITY: usize = 4_096;

/// The bus within one process: a bounded ring that every subscriber reads at its own pace.
///
/// Nobody waits for a slow subscriber. One that falls behind by the whole ring is told so by an
/// `Err`, and goes on with what is still there.
#[derive(Debug)]
pub struct LocalBus {
    sender: Sender<BusMessage>,
}

impl LocalBus {
    /// Makes a bus without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// Makes a bus whose subscribers may be at least `events` behind (rounded up to a power of
    /// two; at least one).
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        Self {
            sender: Sender::new(events.max(1)),
        }
    }

    /// How many subscribers listen now.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.sender.receiver_count()
    }
}

impl Default for LocalBus {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, message: BusMessage) -> Result<()> {
        // An error says that nobody listens, which is nobody's loss.
        self.sender.send(message).ok();
        Ok(())
    }

    async fn subscribe(&self) -> Result<BusStream> {
        let receiver = self.sender.subscribe();
        Ok(Box::pin(stream::unfold(receiver, next)))
    }
}

async fn next(
    mut receiver: Receiver<BusMessage>,
) -> Option<(Result<BusMessage>, Receiver<BusMessage>)> {
    match receiver.recv().await {
        Ok(message) => Some((Ok(message), receiver)),
        Err(lagged @ RecvError::Lagged(_)) => Some((Err(Error::unavailable(lagged)), receiver)),
        Err(RecvError::Closed) => None,
    }
}
