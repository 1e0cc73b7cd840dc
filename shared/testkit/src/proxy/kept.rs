//! Bytes that were read and not yet passed on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Direction, Shared};

/// A queue of bytes, each with the time when it is due; the proxy's counters
/// follow it.
pub(super) struct Kept {
    direction: Direction,
    queue: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    shared: Arc<Shared>,
}

impl Kept {
    pub(super) fn new(direction: Direction, shared: Arc<Shared>) -> Self {
        Self {
            direction,
            queue: VecDeque::new(),
            bytes: 0,
            shared,
        }
    }

    pub(super) fn direction(&self) -> Direction {
        self.direction
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Returns the oldest bytes and when they are due.
    pub(super) fn front(&self) -> Option<(Instant, &[u8])> {
        self.queue
            .front()
            .map(|(due, bytes)| (*due, bytes.as_slice()))
    }

    pub(super) fn push(&mut self, bytes: &[u8], delay: Duration) {
        self.queue
            .push_back((Instant::now() + delay, bytes.to_vec()));
        self.bytes += bytes.len();
        let direction = self.direction as usize;
        self.shared
            .seen
            .send_modify(|seen| seen.held[direction] += bytes.len());
    }

    /// Forgets the oldest `count` bytes, which have been passed on.
    pub(super) fn drop_front(&mut self, count: usize) {
        let Some((_, oldest)) = self.queue.front_mut() else {
            return;
        };
        oldest.drain(..count);
        if oldest.is_empty() {
            self.queue.pop_front();
        }
        self.bytes -= count;
        let direction = self.direction as usize;
        self.shared.seen.send_modify(|seen| {
            seen.held[direction] -= count;
            seen.passed[direction] += count as u64;
        });
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let direction = self.direction as usize;
        self.shared
            .seen
            .send_modify(|seen| seen.held[direction] -= self.bytes);
    }
}
