//! How fast one client may send, whatever the kind of its frames.

use std::io;

use tokio::time::Instant;

/// Frames in a second, sustained, and at once. Text, binary, ping and pong count alike.
pub const FRAMES_PER_SECOND: u32 = 100;
/// See [`FRAMES_PER_SECOND`].
pub const FRAMES_BURST: u32 = 500;

/// A bucket that every frame takes a token from.
#[derive(Debug)]
pub(crate) struct Flood {
    tokens: f32,
    at: Instant,
    lifted: bool,
}

impl Flood {
    /// A full bucket; `lifted` counts nothing, for benchmarks.
    pub(crate) fn new(lifted: bool) -> Self {
        Self {
            tokens: FRAMES_BURST as f32,
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
        let gained = (now - self.at).as_secs_f32() * FRAMES_PER_SECOND as f32;
        self.at = now;
        self.tokens = (self.tokens + gained).min(FRAMES_BURST as f32) - 1.0;
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

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_a_flood_does_not() {
        let mut flood = Flood::new(false);
        assert!((0..FRAMES_BURST).all(|_| flood.admits()));
        assert!(!flood.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn the_sustained_rate_passes_for_ever() {
        let mut flood = Flood::new(false);
        for _ in 0..20 {
            assert!((0..FRAMES_PER_SECOND).all(|_| flood.admits()));
            advance(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lifted_it_counts_nothing() {
        let mut flood = Flood::new(true);
        assert!((0..10 * FRAMES_BURST).all(|_| flood.admits()));
    }
}
