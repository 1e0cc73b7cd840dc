//! The newest row of each room that was announced lately, so that a session which subscribes
//! after it read the store notices that the room has gone on.

use std::{collections::HashMap, mem, sync::Mutex};

use domain::{Head, RoomId};

use crate::locks::lock;

/// How many rooms a generation remembers. There are two, and the older one is dropped whole.
const ROOMS: usize = 32 * 1024;

/// Heads by room: bounded, forgetting what was not announced for longest.
#[derive(Debug, Default)]
pub(super) struct Announced {
    heads: Mutex<Heads>,
}

#[derive(Debug, Default)]
struct Heads {
    young: HashMap<RoomId, Head>,
    old: HashMap<RoomId, Head>,
}

impl Announced {
    pub(super) fn note(&self, head: Head) {
        let mut heads = lock(&self.heads);
        let known = heads.get(head.room).map_or(0, |known| known.seq);
        if head.seq < known {
            return;
        }
        if heads.young.len() >= ROOMS {
            heads.old = mem::take(&mut heads.young);
        }
        heads.young.insert(head.room, head);
    }

    pub(super) fn get(&self, room: RoomId) -> Option<Head> {
        lock(&self.heads).get(room)
    }
}

impl Heads {
    fn get(&self, room: RoomId) -> Option<Head> {
        let young = self.young.get(&room);
        young.or_else(|| self.old.get(&room)).copied()
    }
}
