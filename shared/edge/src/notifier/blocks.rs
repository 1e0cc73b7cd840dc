//! Reads of rooms that many listeners share: one message in a room of a thousand is one read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use domain::{Error, Result, RoomId, Row, Seq, ports::Store};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::time::{Duration, Instant};

use crate::{in_time, locks::lock};

/// Rows and memberships of one read.
pub(super) const PAGE: usize = 200;

/// How long a read may be shared after it was begun.
const FRESH: Duration = Duration::from_secs(1);

type Outcome = std::result::Result<Arc<Block>, Arc<Error>>;
type Reading = BoxFuture<'static, Outcome>;

/// Rows of a room, as they are now.
#[derive(Debug)]
pub(crate) struct Block {
    /// Rising.
    pub(crate) rows: Vec<Row>,
    /// Whether there may be more after the last.
    pub(crate) more: bool,
}

/// The newest read of each room, for as long as somebody waits for it: rows are not kept here.
#[derive(Default)]
pub(super) struct Blocks(Mutex<HashMap<RoomId, Newest>>);

struct Newest {
    after: Seq,
    /// The highest row that was told of before it began: it shows that row.
    told: Seq,
    begun: Instant,
    reading: WeakShared<Reading>,
}

impl Blocks {
    /// Reads the rows after one, at least through `told` if the log reaches it.
    pub(super) async fn read(
        &self,
        store: &Arc<dyn Store>,
        room: RoomId,
        after: Seq,
        told: Seq,
    ) -> Result<Arc<Block>> {
        let reading = self.join(store, room, after, told);
        reading.await.map_err(|error| Error::from(error.code()))
    }

    pub(super) fn forget(&self, room: RoomId) {
        lock(&self.0).remove(&room);
    }

    fn join(&self, store: &Arc<dyn Store>, room: RoomId, after: Seq, told: Seq) -> Shared<Reading> {
        let mut newest = lock(&self.0);
        let known = newest.get(&room);
        if let Some(reading) = known.and_then(|known| known.serving(after, told)) {
            return reading;
        }
        let store = Arc::clone(store);
        let reading = async move { read(&*store, room, after).await.map_err(Arc::new) };
        let reading = reading.boxed().shared();
        if let Some(weak) = reading.downgrade() {
            let read = Newest {
                after,
                told,
                begun: Instant::now(),
                reading: weak,
            };
            newest.insert(room, read);
        }
        reading
    }
}

impl Newest {
    /// This read, if it answers somebody who was told of the row `told`.
    fn serving(&self, after: Seq, told: Seq) -> Option<Shared<Reading>> {
        let reading = self.reading.upgrade()?;
        let shows = match reading.peek() {
            None => self.told >= told,
            Some(Ok(block)) => block.more || block.last(after) >= told,
            Some(Err(_)) => false,
        };
        let serves = shows && self.after == after && self.begun.elapsed() < FRESH;
        serves.then_some(reading)
    }
}

impl Block {
    /// The last row that this shows to who has read through `after`.
    pub(crate) fn last(&self, after: Seq) -> Seq {
        self.rows.last().map_or(after, |row| row.seq)
    }
}

async fn read(store: &dyn Store, room: RoomId, after: Seq) -> Result<Arc<Block>> {
    let rows = in_time(store.rows(room, after, PAGE)).await?;
    let more = rows.len() == PAGE;
    Ok(Arc::new(Block { rows, more }))
}

#[cfg(test)]
mod tests {
    use domain::User;
    use testkit::builders::{message, new_channel, new_user};

    use super::*;
    use crate::testing::World;

    /// A store with one room, in which something was said.
    async fn spoken() -> (World, RoomId) {
        let world = World::new();
        let store = &world.ctx.ports.store;
        let User { id: ann, .. } = store.create_user(new_user("ann")).await.unwrap();
        let room = store.create_room(new_channel("lobby", ann)).await.unwrap();
        let rows = vec![message(ann, "hello")];
        store.append(room.id, rows).await.unwrap();
        (world, room.id)
    }

    #[tokio::test]
    async fn who_asks_the_same_at_the_same_time_shares_a_read_that_nobody_keeps() {
        let (world, room) = spoken().await;
        let (store, blocks) = (&world.ctx.ports.store, Blocks::default());
        let (first, second) = tokio::join!(
            blocks.read(store, room, 0, 1),
            blocks.read(store, room, 0, 1)
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(Arc::ptr_eq(&first, &second), "one read for both");
        assert!(first.last(0) >= 1);
        let kept = Arc::downgrade(&first);
        drop((first, second));
        assert!(kept.upgrade().is_none(), "a quiet room costs no rows");
        let again = blocks.read(store, room, 0, 1).await.unwrap();
        assert!(again.last(0) >= 1, "and is read anew");
    }
}
