//! Marks: rows that were stored and not published yet.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{Envelope, Result, RoomId, RowId, TenantId, Timestamp, ports::Outbox};
use mongodb::bson::{DateTime, Uuid, doc};
use serde::{Deserialize, Serialize};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    values::{date, id, limit, time, uint, uuid},
};

/// How many marks one call clears.
const CHUNK: usize = 1_000;

/// The part of a room that an envelope names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct TenantRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    tenant: String,
}

/// The part of a marked row that its envelope names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MarkedRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    room_id: Uuid,
    seq: i64,
    created_at: DateTime,
}

/// The part of a row that says whether it is applied.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AppliedRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    #[serde(default)]
    unapplied: bool,
}

impl Db {
    async fn tenants(&self, rows: &[MarkedRecord]) -> Result<HashMap<Uuid, String>, Failure> {
        let mut ids: Vec<_> = rows.iter().map(|row| row.room_id).collect();
        ids.sort_unstable_by_key(|id| id.bytes());
        ids.dedup();
        let rooms = self.rooms.clone_with_type::<TenantRecord>();
        let query = rooms.find(doc! {"_id": {"$in": ids}});
        let found = self.all(query.projection(doc! {"tenant": 1})).await?;
        Ok(found
            .into_iter()
            .map(|room| (room.id, room.tenant))
            .collect())
    }

    /// Clears marks. A change that nobody has applied yet is applied first: with the mark, the
    /// last trace of what is to be done with a row goes.
    ///
    /// Rows are asked for by their ids alone: to some servers of the protocol any further condition
    /// is a reason to look at every row there is.
    async fn clear(&self, rows: &[RowId]) -> Result<(), Failure> {
        let ids: Vec<_> = rows.iter().map(|row| id(row.uuid())).collect();
        let named = doc! {"_id": {"$in": &ids}};
        let applied = self.rows.clone_with_type::<AppliedRecord>();
        let query = applied.find(named.clone());
        let looked = self.all(query.projection(doc! {"unapplied": 1})).await?;
        for row in looked.iter().filter(|row| row.unapplied) {
            let row = self.call(self.rows.find_one(doc! {"_id": row.id})).await?;
            if let Some(row) = row {
                self.apply(&row).await?;
            }
        }
        let clear = doc! {"$unset": {"mark": ""}};
        self.call(self.rows.update_many(named, clear)).await?;
        Ok(())
    }
}

fn envelope(row: &MarkedRecord, tenants: &HashMap<Uuid, String>) -> Option<Envelope> {
    Some(Envelope::row(
        TenantId::new(tenants.get(&row.room_id)?),
        RoomId::from_uuid(uuid(row.room_id)),
        RowId::from_uuid(uuid(row.id)),
        uint(row.seq),
        time(row.created_at),
    ))
}

#[async_trait]
impl Outbox for MongoStore {
    async fn marked(&self, before: Timestamp, count: usize) -> Result<Vec<Envelope>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let rows = self.db.rows.clone_with_type::<MarkedRecord>();
        let query = rows.find(doc! {"mark": {"$lt": date(before)}});
        let order = doc! {"mark": 1, "room_id": 1, "seq": 1};
        let query = query.sort(order).limit(limit(count));
        let named = doc! {"room_id": 1, "seq": 1, "created_at": 1};
        let rows = self.db.all(query.projection(named)).await?;
        let tenants = self.db.tenants(&rows).await?;
        let envelopes = rows.iter().filter_map(|row| envelope(row, &tenants));
        Ok(envelopes.collect())
    }

    async fn clear_marks(&self, rows: &[RowId]) -> Result<()> {
        for chunk in rows.chunks(CHUNK) {
            let cleared = self.db.clear(chunk).await;
            cleared.map_err(Failure::of_write)?;
        }
        Ok(())
    }
}
