//! Which rooms are small enough that everybody in them is told of receipts and presence.

use std::sync::{Arc, Mutex};

use domain::{Change, RoomId, Row, ports::Store};
use tokio::time::{Duration, Instant};

use crate::{generations::Generations, in_time, locks::lock};

/// How many rooms are remembered.
const ROOMS: usize = 16 * 1024;

/// How long a size is believed of which no change was heard.
const BELIEVED: Duration = Duration::from_secs(30);

/// The sizes of rooms: counted by the store, and remembered until a member comes or goes.
pub(super) struct Sizes {
    store: Arc<dyn Store>,
    most: u64,
    known: Mutex<Generations<RoomId, Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    small: bool,
    until: Instant,
}

impl Sizes {
    /// Takes rooms of up to `most` members for small.
    pub(super) fn new(store: Arc<dyn Store>, most: u64) -> Self {
        Self {
            store,
            most,
            known: Mutex::new(Generations::new(ROOMS)),
        }
    }

    /// Whether a room is small. One that cannot be counted is not.
    pub(super) async fn is_small(&self, room: RoomId) -> bool {
        let known = lock(&self.known).get(&room).copied();
        if let Some(known) = known.filter(|known| known.until > Instant::now()) {
            return known.small;
        }
        let until = Instant::now() + BELIEVED;
        match in_time(self.store.count_members(room)).await {
            Ok(members) => {
                let small = members <= self.most;
                lock(&self.known).put(room, Known { small, until });
                small
            }
            Err(error) => {
                tracing::debug!(%room, %error, "the members of a room could not be counted");
                false
            }
        }
    }

    /// Forgets the rooms that somebody came to or left.
    pub(super) fn note(&self, rows: &[Row]) {
        let moved = |row: &&Row| matches!(row.change, Change::Member(_));
        for row in rows.iter().filter(moved) {
            lock(&self.known).remove(&row.room);
        }
    }
}
