//! A clock that stands still until it is moved.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use domain::{Timestamp, ports::Clock};

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

/// Store time in a test's hand. It may also go back, as clocks do.
#[derive(Debug)]
pub struct TestClock {
    millis: AtomicI64,
}

impl TestClock {
    /// A clock that stands at the first moment of 2026.
    #[must_use]
    pub fn new() -> Self {
        Self {
            millis: AtomicI64::new(START),
        }
    }

    /// Puts it to a moment.
    pub fn set(&self, at: Timestamp) {
        self.millis.store(at.as_millisecond(), Ordering::SeqCst);
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.millis.fetch_add(millis(by), Ordering::SeqCst);
    }

    /// Moves it back.
    pub fn turn_back(&self, by: Duration) {
        self.millis.fetch_sub(millis(by), Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis.load(Ordering::SeqCst))
            .expect("tests stay within the calendar")
    }
}

fn millis(by: Duration) -> i64 {
    i64::try_from(by.as_millis()).expect("tests stay within the calendar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_only_by_hand() {
        let clock = TestClock::new();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(2));
        clock.turn_back(Duration::from_secs(1));
        assert_eq!(clock.now().as_millisecond(), start.as_millisecond() + 1_000);
    }
}
