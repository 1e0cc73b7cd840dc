//! The newest row of each room that was announced lately, so that a session which subscribes
//! after it read the store notices that the room has gone on.

use std::sync::Mutex;

use domain::{Head, RoomId};

use crate::{generations::Generations, locks::lock};

/// How many rooms are remembered.
const ROOMS: usize = 32 * 1024;

/// Heads by room: bounded, forgetting what was not announced for longest.
#[derive(Debug)]
pub(super) struct Announced {
    heads: Mutex<Generations<RoomId, Head>>,
}

impl Default for Announced {
    fn default() -> Self {
        Self {
            heads: Mutex::new(Generations::new(ROOMS)),
        }
    }
}

impl Announced {
    pub(super) fn note(&self, head: Head) {
        let mut heads = lock(&self.heads);
        let known = heads.get(&head.room).map_or(0, |known| known.seq);
        if head.seq >= known {
            heads.put(head.room, head);
        }
    }

    pub(super) fn get(&self, room: RoomId) -> Option<Head> {
        lock(&self.heads).get(&room).copied()
    }
}
