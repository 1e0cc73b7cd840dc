//! How fast one client may send, whatever the kind of its frames.

use std::io;

use domain::Limits;
use tokio::time::Instant;

/// A bucket that every frame takes a token from.
#[derive(Debug)]
pub(crate) struct Flood {
    per_second: f32,
    burst: f32,
    tokens: f32,
    at: Instant,
    lifted: bool,
}

impl Flood {
    /// A full bucket; `lifted` counts nothing, for benchmarks.
    pub(crate) fn new(limits: &Limits, lifted: bool) -> Self {
        // Without a single token nothing could be said at all.
        let burst = limits.frames_burst.max(1) as f32;
        Self {
            per_second: limits.frames_per_second as f32,
            burst,
            tokens: burst,
            at: Instant::now(),
            lifted,
        }
    }

    /// Takes one token; says whether there was one.
    pub(crate) fn admits(&mut self) -> bool {
        if self.lifted {
            return true;
        }
        let now = Instant::now();
        let gained = (now - self.at).as_secs_f32() * self.per_second;
        self.at = now;
        self.tokens = (self.tokens + gained).min(self.burst) - 1.0;
        self.tokens >= 0.0
    }
}

/// Marks an error of a client that sends endless fragments.
#[derive(Debug, thiserror::Error)]
#[error("too many bytes for one message")]
struct TooManyBytes;

/// The error of reading from a client that sends endless fragments.
pub(crate) fn flood_error() -> io::Error {
    io::Error::other(TooManyBytes)
}

pub(super) fn is_flood(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<TooManyBytes>())
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, advance};

    use super::*;

    fn flood(lifted: bool) -> (Flood, Limits) {
        let limits = Limits::default();
        (Flood::new(&limits, lifted), limits)
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_a_flood_does_not() {
        let (mut flood, limits) = flood(false);
        assert!((0..limits.frames_burst).all(|_| flood.admits()));
        assert!(!flood.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn the_sustained_rate_passes_for_ever() {
        let (mut flood, limits) = flood(false);
        for _ in 0..20 {
            assert!((0..limits.frames_per_second).all(|_| flood.admits()));
            advance(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lifted_it_counts_nothing() {
        let (mut flood, limits) = flood(true);
        assert!((0..10 * limits.frames_burst).all(|_| flood.admits()));
    }
}
