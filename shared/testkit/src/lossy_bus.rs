//! A bus that loses messages, as one may: nobody is told of it.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Bus, BusMessage, BusStream},
};
use futures_util::StreamExt;

use crate::losses::Losses;

/// A bus of which each subscriber misses some messages, without a word, and never the same ones as
/// the others.
pub struct LossyBus {
    bus: Arc<dyn Bus>,
    losses: Losses,
    subscribers: AtomicU64,
}

impl LossyBus {
    /// Loses one message in `one_in`, at random places that `seed` determines.
    ///
    /// # Panics
    /// When `one_in` is 0.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, one_in: u64, seed: u64) -> Self {
        Self {
            bus,
            losses: Losses::new(one_in, seed),
            subscribers: AtomicU64::new(0),
        }
    }
}

#[async_trait]
impl Bus for LossyBus {
    async fn publish(&self, message: BusMessage) -> Result<()> {
        self.bus.publish(message).await
    }

    async fn subscribe(&self) -> Result<BusStream> {
        let subscriber = self.subscribers.fetch_add(1, Ordering::Relaxed);
        let mut losses = self.losses.of(subscriber);
        let messages = self.bus.subscribe().await?;
        let kept = messages.filter(move |_| ready(!losses.next_is_lost()));
        Ok(Box::pin(kept))
    }
}
