//! A hub that pauses, because the store that it goes by cannot be reached: what a bus brings may
//! have holes that nobody sees, so nothing is delivered until the store says what is there.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{RoomId, Scene, SessionId};

use super::{Hub, Subscriber, head};
use crate::locks::lock;

impl Hub {
    /// Stops delivering what is announced; says whether it was not paused already.
    pub(crate) fn pause(&self) -> bool {
        !self.paused.swap(true, Ordering::SeqCst)
    }

    /// Delivers again; says whether it was paused. What was held is found by the heads of rooms.
    pub(crate) fn go_on(&self) -> bool {
        self.paused.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn is_paused(&self) -> bool {
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

    /// Every session that hears a room or follows its user.
    pub(crate) fn subscribers(&self) -> BTreeMap<SessionId, Arc<Subscriber>> {
        let mut all = BTreeMap::new();
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
        all
    }
}
