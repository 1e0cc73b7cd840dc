//! Deliveries on their way to a taker who may have gone.

use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::Delivery;
use tokio::sync::Notify;
use uuid::Uuid;

/// A job and the number of the attempt that nobody made.
pub(super) type Ticket = (Uuid, u32);

/// What was handed to nobody, until the next taker gives it back.
pub(super) struct Returned {
    tickets: Mutex<Vec<Ticket>>,
    changed: Arc<Notify>,
}

impl Returned {
    pub(super) fn new(changed: Arc<Notify>) -> Self {
        Self {
            tickets: Mutex::default(),
            changed,
        }
    }

    /// Takes them all.
    pub(super) fn take(&self) -> Vec<Ticket> {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut tickets)
    }

    fn add(&self, deliveries: &[Delivery]) {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.extend(deliveries.iter().map(|taken| (taken.job.id, taken.attempt)));
        drop(tickets);
        self.changed.notify_waiters();
    }
}

/// Deliveries that go back when nobody keeps them: the taker's call was dropped while the writer
/// was at work.
pub(super) struct Handed {
    deliveries: Vec<Delivery>,
    returned: Arc<Returned>,
}

impl Handed {
    pub(super) fn new(deliveries: Vec<Delivery>, returned: Arc<Returned>) -> Self {
        Self {
            deliveries,
            returned,
        }
    }

    /// Takes the deliveries out: from here on they are the taker's.
    pub(super) fn keep(mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.deliveries)
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if !self.deliveries.is_empty() {
            self.returned.add(&self.deliveries);
        }
    }
}
