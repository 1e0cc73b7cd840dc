//! What must not be touched.

use async_trait::async_trait;
use domain::{HoldId, Result, RoomId, Timestamp, archive::Hold, ports::Holds};
use mongodb::bson::{Bson, Document, Uuid, doc};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{HoldRecord, KeyRecord},
    values::{date, id},
};

/// How many keys are raised at once.
const BATCH: i64 = 1_000;

impl Db {
    /// The holds of a room that have not run out at `now`, by their first row.
    pub(crate) async fn holds_at(
        &self,
        room: Uuid,
        now: Timestamp,
    ) -> Result<Vec<HoldRecord>, Failure> {
        let lasting = [
            doc! {"until": Bson::Null},
            doc! {"until": {"$gt": date(now)}},
        ];
        let filter = doc! {"room_id": room, "$or": lasting.to_vec()};
        self.all(self.holds.find(filter).sort(doc! {"from_seq": 1}))
            .await
    }

    /// Stores the hold, and then raises the place of every hot body that it covers: a mover that
    /// listed one before it could see the hold finds it moved on.
    async fn place(&self, room: Uuid, hold: &HoldRecord) -> Result<(), Failure> {
        match self.call(self.holds.insert_one(hold)).await {
            Err(failure) if !failure.is_duplicate() => Err(failure),
            // An earlier call may have stopped before it had raised all.
            _ => self.raise_places(room, hold).await,
        }
    }

    async fn raise_places(&self, room: Uuid, hold: &HoldRecord) -> Result<(), Failure> {
        let mut from = hold.from_seq;
        loop {
            let covered = hot(room, from, hold.through_seq);
            let keys = self.rows.clone_with_type::<KeyRecord>();
            let query = keys.find(covered).sort(doc! {"seq": 1}).limit(BATCH);
            let fields = doc! {"seq": 1, "rev": 1, "place": 1, "body_bytes": 1};
            let keys = self.all(query.projection(fields)).await?;
            let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
                return Ok(());
            };
            let raise = doc! {"$inc": {"place": 1}};
            let batch = hot(room, first.seq, last.seq);
            self.call(self.rows.update_many(batch, raise)).await?;
            from = last.seq.saturating_add(1);
        }
    }
}

/// Messages of a range that have their body.
fn hot(room: Uuid, from: i64, through: i64) -> Document {
    doc! {"room_id": room, "seq": {"$gte": from, "$lte": through}, "body": {"$exists": true}}
}

#[async_trait]
impl Holds for MongoStore {
    async fn place_hold(&self, hold: Hold) -> Result<()> {
        let placed = self.db.place(id(hold.room.uuid()), &(&hold).into()).await;
        placed.map_err(Failure::of_write)
    }

    async fn release_hold(&self, hold: HoldId) -> Result<()> {
        let hold = doc! {"_id": id(hold.uuid())};
        let released = self.db.call(self.db.holds.delete_one(hold)).await;
        released.map_err(Failure::of_write)?;
        Ok(())
    }

    async fn holds(&self, room: RoomId, now: Timestamp) -> Result<Vec<Hold>> {
        let holds = self.db.holds_at(id(room.uuid()), now).await?;
        Ok(holds.into_iter().map(Hold::from).collect())
    }
}
