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

/// A bus of which each subscriber misses some messages, without a word, and never the same ones as
/// the others.
pub struct LossyBus {
    bus: Arc<dyn Bus>,
    one_in: u64,
    seed: u64,
    subscribers: AtomicU64,
}

impl LossyBus {
    /// Loses one message in `one_in`, at random places that `seed` determines.
    ///
    /// # Panics
    /// When `one_in` is 0.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, one_in: u64, seed: u64) -> Self {
        assert!(one_in > 0, "one in how many");
        Self {
            bus,
            one_in,
            seed,
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
        let (one_in, mut state) = (self.one_in, mixed(self.seed ^ mixed(subscriber)));
        let kept = self.bus.subscribe().await?.filter(move |_| {
            state = state.wrapping_add(1);
            ready(!mixed(state).is_multiple_of(one_in))
        });
        Ok(Box::pin(kept))
    }
}

/// SplitMix64's mixing: numbers in a row become numbers without order.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_in_ten_is_lost_and_always_the_same_ones() {
        let lost = |seed: u64| -> Vec<u64> {
            let numbers = (0..10_000).map(|n| mixed(mixed(seed).wrapping_add(n)));
            let numbered = numbers.enumerate();
            let lost = numbered.filter(|(_, number)| number % 10 == 0);
            lost.map(|(n, _)| n as u64).collect()
        };
        assert!((900..1_100).contains(&lost(1).len()));
        assert_eq!(lost(1), lost(1));
        assert_ne!(lost(1), lost(2));
    }
}
