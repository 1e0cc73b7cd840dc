//! Clears up after deleted rooms, a little at a time.

use std::{sync::Arc, time::Duration};

use domain::{
    Result,
    ports::{Clock, Rooms},
};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often deleted rooms are looked for.
const PERIOD: Duration = Duration::from_secs(600);

/// How long a room is left as it is after its deletion, in store time: every process must have
/// told its sockets by then, out of the room's log.
const REST: Duration = Duration::from_secs(3_600);

/// How many records go at once.
const SLICE: usize = 100;

/// The pause after each slice, so that the store serves others.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes what deleted rooms leave behind.
#[derive(Clone)]
pub(crate) struct Clearing {
    /// Where it lies.
    pub(crate) rooms: Arc<dyn Rooms>,
    /// Tells how long ago a room was deleted.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Clearing {
    /// Clears up once a period until `stop`, the first time at once.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let clearing = async {
            loop {
                match self.clear().await {
                    Ok(0) => {}
                    Ok(records) => info!(records, "cleared up after deleted rooms"),
                    Err(error) => warn!(
                        error = &error as &dyn std::error::Error,
                        "deleted rooms were not cleared up"
                    ),
                }
                time::sleep(PERIOD).await;
            }
        };
        stop.run_until_cancelled(clearing).await;
    }

    /// Clears up after all rooms that were deleted long enough ago; says how many records that
    /// were. What is left after an error is found again.
    async fn clear(&self) -> Result<u64> {
        let before = self.clock.now() - REST;
        let mut cleared = 0;
        loop {
            match self.rooms.clear_deleted_rooms(before, SLICE).await? {
                0 => return Ok(cleared),
                records => cleared += records,
            }
            time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{RoomChange, UserId};
    use testkit::builders::{message, new_channel, room_change};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn deleted_rooms_are_cleared_up_after_a_while() {
        let world = World::new();
        let store = &world.ctx.ports.store;
        let ann = UserId::new();
        let room = store.create_room(new_channel("doomed", ann)).await.unwrap();
        let deletion = room_change(ann, RoomChange::Deleted, 2);
        let rows = (0..SLICE).map(|_| message(ann, "hello")).chain([deletion]);
        store.append(room.id, rows.collect()).await.unwrap();
        let clearing = Clearing {
            rooms: store.clone(),
            clock: world.ctx.ports.clock.clone(),
        };
        assert_eq!(clearing.clear().await.unwrap(), 0);
        world.clock.advance(REST + PERIOD);
        // The rows, the owner's joining and membership, and the room.
        assert_eq!(clearing.clear().await.unwrap(), SLICE as u64 + 4);
        assert!(store.rows(room.id, 0, 1).await.unwrap().is_empty());
        assert_eq!(clearing.clear().await.unwrap(), 0);
    }
}
