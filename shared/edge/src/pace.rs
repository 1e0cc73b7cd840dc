//! How long a connection may take over what it does. hyper has one limit for the head of a
//! request and for the pause before it; clients with a pool need seconds for the one and minutes
//! for the other.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// From the first byte of a head to its last. A new connection has as long to begin.
pub(crate) const HEAD: Duration = Duration::from_secs(5);

/// Between a request and the next on one connection. Longer than the pools of proxies keep them
/// (60 s as a rule), so that the closing comes from them.
pub(crate) const IDLE: Duration = Duration::from_secs(75);

/// Without any progress on an answer: the handler works, or the client does not read.
pub(crate) const STALL: Duration = Duration::from_secs(60);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head = 0,
    Busy = 1,
    Idle = 2,
}

/// The pace of one connection. Written by whoever moves its bytes, read once a second.
#[derive(Debug)]
pub(crate) struct Pace {
    opened: Instant,
    /// Milliseconds since `opened` at which the phase began, and the phase in the lowest two bits.
    state: AtomicU64,
}

impl Pace {
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            state: AtomicU64::new(Phase::Head as u64),
        })
    }

    /// Bytes came in: between requests they begin a head, and behind a head they are a body that
    /// moves on. How slowly it may, those say who read it.
    pub(crate) fn bytes_came(&self) {
        match self.phase() {
            Phase::Idle => self.enter(Phase::Head),
            Phase::Busy => self.moves(),
            Phase::Head => {}
        }
    }

    /// A head is whole, or its answer moves on.
    pub(crate) fn moves(&self) {
        self.enter(Phase::Busy);
    }

    /// An answer has gone.
    pub(crate) fn rests(&self) {
        self.enter(Phase::Idle);
    }

    /// Whether the connection takes longer than it may.
    pub(crate) fn is_overdue(&self) -> bool {
        let begun = Duration::from_millis(self.state.load(Ordering::Relaxed) >> 2);
        let limit = match self.phase() {
            Phase::Head => HEAD,
            Phase::Busy => STALL,
            Phase::Idle => IDLE,
        };
        self.opened.elapsed().saturating_sub(begun) >= limit
    }

    fn phase(&self) -> Phase {
        match self.state.load(Ordering::Relaxed) & 3 {
            0 => Phase::Head,
            1 => Phase::Busy,
            _ => Phase::Idle,
        }
    }

    fn enter(&self, phase: Phase) {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX >> 2);
        self.state
            .store(elapsed << 2 | phase as u64, Ordering::Relaxed);
    }
}

/// A body that tells the pace of its connection how it moves, and when it has gone.
pub(crate) struct Paced<B> {
    body: B,
    pace: Arc<Pace>,
}

impl<B> Paced<B> {
    pub(crate) fn new(body: B, pace: Arc<Pace>) -> Self {
        Self { body, pace }
    }
}

impl<B> Drop for Paced<B> {
    fn drop(&mut self) {
        self.pace.rests();
    }
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.pace.moves();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(time: Duration) {
        tokio::time::advance(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_its_first_byte() {
        let pace = Pace::begin();
        after(HEAD - Duration::from_millis(1)).await;
        assert!(!pace.is_overdue());
        pace.bytes_came();
        after(Duration::from_millis(1)).await;
        assert!(pace.is_overdue(), "a byte now and then gives no time");
        pace.moves();
        pace.rests();
        after(Duration::from_secs(60)).await;
        assert!(!pace.is_overdue());
        pace.bytes_came();
        after(HEAD).await;
        assert!(pace.is_overdue());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_requests_is_kept_for_a_while() {
        let pace = Pace::begin();
        pace.rests();
        after(IDLE - Duration::from_millis(1)).await;
        assert!(!pace.is_overdue());
        after(Duration::from_millis(1)).await;
        assert!(pace.is_overdue());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_in_keeps_the_connection() {
        let pace = Pace::begin();
        pace.moves();
        for _ in 0..10 {
            after(STALL - Duration::from_millis(1)).await;
            assert!(!pace.is_overdue());
            pace.bytes_came();
        }
        after(STALL).await;
        assert!(pace.is_overdue());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_reads_ends() {
        let pace = Pace::begin();
        pace.moves();
        after(STALL - Duration::from_millis(1)).await;
        pace.moves();
        after(STALL - Duration::from_millis(1)).await;
        assert!(!pace.is_overdue());
        after(Duration::from_millis(1)).await;
        assert!(pace.is_overdue());
    }
}
