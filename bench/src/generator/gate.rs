//! What holds a talker back until enough of what was said has arrived.

use std::cell::Cell;

use tokio::sync::Semaphore;

/// Lets so many pass, and one more for every so many arrivals.
pub(crate) struct Gate {
    permits: Semaphore,
    per: u64,
    arrived: Cell<u64>,
}

impl Gate {
    /// Lets `open` pass at once, and one more for every `per` arrivals.
    pub(crate) fn new(open: usize, per: usize) -> Self {
        Self {
            permits: Semaphore::new(open),
            per: per as u64,
            arrived: Cell::new(0),
        }
    }

    /// Something arrived.
    pub(crate) fn arrived(&self) {
        let arrived = self.arrived.get() + 1;
        self.arrived.set(arrived);
        if arrived.is_multiple_of(self.per) {
            self.permits.add_permits(1);
        }
    }

    /// Waits until one may pass.
    pub(crate) async fn pass(&self) {
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }

    /// Lets somebody else pass in one's place.
    pub(crate) fn yield_to_others(&self) {
        self.permits.add_permits(1);
    }
}
