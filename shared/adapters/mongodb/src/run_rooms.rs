//! What runs found and did, room by room.
//!
//! The run's fence is in another document. It is looked at first, and each outcome carries the
//! fence of its writer, which only rises: whoever was relieved and looked just before can write
//! where nobody has written since, which is what they did, and never over what the heir wrote.

use async_trait::async_trait;
use domain::{Result, RoomId, RunId, archive::RoomCount, ports::RunRooms};
use mongodb::bson::doc;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::RunRoomRecord,
    values::{id, limit, pair},
};

impl Db {
    /// Writes an outcome unless an heir has written one; says whether it did.
    async fn put_outcome(&self, outcome: &RunRoomRecord) -> Result<bool, Failure> {
        let older = doc! {"_id": &outcome.id, "fence": {"$lte": outcome.fence}};
        let replaced = || self.run_rooms.replace_one(older.clone(), outcome);
        // What another call of this worker has written in between is found the second time.
        for _ in 0..2 {
            if self.repeat(replaced).await?.matched_count == 1 {
                return Ok(true);
            }
            match self.repeat(|| self.run_rooms.insert_one(outcome)).await {
                Err(failure) if failure.is_duplicate() => {}
                put => return put.map(|_| true),
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl RunRooms for MongoStore {
    async fn save_room_count(&self, run: RunId, fence: u64, count: &RoomCount) -> Result<bool> {
        if !self.db.has_fence(run, fence).await? {
            return Ok(false);
        }
        let outcome = RunRoomRecord::new(run, fence, count);
        let put = self.db.put_outcome(&outcome).await;
        let put = put.map_err(Failure::of_write)?;
        // Who was relieved in between is told so.
        let still = self.db.has_fence(run, fence).await;
        Ok(put && still.map_err(Failure::of_write)?)
    }

    async fn room_count(&self, run: RunId, room: RoomId) -> Result<Option<RoomCount>> {
        let outcome = doc! {"_id": pair(run.uuid(), room.uuid())};
        let found = self.db.call(self.db.run_rooms.find_one(outcome)).await?;
        Ok(found.map(RoomCount::from))
    }

    async fn room_counts(
        &self,
        run: RunId,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<RoomCount>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut wanted = doc! {"run_id": id(run.uuid())};
        if let Some(after) = after {
            wanted.insert("room_id", doc! {"$gt": id(after.uuid())});
        }
        let query = self.db.run_rooms.find(wanted).sort(doc! {"room_id": 1});
        let found = self.db.all(query.limit(limit(count))).await?;
        Ok(found.into_iter().map(RoomCount::from).collect())
    }
}
