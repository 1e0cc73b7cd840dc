//! Rooms in which something was stored lately.

use domain::{Head, RoomId, Timestamp};
use mongodb::bson::{Document, Uuid, doc};
use serde::{Deserialize, Serialize};

use crate::{
    db::Db,
    failure::Failure,
    values::{date, id, limit, uint, uuid},
};

/// The newest row of a room, of those that were looked at.
#[derive(Debug, Serialize, Deserialize)]
struct NewestRecord {
    #[serde(rename = "_id")]
    room: Uuid,
    seq: i64,
    #[serde(rename = "gen")]
    generation: i64,
}

impl Db {
    /// The heads of rooms with rows since a moment. Time and generation rise with seq, so the
    /// highest of each are the head's. The index holds all that is asked for.
    pub(super) async fn since(
        &self,
        at: Timestamp,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<Head>, Failure> {
        let pipeline = [
            doc! {"$match": lately(at, after)},
            doc! {"$group": {
                "_id": "$room_id",
                "seq": {"$max": "$seq"},
                "gen": {"$max": "$gen"},
            }},
            doc! {"$sort": {"_id": 1}},
            doc! {"$limit": limit(count)},
        ];
        let query = self.rows.aggregate(pipeline).with_type::<NewestRecord>();
        let newest = self.all(query).await?;
        let rooms: Vec<Uuid> = newest.iter().map(|newest| newest.room).collect();
        self.apply_stored(&rooms).await?;
        Ok(newest.into_iter().map(Head::from).collect())
    }
}

fn lately(at: Timestamp, after: Option<RoomId>) -> Document {
    let mut filter = doc! {"created_at": {"$gte": date(at)}};
    if let Some(after) = after {
        filter.insert("room_id", doc! {"$gt": id(after.uuid())});
    }
    filter
}

impl From<NewestRecord> for Head {
    fn from(newest: NewestRecord) -> Self {
        Self {
            room: RoomId::from_uuid(uuid(newest.room)),
            seq: uint(newest.seq),
            generation: uint(newest.generation),
        }
    }
}
