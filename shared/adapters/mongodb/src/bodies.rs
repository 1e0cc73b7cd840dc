//! The bodies of messages, moving between `messages` and `archived_messages` while keys stay.
//!
//! Every change of a key is a compare-and-set on (rev, place). A copy is made before a key points
//! to it, and is garbage only when it is below its key and not the one that it points to. What may
//! become garbage is noted before it can: a copy is `loose` from its making until a key was seen to
//! point to it, and a key that leaves a copy says so in `former`, with the same update. So nothing
//! is searched for, and nothing is forgotten wherever a process stops.

mod collect;
mod copy;
mod due;
mod swing;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    MessageId, Result, RoomId, RunId, Seq, Timestamp,
    archive::{Due, DueCount, Key},
    ports::{Bodies, Copied, Swung},
};
use mongodb::bson::Uuid;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::RowRecord,
    values::{date, id, int},
};

/// How many keys a step takes at once, whatever the caller hands over.
const SLICE: usize = 1_000;

/// The stored keys that still are what a mover knows of them.
struct Unmoved(HashMap<Uuid, RowRecord>);

impl Unmoved {
    /// Reads keys and keeps those at the (rev, place) that the mover names.
    async fn read(db: &Db, room: Uuid, keys: &[Key]) -> Result<Self, Failure> {
        let ids = keys.iter().map(|key| id(key.id.uuid()));
        let records = db.keys(room, ids).await?.into_iter();
        Ok(Self(records.map(|record| (record.id, record)).collect()))
    }

    fn get(&self, key: &Key) -> Option<&RowRecord> {
        let record = self.0.get(&id(key.id.uuid()))?;
        let same = (record.rev, record.place) == (int(key.rev), int(key.place));
        same.then_some(record)
    }

    /// The same, if its body is where it was said.
    fn hot(&self, key: &Key) -> Option<&RowRecord> {
        self.get(key).filter(|record| record.body.is_some())
    }
}

#[async_trait]
impl Bodies for MongoStore {
    async fn due(&self, due: Due, now: Timestamp, limit: usize) -> Result<Vec<Key>> {
        Ok(self.db.due(due, now, limit).await?)
    }

    async fn count_due(&self, due: Due, now: Timestamp) -> Result<DueCount> {
        Ok(self.db.count_due(due, now).await?)
    }

    async fn copy(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Copied>> {
        let (room, run, at) = (id(room.uuid()), id(run.uuid()), date(self.now()));
        let mut copied = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SLICE) {
            let slice = self.db.copy(room, (run, at), keys).await;
            copied.extend(slice.map_err(Failure::of_write)?);
        }
        Ok(copied)
    }

    async fn swing(&self, room: RoomId, run: RunId, keys: &[Key]) -> Result<Vec<Swung>> {
        let (room, run) = (id(room.uuid()), id(run.uuid()));
        let mut swung = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SLICE) {
            let slice = self.db.swing_away(room, run, keys).await;
            swung.extend(slice.map_err(Failure::of_write)?);
        }
        Ok(swung)
    }

    async fn archived(
        &self,
        room: RoomId,
        run: Option<RunId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Key>> {
        let (room, run) = (id(room.uuid()), run.map(|run| id(run.uuid())));
        Ok(self.db.archived((room, run), after, limit).await?)
    }

    async fn swing_back(&self, room: RoomId, keys: &[Key]) -> Result<Vec<Swung>> {
        let room = id(room.uuid());
        let mut swung = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SLICE) {
            let slice = self.db.swing_back(room, keys).await;
            swung.extend(slice.map_err(Failure::of_write)?);
        }
        Ok(swung)
    }

    async fn erase(&self, room: RoomId, message: MessageId) -> Result<bool> {
        let erased = self.db.erase(id(room.uuid()), id(message.uuid())).await;
        erased.map_err(Failure::of_write)
    }

    async fn collect(&self, limit: usize) -> Result<u64> {
        let collected = self.db.collect(limit).await;
        collected.map_err(Failure::of_write)
    }
}
