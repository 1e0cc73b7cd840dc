//! Rooms in which a row is missing on the way, and since when.

use std::{collections::HashMap, sync::Mutex};

use domain::RoomId;
use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};

use crate::locks::lock;

/// How long a missing row may be on its way before it is read from the store.
const PATIENCE: Duration = Duration::from_millis(50);

/// The rooms to be mended.
#[derive(Debug, Default)]
pub(super) struct Holes {
    rooms: Mutex<HashMap<RoomId, Hole>>,
    wake: Notify,
}

/// A room in which a row is missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hole {
    /// Since when.
    pub(super) since: Instant,
    due: Instant,
}

impl Holes {
    /// Notes a hole. One that is known keeps its time.
    pub(super) fn note(&self, room: RoomId) {
        let now = Instant::now();
        let due = now + PATIENCE;
        lock(&self.rooms)
            .entry(room)
            .or_insert(Hole { since: now, due });
        self.wake.notify_one();
    }

    /// Tries a hole again later.
    pub(super) fn postpone(&self, room: RoomId, by: Duration) {
        if let Some(hole) = lock(&self.rooms).get_mut(&room) {
            hole.due = Instant::now() + by;
        }
    }

    /// Forgets a hole that is mended.
    pub(super) fn forget(&self, room: RoomId) {
        lock(&self.rooms).remove(&room);
    }

    /// Waits until holes are due. Cancel-safe.
    pub(super) async fn due(&self) -> Vec<(RoomId, Hole)> {
        loop {
            let now = Instant::now();
            let (ready, soonest) = self.sort(now);
            if !ready.is_empty() {
                return ready;
            }
            match soonest {
                None => self.wake.notified().await,
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = self.wake.notified() => {}
                },
            }
        }
    }

    fn sort(&self, now: Instant) -> (Vec<(RoomId, Hole)>, Option<Instant>) {
        let rooms = lock(&self.rooms);
        let ready = rooms.iter().filter(|(_, hole)| hole.due <= now);
        let ready = ready.map(|(room, hole)| (*room, *hole)).collect();
        (ready, rooms.values().map(|hole| hole.due).min())
    }
}
