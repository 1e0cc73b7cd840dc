//! Reads of rooms that many listeners share: one message in a room of a thousand is one read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use domain::{Error, Limits, Result, RoomId, Row, Seq, ports::Store};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::{Duration, Instant, timeout};

use crate::locks::lock;

/// Rows and memberships of one read.
pub(super) const PAGE: usize = 200;

/// How long a read may be shared after it was begun.
const FRESH: Duration = Duration::from_secs(1);

type Outcome = std::result::Result<Arc<Block>, Arc<Error>>;
type Reading = Shared<BoxFuture<'static, Outcome>>;

/// Rows of a room, as they are now.
#[derive(Debug)]
pub(crate) struct Block {
    /// Rising, without a hole.
    pub(crate) rows: Vec<Row>,
    /// Whether there may be more after the last.
    pub(crate) more: bool,
}

/// The newest read of each room.
#[derive(Default)]
pub(super) struct Blocks(Mutex<HashMap<RoomId, Newest>>);

struct Newest {
    after: Seq,
    /// The highest row that was told of before it began: it shows that row.
    told: Seq,
    begun: Instant,
    reading: Reading,
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

    fn join(&self, store: &Arc<dyn Store>, room: RoomId, after: Seq, told: Seq) -> Reading {
        let mut newest = lock(&self.0);
        if let Some(known) = newest.get(&room).filter(|known| known.serves(after, told)) {
            return known.reading.clone();
        }
        let store = Arc::clone(store);
        let reading = async move { read(&*store, room, after).await.map_err(Arc::new) };
        let reading = reading.boxed().shared();
        let read = Newest {
            after,
            told,
            begun: Instant::now(),
            reading: reading.clone(),
        };
        newest.insert(room, read);
        reading
    }
}

impl Newest {
    /// Whether this read answers somebody who was told of the row `told`.
    fn serves(&self, after: Seq, told: Seq) -> bool {
        let shows = match self.reading.peek() {
            None => self.told >= told,
            Some(Ok(block)) => block.more || block.last(after) >= told,
            Some(Err(_)) => false,
        };
        shows && self.after == after && self.begun.elapsed() < FRESH
    }
}

impl Block {
    /// The last row that this shows to who has read through `after`.
    pub(crate) fn last(&self, after: Seq) -> Seq {
        self.rows.last().map_or(after, |row| row.seq)
    }
}

async fn read(store: &dyn Store, room: RoomId, after: Seq) -> Result<Arc<Block>> {
    let rows = timeout(Limits::STORE_CALL, store.rows(room, after, PAGE));
    let rows = rows.await.map_err(Error::unavailable)??;
    let more = rows.len() == PAGE;
    Ok(Arc::new(Block { rows, more }))
}
