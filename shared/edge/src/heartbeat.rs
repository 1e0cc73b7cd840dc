//! One timing wheel for all sessions: asks quiet ones whether they are still there.

use std::sync::{Arc, Mutex, Weak};

use domain::{Code, Limits};
use tokio::time::{Duration, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{hub::Subscriber, locks::lock, outbox::Item};

/// How many pings may go unanswered. Any frame is an answer.
const MISSES: u8 = 2;

/// Turns of the wheel between two pings of one session.
const SLOTS: usize = 50;

/// A session on the wheel.
#[derive(Debug)]
struct Pulse {
    session: Weak<Subscriber>,
    misses: u8,
}

/// The wheel. Each session hangs in one slot, and is looked at once in a round.
#[derive(Debug)]
pub struct Heartbeats {
    wheel: Mutex<Wheel>,
}

#[derive(Debug)]
struct Wheel {
    slots: Vec<Vec<Pulse>>,
    /// The slot that is looked at next.
    next: usize,
    /// The slot that takes the next session, so that they spread.
    emptiest: usize,
}

impl Heartbeats {
    /// A wheel without sessions.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        Arc::new(Self {
            wheel: Mutex::new(Wheel {
                slots,
                next: 0,
                emptiest: 0,
            }),
        })
    }

    /// Looks after a session until it is dropped.
    pub fn watch(&self, session: &Arc<Subscriber>) {
        let mut wheel = lock(&self.wheel);
        let slot = wheel.emptiest;
        wheel.emptiest = (slot + 1) % SLOTS;
        wheel.slots[slot].push(Pulse {
            session: Arc::downgrade(session),
            misses: 0,
        });
    }

    /// Turns the wheel until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut turns = interval(turn());
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = turns.tick() => self.turn(),
            }
        }
    }

    fn turn(&self) {
        let mut wheel = lock(&self.wheel);
        let slot = wheel.next;
        wheel.next = (slot + 1) % SLOTS;
        wheel.slots[slot].retain_mut(Pulse::beat);
        wheel.slots[slot].shrink_to(64);
    }
}

impl Pulse {
    /// Asks a session; says whether it is to be asked again.
    fn beat(&mut self) -> bool {
        let Some(session) = self.session.upgrade() else {
            return false;
        };
        let heard = session.outbox.was_heard();
        self.misses = if heard { 0 } else { self.misses + 1 };
        let alive = self.misses < MISSES;
        session.outbox.push(if alive {
            Item::Ping
        } else {
            Item::Close(Code::Resync)
        });
        alive
    }
}

/// The time of one slot.
fn turn() -> Duration {
    Limits::HEARTBEAT / u32::try_from(SLOTS).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use domain::{SessionId, UserId};
    use protocol::native::Native;

    use super::*;

    fn session() -> Arc<Subscriber> {
        Subscriber::new(SessionId::new(), UserId::new(), &Native, &Limits::default())
    }

    /// Lets a whole round pass, and says what the session was told.
    fn round(wheel: &Heartbeats, session: &Subscriber) -> Vec<Item> {
        (0..SLOTS).for_each(|_| wheel.turn());
        session.outbox.take().into()
    }

    #[test]
    fn a_session_that_says_something_lives_on() {
        let (wheel, session) = (Heartbeats::new(), session());
        wheel.watch(&session);
        for _ in 0..5 {
            assert_eq!(round(&wheel, &session), [Item::Ping]);
            session.outbox.hear();
        }
    }

    #[test]
    fn two_misses_end_it() {
        let (wheel, session) = (Heartbeats::new(), session());
        wheel.watch(&session);
        assert_eq!(
            round(&wheel, &session),
            [Item::Ping],
            "new sessions count as heard"
        );
        assert_eq!(round(&wheel, &session), [Item::Ping], "one miss");
        assert_eq!(round(&wheel, &session), [Item::Close(Code::Resync)]);
        assert_eq!(round(&wheel, &session), [], "it is no longer looked after");
    }

    #[test]
    fn sessions_that_are_gone_are_forgotten() {
        let wheel = Heartbeats::new();
        wheel.watch(&session());
        (0..SLOTS).for_each(|_| wheel.turn());
        assert!(lock(&wheel.wheel).slots.iter().all(Vec::is_empty));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_ping_comes_within_a_heartbeat() {
        let (wheel, session, stop) = (Heartbeats::new(), session(), CancellationToken::new());
        wheel.watch(&session);
        tokio::select! {
            () = wheel.run(stop) => {}
            () = session.outbox.ready() => {}
            () = tokio::time::sleep(Limits::HEARTBEAT + turn()) => panic!("no ping"),
        }
        assert_eq!(session.outbox.take(), [Item::Ping]);
    }
}
