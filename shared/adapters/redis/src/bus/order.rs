//! Which batch of each queue was heard last.

use std::collections::HashMap;

use uuid::Uuid;

/// Queues that are kept in mind. Each start of a process brings a new one.
const QUEUES: usize = 1_024;

/// How a batch arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// After the one before it.
    InOrder,
    /// After something that was lost.
    AfterLoss,
    /// After one that was sent later: it was on its way for so long that it was taken for lost.
    Late,
}

#[derive(Debug, Default)]
pub(super) struct Order(HashMap<Uuid, u64>);

impl Order {
    /// Takes note of a batch.
    pub(super) fn note(&mut self, queue: Uuid, n: u64) -> Arrival {
        if self.0.len() >= QUEUES && !self.0.contains_key(&queue) {
            // A loss may go by unnoticed once.
            self.0.clear();
        }
        let last = self.0.entry(queue).or_insert(n.saturating_sub(1));
        if n <= *last {
            return Arrival::Late;
        }
        let lost = n - *last > 1;
        *last = n;
        match lost {
            true => Arrival::AfterLoss,
            false => Arrival::InOrder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival::*, *};

    #[test]
    fn each_queue_has_its_own_numbers() {
        let mut order = Order::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let heard = [
            (one, 5),
            (one, 6),
            (other, 1),
            (one, 8),
            (one, 7),
            (other, 2),
        ];
        let arrivals = heard.map(|(queue, n)| order.note(queue, n));
        assert_eq!(
            arrivals,
            [InOrder, InOrder, InOrder, AfterLoss, Late, InOrder]
        );
    }

    #[test]
    fn queues_are_forgotten_before_there_are_too_many() {
        let mut order = Order::default();
        (0..10 * QUEUES as u128).for_each(|queue| {
            order.note(Uuid::from_u128(queue), 1);
        });
        assert!(order.0.len() <= QUEUES);
    }
}
