//! The log of each room: a row is stored first and applied then, by whoever comes first.

mod append;
mod old;
mod plan;
mod since;
mod tails;
mod targets;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    Appended, Error, Head, NewRow, Result, RoomId, Row, Seq, Timestamp,
    notification::Position,
    ports::{Dropped, Log},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Uuid, doc};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use self::append::Batch;
pub(crate) use self::tails::Tails;
use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{RoomRowRecord, RowRecord},
    values::{id, int, limit, time, uint},
};

/// How many rooms' heads are asked for at once.
const HEADS_AT_ONCE: usize = 16;

/// What a row takes over from the row before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    seq: Seq,
    generation: Seq,
    created_at: domain::Timestamp,
    /// Whether the room was deleted with that row, so that nothing follows.
    closed: bool,
}

impl Stamp {
    fn before_the_first() -> Self {
        Self {
            seq: 0,
            generation: 0,
            created_at: domain::Timestamp::MIN,
            closed: false,
        }
    }

    fn of(row: &Row) -> Self {
        Self {
            seq: row.seq,
            generation: row.generation,
            created_at: row.created_at,
            closed: row.is_last(),
        }
    }
}

/// The part of a row that a stamp is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StampRecord {
    seq: i64,
    #[serde(rename = "gen")]
    generation: i64,
    created_at: mongodb::bson::DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<RoomRowRecord>,
}

impl Db {
    /// The newest row of a room as a majority has it; `None` for an empty log.
    async fn newest(&self, room: RoomId) -> Result<Option<Stamp>, Failure> {
        let rows = self.rows.clone_with_type::<StampRecord>();
        let query = rows.find_one(doc! {"room_id": id(room.uuid())});
        let query = query.sort(doc! {"seq": -1});
        let fields = doc! {"_id": 0, "seq": 1, "gen": 1, "created_at": 1, "room": 1};
        let query = query.projection(fields);
        let newest = self.call(query).await?;
        Ok(newest.map(|row| Stamp {
            seq: uint(row.seq),
            generation: uint(row.generation),
            created_at: time(row.created_at),
            closed: row.room == Some(RoomRowRecord::Deleted),
        }))
    }

    /// The end of a room's log, without applying anything.
    pub(crate) async fn head(&self, room: RoomId) -> Result<Head, Failure> {
        let newest = self.newest(room).await?;
        let newest = newest.unwrap_or_else(Stamp::before_the_first);
        Ok(Head {
            room,
            seq: newest.seq,
            generation: newest.generation,
        })
    }

    /// Reads the heads, and then applies all up to them: whoever reads bodies after that sees what
    /// the heads say.
    async fn heads(&self, rooms: &[RoomId]) -> Result<HashMap<RoomId, Head>, Failure> {
        let heads = stream::iter(rooms.to_vec()).map(|room| self.head(room));
        let heads: Vec<Head> = heads.buffer_unordered(HEADS_AT_ONCE).try_collect().await?;
        let ids: Vec<_> = rooms.iter().map(|room| id(room.uuid())).collect();
        self.apply_stored(&ids).await?;
        Ok(heads.into_iter().map(|head| (head.room, head)).collect())
    }

    /// A page of rows in which every change is applied.
    async fn rows_after(&self, room: Uuid, after: Seq, count: usize) -> Result<Vec<Row>, Failure> {
        self.apply_stored(&[room]).await?;
        loop {
            let filter = doc! {"room_id": room, "seq": {"$gt": int(after)}};
            let query = self.rows.find(filter).sort(doc! {"seq": 1});
            let rows: Vec<RowRecord> = self.all(query.limit(limit(count))).await?;
            if rows.iter().all(|row| row.unapplied.is_none()) {
                return self.shown(room, &rows).await;
            }
            self.apply_stored(&[room]).await?;
        }
    }
}

#[async_trait]
impl Log for MongoStore {
    async fn append(&self, room: RoomId, rows: Vec<NewRow>) -> Result<Vec<Appended>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + self.timings.append;
        let tail = self.tails.of(room);
        // The caller sees to it that one append per room is under way; if not, they wait here.
        let busy = |_| Error::unavailable("another append to this room is under way");
        let mut tail = timeout_at(deadline, tail.lock()).await.map_err(busy)?;
        let db = self.db.within(self.timings.attempt);
        let mut batch = Batch::new((&db, &*self.clock), room, &mut tail, rows);
        let in_time = timeout_at(deadline, Box::pin(batch.run())).await;
        batch.finish(in_time.ok())
    }

    async fn heads(&self, rooms: &[RoomId]) -> Result<Vec<Head>> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let heads = self.db.heads(rooms).await?;
        Ok(rooms.iter().map(|room| heads[room]).collect())
    }

    async fn since(&self, at: Timestamp, after: Option<RoomId>, limit: usize) -> Result<Vec<Head>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        Ok(self.db.since(at, after, limit).await?)
    }

    async fn rows(&self, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Row>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        Ok(self.db.rows_after(id(room.uuid()), after, limit).await?)
    }

    async fn drop_changes(
        &self,
        before: Timestamp,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Dropped> {
        if limit == 0 {
            return Ok(Dropped::default());
        }
        let dropped = self.db.drop_changes(before, after, limit).await;
        dropped.map_err(Failure::of_write)
    }
}
