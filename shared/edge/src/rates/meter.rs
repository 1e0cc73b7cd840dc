//! One rate, counted for each key.

use std::{hash::Hash, time::Duration};

use domain::Rate;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use super::readings::{self, Reading};

/// A rate and how far each key has used it up.
pub(super) struct Meter<K: Hash + Eq + Clone> {
    rate: Rate,
    quota: Quota,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Meter<K> {
    /// Nobody has used anything yet.
    pub(super) fn new(rate: Rate, quota: Quota) -> Self {
        let limiter = DefaultKeyedRateLimiter::keyed(quota).with_middleware();
        Self {
            rate,
            quota,
            limiter,
        }
    }

    /// Takes one, and lets the answer that is being made tell of it; or says how long to wait.
    pub(super) fn take(&self, key: &K) -> Result<(), Duration> {
        let taken = self.limiter.check_key(key);
        let (remaining, wait) = match &taken {
            Ok(state) => (
                state.remaining_burst_capacity(),
                self.quota.replenish_interval(),
            ),
            Err(refused) => (0, refused.wait_time_from(self.limiter.clock().now())),
        };
        readings::note(Reading {
            rate: self.rate,
            quota: self.quota,
            remaining,
            wait,
        });
        taken.map(drop).map_err(|_| wait)
    }

    /// Forgets those who could begin anew.
    pub(super) fn forget_the_quiet(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}
