//! The store's time: the server's, as this process knows it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{Timestamp, ports::Clock, to_millis};

/// How far the server's clock and this machine's may be apart before it is said.
const APART: Duration = Duration::from_secs(5);

/// A measurement that took longer says too little: it may be wrong by half of that.
const ROUND: Duration = Duration::from_secs(2);

/// The time of a MongoDB server: this machine's, and how far the server was ahead of it when it was
/// asked last.
pub struct StoreClock {
    local: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
}

impl StoreClock {
    /// A clock that goes like `local` until a server was asked.
    #[must_use]
    pub fn new(local: Arc<dyn Clock>) -> Self {
        Self {
            local,
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// Takes the server's time from an answer that took `round` and came just now. It was told in
    /// the middle of that.
    pub(crate) fn learn(&self, told: Timestamp, round: Duration) {
        if round > ROUND {
            return;
        }
        let since = i64::try_from((round / 2).as_millis()).unwrap_or(0);
        let now = told.as_millisecond() + since;
        let ahead = now - self.local.now().as_millisecond();
        self.ahead_ms.store(ahead, Ordering::Relaxed);
    }

    /// What is wrong with the two clocks, in words, if they are too far apart.
    pub(crate) fn trouble(&self) -> Option<String> {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        let apart = Duration::from_millis(ahead.unsigned_abs());
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        let seconds = apart.as_secs();
        (apart > APART).then(|| {
            format!("The database's clock is {seconds} s {side} this machine's: set both by NTP.")
        })
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        let now = self.local.now().as_millisecond().saturating_add(ahead);
        Timestamp::from_millisecond(now).unwrap_or_else(|_| to_millis(self.local.now()))
    }
}

#[cfg(test)]
mod tests {
    use testkit::clock::TestClock;

    use super::*;

    fn clocks() -> (Arc<TestClock>, StoreClock) {
        let local = Arc::new(TestClock::new());
        let clock = StoreClock::new(local.clone());
        (local, clock)
    }

    #[test]
    fn it_goes_by_the_servers_time_less_half_a_round_trip() {
        let (local, clock) = clocks();
        assert_eq!(clock.now(), local.now());
        let told = local.now() + Duration::from_secs(3);
        clock.learn(told, Duration::from_millis(200));
        let now = told + Duration::from_millis(100);
        assert_eq!(clock.now(), now);
        local.advance(Duration::from_secs(60));
        assert_eq!(clock.now(), now + Duration::from_secs(60));
        assert_eq!(clock.trouble(), None);
    }

    #[test]
    fn an_hour_apart_is_said() {
        let (local, clock) = clocks();
        let hour = Duration::from_hours(1);
        clock.learn(local.now() + hour, Duration::ZERO);
        assert!(clock.trouble().unwrap().contains("3600 s ahead of"));
        clock.learn(local.now() - hour, Duration::ZERO);
        assert!(clock.trouble().unwrap().contains("3600 s behind"));
        clock.learn(local.now(), Duration::from_secs(9));
        assert!(clock.trouble().is_some(), "a slow answer says nothing");
        clock.learn(local.now(), Duration::ZERO);
        assert_eq!(clock.trouble(), None);
    }
}
