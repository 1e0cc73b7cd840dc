//! The rooms and sessions of one process, and the delivery of rows between them.
//!
//! A subscription is a position. A session subscribes paused, reads the store, and goes live
//! after the last row it has read; if the room has gone on meanwhile, it reads the next page.
//! Hello, resume, history and catching up are all this one step, and nothing is queued for who is
//! still reading.

mod announced;
mod holes;
mod mender;
mod own;
mod pause;
mod room;
mod roster;
mod run;
mod subscriber;
mod telling;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use dashmap::DashMap;
use domain::{Head, RoomId, Scene, Seq, SessionId, UserId};

pub use mender::Mender;
pub(crate) use own::Own;
pub use subscriber::{Seat, Standing, Subscriber};

use self::{announced::Announced, holes::Holes, room::Room};
use crate::{locks::lock, outbox::Item};

/// The rooms that somebody here listens to. One per process.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: DashMap<RoomId, Arc<Mutex<Room>>>,
    followers: DashMap<UserId, Vec<Arc<Subscriber>>>,
    announced: Announced,
    holes: Holes,
    paused: AtomicBool,
}

impl Hub {
    /// A hub without sessions.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Gives a session its seat. One that `follows` its user also hears every room that the user
    /// joins from now on, the join's row included.
    #[must_use]
    pub fn seat(self: &Arc<Self>, subscriber: Arc<Subscriber>, follows: bool) -> Seat {
        if follows {
            let mut sessions = self.followers.entry(subscriber.user).or_default();
            sessions.push(Arc::clone(&subscriber));
        }
        Seat::new(Arc::clone(self), subscriber, follows)
    }

    /// Delivers rows that were appended to a room, strictly in the order of its log: earlier ones
    /// are ignored, later ones wait for those before them. While the hub pauses, they wait in the
    /// store. Never waits itself.
    pub fn deliver(&self, room: RoomId, scenes: Vec<Scene>) {
        if self.is_paused() {
            self.leave_in_store(room, &scenes);
        } else {
            self.hand_out(room, scenes);
        }
    }

    /// Delivers rows, also while the hub pauses: these were just read in the store.
    fn hand_out(&self, room: RoomId, scenes: Vec<Scene>) {
        let Some(head) = scenes
            .iter()
            .filter_map(|scene| head(room, scene))
            .max_by_key(|h| h.seq)
        else {
            return;
        };
        self.announced.note(head);
        if self.rooms.contains_key(&room) || self.brings_in(&scenes) {
            self.with_room(room, None, |state| {
                state.announce(scenes, &|user| self.sessions_of(user));
            });
        }
    }

    /// Notes what the store says of a room's end. What is missing is read soon.
    pub fn note_head(&self, head: Head) {
        self.announced.note(head);
        if self.rooms.contains_key(&head.room) {
            self.with_room(head.room, None, |state| state.note_head(head));
        }
    }

    /// Notes that a room's log has a row. Where somebody listens, what is missing is read soon.
    pub(crate) fn hear_of(&self, room: RoomId, seq: Seq) {
        if self.rooms.contains_key(&room) {
            self.with_room(room, None, |state| state.hear_of(seq));
        }
    }

    /// Takes what the store says of a room's end. Where somebody listens, what is missing is read
    /// soon. Elsewhere answers after which row it was not heard of: the rest may tell of who came
    /// in and has a session here.
    pub(crate) fn compare(&self, head: Head) -> Option<Seq> {
        if self.rooms.contains_key(&head.room) {
            self.note_head(head);
            return None;
        }
        let known = self.announced.get(head.room).map(|known| known.seq);
        let known = known.unwrap_or_else(|| head.seq.saturating_sub(room::WAITING_ROWS as Seq));
        (known < head.seq).then_some(known)
    }

    /// The end of a room's log, if somebody here is live in it and all that was heard of is
    /// delivered.
    #[must_use]
    pub fn position(&self, room: RoomId) -> Option<Head> {
        let state = self.rooms.get(&room).map(|state| Arc::clone(&state))?;
        lock(&state).position()
    }

    /// The rooms that somebody here listens to.
    #[must_use]
    pub fn live_rooms(&self) -> Vec<RoomId> {
        self.rooms.iter().map(|entry| *entry.key()).collect()
    }

    /// Whether anybody here follows their user into rooms.
    pub(crate) fn has_followers(&self) -> bool {
        !self.followers.is_empty()
    }

    /// How many sessions of a dialect listen to each room, where there are any.
    #[must_use]
    pub fn listeners(&self, dialect: &str) -> HashMap<RoomId, usize> {
        let count = |state: &Mutex<Room>| {
            let state = lock(state);
            let speaks = |s: &&roster::Subscription| s.subscriber.dialect.name() == dialect;
            state.roster.iter().filter(speaks).count()
        };
        let counts = self
            .rooms
            .iter()
            .map(|entry| (*entry.key(), count(entry.value())));
        counts.filter(|(_, sessions)| *sessions > 0).collect()
    }

    /// Gives a room up: its log cannot be read. Who is live in it is told to come back.
    pub fn lose(&self, room: RoomId) {
        self.holes.forget(room);
        let Some((_, state)) = self.rooms.remove(&room) else {
            return;
        };
        let mut state = lock(&state);
        state.retired = true;
        for subscription in state.roster.iter() {
            subscription.subscriber.exit(room);
            if subscription.after.is_some() {
                subscription.subscriber.outbox.push(Item::Lost { room });
            }
        }
    }

    fn subscribe(&self, room: RoomId, subscriber: &Arc<Subscriber>) {
        if !subscriber.enter(room) {
            return;
        }
        let known = self.announced.get(room);
        self.with_room(room, known, |state| {
            state.roster.add(Arc::clone(subscriber), None);
        });
    }

    fn unsubscribe(&self, room: RoomId, session: SessionId) {
        let Some(state) = self.rooms.get(&room).map(|state| Arc::clone(&state)) else {
            return;
        };
        lock(&state).roster.remove(session);
        self.retire_if_empty(room);
    }

    fn go_live(&self, room: RoomId, session: SessionId, head: Seq) -> Standing {
        if !self.rooms.contains_key(&room) {
            return Standing::Behind;
        }
        self.with_room(room, None, |state| {
            state.go_live(session, head, &|user| self.sessions_of(user))
        })
    }

    fn unfollow(&self, subscriber: &Subscriber) {
        self.followers
            .remove_if_mut(&subscriber.user, |_, sessions| {
                sessions.retain(|other| other.session != subscriber.session);
                sessions.is_empty()
            });
    }

    fn sessions_of(&self, user: UserId) -> Vec<Arc<Subscriber>> {
        self.followers
            .get(&user)
            .map(|sessions| sessions.clone())
            .unwrap_or_default()
    }

    /// Whether rows bring somebody in who has a session here.
    fn brings_in(&self, scenes: &[Scene]) -> bool {
        let joined = |scene| {
            room::member_row(scene).filter(|(_, _, change)| *change == domain::MemberChange::Joined)
        };
        !self.followers.is_empty()
            && scenes
                .iter()
                .filter_map(joined)
                .any(|(_, user, _)| self.followers.contains_key(&user))
    }

    /// Works on a room under its lock, and afterwards sees to holes and to empty rooms.
    fn with_room<T>(
        &self,
        id: RoomId,
        known: Option<Head>,
        work: impl FnOnce(&mut Room) -> T,
    ) -> T {
        let (done, hole, empty) = loop {
            let state = self.state(id, known);
            let mut state = lock(&state);
            if !state.retired {
                break (
                    work(&mut state),
                    state.hole().is_some(),
                    state.roster.is_empty(),
                );
            }
        };
        if empty {
            self.retire_if_empty(id);
        } else if hole {
            self.holes.note(id);
        }
        done
    }

    fn state(&self, id: RoomId, known: Option<Head>) -> Arc<Mutex<Room>> {
        let made = || Arc::new(Mutex::new(Room::new(id, known)));
        Arc::clone(&self.rooms.entry(id).or_insert_with(made))
    }

    fn retire_if_empty(&self, id: RoomId) {
        let retired = self.rooms.remove_if(&id, |_, state| {
            let mut state = lock(state);
            state.retired = state.roster.is_empty();
            state.retired
        });
        if retired.is_some() {
            self.holes.forget(id);
        }
    }
}

fn head(room: RoomId, scene: &Scene) -> Option<Head> {
    scene.row().map(|row| Head {
        room,
        seq: row.seq,
        generation: row.generation,
    })
}
