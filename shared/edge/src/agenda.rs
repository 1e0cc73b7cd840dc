//! What is due when: any number of keys, one timer, one owner who takes what is due.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::Mutex,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::locks::lock;

/// Keys and when each is due.
#[derive(Debug)]
pub(crate) struct Agenda<K> {
    entries: Mutex<Entries<K>>,
    wake: Notify,
}

#[derive(Debug)]
struct Entries<K> {
    times: HashMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        let (times, order) = (HashMap::new(), BTreeSet::new());
        Self {
            entries: Mutex::new(Entries { times, order }),
            wake: Notify::new(),
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Agenda<K> {
    /// Notes a key. Of two times the earlier counts.
    pub(crate) fn note(&self, key: K, at: Instant) {
        if lock(&self.entries).note(key, at) {
            self.wake.notify_one();
        }
    }

    /// Waits until something is due, and takes up to `most` of it, the earliest first.
    /// Cancel-safe.
    pub(crate) async fn due(&self, most: usize) -> Vec<K> {
        loop {
            let (due, soonest) = lock(&self.entries).take(Instant::now(), most);
            if !due.is_empty() {
                return due;
            }
            match soonest {
                None => self.wake.notified().await,
                Some(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.wake.notified() => {}
                },
            }
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Entries<K> {
    /// Notes a key; says whether nothing is due before it.
    fn note(&mut self, key: K, at: Instant) -> bool {
        let known = self.times.get(&key).copied();
        if known.is_some_and(|known| known <= at) {
            return false;
        }
        if let Some(later) = known {
            self.order.remove(&(later, key));
        }
        self.times.insert(key, at);
        self.order.insert((at, key));
        self.order.first() == Some(&(at, key))
    }

    /// Takes what is due, and says when the next is.
    fn take(&mut self, now: Instant, most: usize) -> (Vec<K>, Option<Instant>) {
        let mut due = Vec::new();
        while due.len() < most
            && let Some((at, key)) = self.order.first().copied()
            && at <= now
        {
            self.order.pop_first();
            self.times.remove(&key);
            due.push(key);
        }
        (due, self.order.first().map(|(at, _)| *at))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, timeout};

    use super::*;

    fn after(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_due_comes_in_the_order_of_its_time() {
        let (agenda, begun) = (Agenda::default(), Instant::now());
        for (key, at) in [("c", 30), ("a", 10), ("b", 20), ("a", 40)] {
            agenda.note(key, after(at));
        }
        for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
            assert_eq!(agenda.due(9).await, [key]);
            assert_eq!(begun.elapsed().as_millis(), at);
        }
        let more = timeout(Duration::from_secs(60), agenda.due(9)).await;
        assert!(more.is_err(), "each is due once");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken_for_something_earlier() {
        let (agenda, begun) = (Agenda::default(), Instant::now());
        agenda.note("late", after(500));
        let (due, ()) = tokio::join!(agenda.due(9), async {
            tokio::task::yield_now().await;
            agenda.note("early", after(100));
            agenda.note("late", after(100));
        });
        assert_eq!(due.len(), 2);
        assert_eq!(begun.elapsed().as_millis(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_asked_is_taken() {
        let agenda = Agenda::default();
        (0..5).for_each(|key| agenda.note(key, Instant::now()));
        assert_eq!(agenda.due(2).await, [0, 1]);
        assert_eq!(agenda.due(9).await, [2, 3, 4]);
    }
}
