//! Who types where: kept for seconds in memory, never stored, told at most every two seconds.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use domain::{Limits, RoomId, UserId, ports::BusEvent};
use futures_util::{StreamExt, stream};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Live;
use crate::{agenda::Agenda, locks::lock};

/// How many may type at once in the rooms of one process. Beyond it nobody is told of more.
const MOST: usize = 10_000;

/// Sockets beyond which a room lets only some of its typing pass.
const CROWD: usize = 100;

/// The time over which a crowd's typing is counted.
const SECOND: Duration = Duration::from_secs(1);

/// Changes of one turn, and how many of them are told at a time.
const TURN: usize = 1_000;
const AT_A_TIME: usize = 16;

/// By user first, so that all that one types is found together.
type Key = (UserId, RoomId);

/// Who types where.
#[derive(Debug)]
pub struct Typing {
    people: Mutex<BTreeMap<Key, Typist>>,
    gates: Mutex<HashMap<RoomId, Gate>>,
    agenda: Agenda<Key>,
    per_second: u32,
}

/// One person in one room.
#[derive(Debug, Clone, Copy)]
struct Typist {
    /// Until when they type, if they do not say so again.
    until: Instant,
    /// Whether the room takes them for typing.
    told: bool,
    /// Whether they said so again since.
    again: bool,
    /// When the room may be told next.
    next: Instant,
}

/// What a room let pass since a moment.
#[derive(Debug, Clone, Copy)]
struct Gate {
    since: Instant,
    passed: u32,
}

impl Typing {
    /// Nobody types. A crowded room lets `per_second` people begin in a second.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            people: Mutex::default(),
            gates: Mutex::default(),
            agenda: Agenda::default(),
            per_second,
        }
    }

    /// Notes that a member types in a room, or no longer does. The room is told at once, or when
    /// the pause since it was told last is over; what changes meanwhile is not told.
    pub fn note(&self, room: RoomId, user: UserId, on: bool) {
        let (key, now) = ((user, room), Instant::now());
        let mut people = lock(&self.people);
        if !people.contains_key(&key) && (!on || people.len() >= MOST) {
            return;
        }
        let typist = people.entry(key).or_insert(Typist {
            until: now,
            told: false,
            again: false,
            next: now,
        });
        typist.until = if on { now + Limits::TYPING } else { now };
        typist.again = on;
        self.agenda.note(key, typist.next);
    }

    /// Notes that somebody is gone, and types nowhere any more. The rooms are told at once, so
    /// that they hear it before they hear that the user is offline.
    pub(super) fn end(&self, user: UserId) {
        let now = Instant::now();
        let (first, last) = (Uuid::nil(), Uuid::max());
        let rooms = (user, RoomId::from_uuid(first))..=(user, RoomId::from_uuid(last));
        for (key, typist) in lock(&self.people).range_mut(rooms) {
            (typist.until, typist.again, typist.next) = (now, false, now);
            self.agenda.note(*key, now);
        }
    }

    /// What is to be told of somebody now, if anything.
    fn turn(&self, key: Key, sessions: usize) -> Option<bool> {
        let now = Instant::now();
        let mut people = lock(&self.people);
        let typist = people.get_mut(&key)?;
        let change = typist.change(now);
        let told = change.filter(|on| !on || self.passes(key.1, sessions));
        if change.is_some() {
            typist.next = now + Limits::TYPING_PAUSE;
            typist.again = false;
        }
        if let Some(on) = told {
            typist.told = on;
        }
        match typist.next_look(now) {
            Some(at) => self.agenda.note(key, at),
            None => drop(people.remove(&key)),
        }
        told
    }

    /// Whether a room with so many sessions lets one more begin.
    pub(super) fn passes(&self, room: RoomId, sessions: usize) -> bool {
        if sessions <= CROWD {
            return true;
        }
        let now = Instant::now();
        let mut gates = lock(&self.gates);
        if gates.len() >= MOST {
            gates.retain(|_, gate| gate.since + SECOND > now);
        }
        let fresh = Gate {
            since: now,
            passed: 0,
        };
        let gate = gates.entry(room).or_insert(fresh);
        if gate.since + SECOND <= now {
            *gate = fresh;
        }
        gate.passed += 1;
        gate.passed <= self.per_second
    }
}

impl Typist {
    /// What the room does not know yet and may be told now.
    fn change(&self, now: Instant) -> Option<bool> {
        let on = self.until > now;
        let news = on != self.told || (on && self.again);
        (news && self.next <= now).then_some(on)
    }

    /// When to look at them again; `None` when there is nothing more to tell.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        let on = self.until > now;
        if on != self.told || (on && self.again) {
            return Some(self.next.max(now));
        }
        if on {
            return Some(self.until);
        }
        (self.next > now).then_some(self.next)
    }
}

impl Live {
    /// Tells who types, and who no longer does, until `stop`.
    pub(super) async fn tell_typing(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let due = tokio::select! {
                () = stop.cancelled() => return,
                due = self.typing.agenda.due(TURN) => due,
            };
            let tell = |key| self.tell_typist(key);
            stream::iter(due).for_each_concurrent(AT_A_TIME, tell).await;
        }
    }

    async fn tell_typist(&self, (user, room): Key) {
        let sessions = self.hub.sessions_in(room);
        if let Some(on) = self.typing.turn((user, room), sessions) {
            self.show_typing(room, user, on).await;
            self.publish(BusEvent::Typing { room, user, on }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// What a room is told in so many seconds, and after how many milliseconds.
    async fn told(typing: &Typing, seconds: u64, sessions: usize) -> Vec<(u128, bool)> {
        let (begun, mut told) = (Instant::now(), Vec::new());
        let end = tokio::time::sleep(Duration::from_secs(seconds));
        tokio::pin!(end);
        loop {
            let due = tokio::select! {
                () = &mut end => return told,
                due = typing.agenda.due(TURN) => due,
            };
            for key in due {
                let on = typing.turn(key, sessions);
                told.extend(on.map(|on| (begun.elapsed().as_millis(), on)));
            }
        }
    }

    fn typing() -> (Typing, RoomId, UserId) {
        (Typing::new(3), RoomId::new(), UserId::new())
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_more_stops_after_six_seconds() {
        let (typing, room, ann) = typing();
        typing.note(room, ann, true);
        assert_eq!(told(&typing, 60, 2).await, [(0, true), (6_000, false)]);
        assert!(lock(&typing.people).is_empty(), "nothing is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn who_types_on_is_told_every_two_seconds_at_most() {
        let (typing, room, ann) = typing();
        let type_on = async {
            for _ in 0..50 {
                typing.note(room, ann, true);
                advance(Duration::from_millis(100)).await;
            }
        };
        let (told, ()) = tokio::join!(told(&typing, 60, 2), type_on);
        let (on, off): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, on)| *on);
        assert!((3..=4).contains(&on.len()), "{on:?}");
        assert!(
            on.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 2_000),
            "{on:?}"
        );
        assert_eq!(off, [(10_900, false)], "six seconds after the last word");
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_within_the_pause_is_told_once_and_as_it_is_then() {
        let (typing, room, ann) = typing();
        typing.note(room, ann, true);
        assert_eq!(told(&typing, 1, 2).await, [(0, true)]);
        for on in [false, true, false, true, false] {
            typing.note(room, ann, on);
        }
        assert_eq!(told(&typing, 60, 2).await, [(1_000, false)]);
        typing.note(room, ann, true);
        typing.note(room, ann, false);
        assert_eq!(told(&typing, 60, 2).await, [], "it is over already");
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_and_beginning_again_does_not_pass_the_pause() {
        let (typing, room, ann) = typing();
        typing.note(room, ann, true);
        told(&typing, 1, 2).await;
        typing.note(room, ann, false);
        assert_eq!(told(&typing, 2, 2).await, [(1_000, false)]);
        typing.note(room, ann, true);
        assert_eq!(told(&typing, 3, 2).await, [(1_000, true)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_types_no_more_in_any_room() {
        let (typing, room, ann) = typing();
        let (other, bob) = (RoomId::new(), UserId::new());
        for (room, user) in [(room, ann), (other, ann), (room, bob)] {
            typing.note(room, user, true);
        }
        assert_eq!(told(&typing, 1, 2).await.len(), 3);
        typing.end(ann);
        let ended = told(&typing, 1, 2).await;
        assert_eq!(ended, [(0, false), (0, false)], "at once, and nobody else");
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_lets_so_many_begin_in_a_second() {
        let (typing, room, _) = typing();
        (0..1_000).for_each(|_| typing.note(room, UserId::new(), true));
        let told = told(&typing, 60, 1_000).await;
        let begun = told.iter().filter(|(_, on)| *on).count();
        assert_eq!(begun, 3 + 3 + 3, "at 0, 2 and 4 seconds: {told:?}");
        assert_eq!(told.len(), 2 * begun, "and each stops");
        assert!(lock(&typing.people).is_empty(), "nothing is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_kept_and_no_more() {
        let (typing, room, _) = typing();
        (0..MOST + 10).for_each(|_| typing.note(room, UserId::new(), true));
        assert_eq!(lock(&typing.people).len(), MOST);
        typing.note(room, UserId::new(), false);
        assert_eq!(lock(&typing.people).len(), MOST);
    }
}
