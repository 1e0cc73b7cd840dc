//! Old changes, which are dropped.
//!
//! What may go is read as a majority has it, and then removed by id. Between the two, and however
//! late the removal comes, nothing can make a row needed again: a mark is never set anew, and what
//! has a row after it is never the newest again. So nodes may do it side by side.

use std::collections::{HashMap, HashSet};

use domain::{RoomId, Seq, Timestamp, notification::Position, ports::Dropped};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{DateTime, Document, Uuid, doc};
use serde::{Deserialize, Serialize};

use super::HEADS_AT_ONCE;
use crate::{
    db::Db,
    failure::Failure,
    values::{beyond, date, limit, time, uint, uuid},
};

/// The part of a row that says whether it may go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OldRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    room_id: Uuid,
    seq: i64,
    changed_at: DateTime,
    #[serde(default)]
    mark: Option<DateTime>,
    #[serde(default)]
    unapplied: Option<bool>,
}

impl OldRecord {
    fn room(&self) -> RoomId {
        RoomId::from_uuid(uuid(self.room_id))
    }

    fn position(&self) -> Position {
        Position {
            at: time(self.changed_at),
            room: self.room(),
            seq: uint(self.seq),
        }
    }

    fn is_settled(&self) -> bool {
        self.mark.is_none() && self.unapplied.is_none()
    }
}

impl Db {
    pub(super) async fn drop_changes(
        &self,
        before: Timestamp,
        after: Option<Position>,
        count: usize,
    ) -> Result<Dropped, Failure> {
        let old = self.old_changes(before, after, count).await?;
        let last = old.last().filter(|_| old.len() == count);
        let next = last.map(OldRecord::position);
        let settled = old.iter().filter(|row| row.is_settled());
        let settled: Vec<_> = settled.collect();
        let newest = self.newest_of(&settled).await?;
        let going = settled.iter().filter(|row| {
            let newest = newest.get(&row.room());
            newest.is_some_and(|newest| uint(row.seq) < *newest)
        });
        let going: Vec<_> = going.map(|row| row.id).collect();
        let rows = self.remove_rows(going).await?;
        Ok(Dropped { rows, next })
    }

    async fn old_changes(
        &self,
        before: Timestamp,
        after: Option<Position>,
        count: usize,
    ) -> Result<Vec<OldRecord>, Failure> {
        let mut age = doc! {"$lt": date(before)};
        let mut filter = Document::new();
        if let Some(after) = after {
            // Said twice, since no index is narrowed by an alternative.
            age.insert("$gte", date(after.at));
            filter = beyond("changed_at", after);
        }
        filter.insert("changed_at", age);
        let rows = self.rows.clone_with_type::<OldRecord>();
        let query = rows.find(filter).limit(limit(count));
        let query = query.sort(doc! {"changed_at": 1, "room_id": 1, "seq": 1});
        let fields = doc! {"room_id": 1, "seq": 1, "changed_at": 1, "mark": 1, "unapplied": 1};
        self.all(query.projection(fields)).await
    }

    /// The newest row of each room of these.
    async fn newest_of(&self, rows: &[&OldRecord]) -> Result<HashMap<RoomId, Seq>, Failure> {
        let rooms: HashSet<RoomId> = rows.iter().map(|row| row.room()).collect();
        let heads = stream::iter(rooms).map(|room| self.head(room));
        let heads = heads.buffer_unordered(HEADS_AT_ONCE);
        let newest = heads.map_ok(|head| (head.room, head.seq));
        newest.try_collect().await
    }

    async fn remove_rows(&self, ids: Vec<Uuid>) -> Result<u64, Failure> {
        if ids.is_empty() {
            return Ok(0);
        }
        let remove = self.rows.delete_many(doc! {"_id": {"$in": ids}});
        Ok(self.call(remove).await?.deleted_count)
    }
}
