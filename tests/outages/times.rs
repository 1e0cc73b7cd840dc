//! How long many of the same took.

use std::{fmt, time::Duration};

/// Durations, in order.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    /// The time that this many of a hundred did not exceed.
    pub(crate) fn percentile(&self, of_a_hundred: usize) -> Duration {
        let at = (self.0.len() * of_a_hundred).div_ceil(100).max(1) - 1;
        *self.0.get(at).expect("something was measured")
    }

    pub(crate) fn p99(&self) -> Duration {
        self.percentile(99)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, most) = (self.percentile(50), self.p99());
        write!(f, "p50 {half:.1?}, p99 {most:.1?} of {}", self.0.len())
    }
}

#[test]
fn percentiles_are_of_what_was_measured() {
    let times = Times::of((1..=200).rev().map(Duration::from_millis));
    assert_eq!(times.percentile(50), Duration::from_millis(100));
    assert_eq!(times.p99(), Duration::from_millis(198));
    let one = Times::of([Duration::from_millis(7)]);
    assert_eq!(one.p99(), Duration::from_millis(7));
}
