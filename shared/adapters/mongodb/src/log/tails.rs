//! What this node knows of the ends of logs, and the turn-taking at each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::RoomId;
use tokio::time::Instant;

use super::Stamp;

/// How long the end of a log is believed without being read again.
const FRESH: Duration = Duration::from_secs(60);

/// How many rooms' ends are kept. Those nobody writes to are forgotten when there are more.
const ROOMS: usize = 20_000;

/// How often in a row a node may win over another writer before it lets it go first.
const WINS: u32 = 8;

/// How long another writer counts as there after it was heard.
const HEARD: Duration = Duration::from_secs(1);

/// The ends of logs, each behind a lock: whoever holds it has the room's only insert in flight.
#[derive(Debug, Default)]
pub(crate) struct Tails(Mutex<HashMap<RoomId, Arc<tokio::sync::Mutex<Tail>>>>);

impl Tails {
    /// The end of a room's log.
    pub(crate) fn of(&self, room: RoomId) -> Arc<tokio::sync::Mutex<Tail>> {
        let mut tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tails.len() >= ROOMS {
            tails.retain(|_, tail| Arc::strong_count(tail) > 1);
        }
        Arc::clone(tails.entry(room).or_default())
    }
}

/// The end of a log, as a majority acknowledged it to this node.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    last: Option<(Stamp, Instant)>,
    heard: Option<Instant>,
    wins: u32,
    round_trip: Duration,
}

impl Tail {
    /// The newest row, if it is known well enough to write after it.
    pub(super) fn last(&self) -> Option<Stamp> {
        let (last, at) = self.last?;
        (at.elapsed() < FRESH).then_some(last)
    }

    /// Keeps the newest row. An empty log is not kept, since its first writer has more to do.
    pub(super) fn keep(&mut self, last: Stamp) {
        self.last = (last.seq > 0).then(|| (last, Instant::now()));
    }

    /// From now on the end is not known.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Notes that another writer was faster.
    pub(super) fn lost(&mut self) {
        self.forget();
        self.heard = Some(Instant::now());
        self.wins = 0;
    }

    /// Notes that a request was stored whole; says how long to wait so that another writer gets
    /// its turn.
    pub(super) fn won(&mut self) -> Option<Duration> {
        self.heard.filter(|heard| heard.elapsed() < HEARD)?;
        self.wins += 1;
        if self.wins < WINS {
            return None;
        }
        self.wins = 0;
        Some(self.round_trip())
    }

    /// Notes how long a request took.
    pub(super) fn took(&mut self, time: Duration) {
        self.round_trip = time;
    }

    /// About how long a request takes.
    pub(super) fn round_trip(&self) -> Duration {
        let (shortest, longest) = (Duration::from_millis(1), Duration::from_millis(50));
        self.round_trip.clamp(shortest, longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(seq: u64) -> Stamp {
        Stamp {
            seq,
            ..Stamp::before_the_first()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_believed_for_a_minute() {
        let mut tail = Tail::default();
        tail.keep(stamp(3));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(tail.last(), Some(stamp(3)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(tail.last(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_wins_eight_times_over_another_waits_once() {
        let mut tail = Tail::default();
        assert!((0..20).all(|_| tail.won().is_none()), "alone in the room");
        tail.lost();
        let waits: Vec<_> = (0..16).map(|_| tail.won().is_some()).collect();
        let eighth = |n: usize| n % 8 == 7;
        assert_eq!(waits, (0..16).map(eighth).collect::<Vec<_>>());
        tokio::time::advance(HEARD).await;
        assert!((0..20).all(|_| tail.won().is_none()), "the other is gone");
    }

    #[test]
    fn an_end_in_use_is_not_forgotten() {
        let tails = Tails::default();
        let (room, used) = (RoomId::new(), RoomId::new());
        let held = tails.of(used);
        let idle = Arc::downgrade(&tails.of(room));
        for _ in 0..ROOMS {
            tails.of(RoomId::new());
        }
        assert!(Arc::ptr_eq(&held, &tails.of(used)));
        assert!(idle.upgrade().is_none());
    }
}
