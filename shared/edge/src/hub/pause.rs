//! A hub that pauses, because the store that it goes by cannot be reached: what a bus brings may
//! have holes that nobody sees, so nothing is delivered until the store says what is there.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{Code, Error, RoomId, Scene, SessionId};

use super::{Hub, Subscriber, head};
use crate::{locks::lock, outbox::Item};

impl Hub {
    /// Stops delivering what is announced, and tells every session so, once: says whether it was
    /// not paused already.
    pub(crate) fn pause(&self) -> bool {
        let paused = !self.paused.swap(true, Ordering::SeqCst);
        if paused {
            self.tell_all(&Error::new(Code::Unavailable));
        }
        paused
    }

    /// Delivers again; says whether it was paused. What was held is found by the heads of rooms.
    pub(crate) fn go_on(&self) -> bool {
        self.paused.swap(false, Ordering::SeqCst)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::SeqCst)
    }

    /// Notes rows that are not delivered. Of a room that nobody hears nothing is noted, so that it
    /// is found later who came into it.
    pub(super) fn leave_in_store(&self, room: RoomId, scenes: &[Scene]) {
        let heads = scenes.iter().filter_map(|scene| head(room, scene));
        if let Some(head) = heads.max_by_key(|head| head.seq)
            && self.rooms.contains_key(&room)
        {
            self.note_head(head);
        }
    }

    /// Tells every session of an error that no request of theirs led to.
    fn tell_all(&self, error: &Error) {
        for subscriber in self.subscribers() {
            if let Some(text) = subscriber.dialect.refuse(None, error) {
                subscriber.outbox.push(Item::Frame(text.into()));
            }
        }
    }

    /// Every session that hears a room or follows its user, each once.
    fn subscribers(&self) -> impl Iterator<Item = Arc<Subscriber>> + use<> {
        let mut all: BTreeMap<SessionId, Arc<Subscriber>> = BTreeMap::new();
        let mut add = |one: &Arc<Subscriber>| {
            all.entry(one.session).or_insert_with(|| Arc::clone(one));
        };
        self.followers
            .iter()
            .for_each(|of| of.iter().for_each(&mut add));
        for room in &self.rooms {
            lock(room.value())
                .roster
                .iter()
                .for_each(|one| add(&one.subscriber));
        }
        all.into_values()
    }
}
