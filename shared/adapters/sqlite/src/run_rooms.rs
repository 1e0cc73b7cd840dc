//! What runs found and did, room by room.

use async_trait::async_trait;
use domain::{Result, RoomId, RunId, archive::RoomCount, ports::RunRooms};
use rusqlite::OptionalExtension;

use crate::{
    SqliteStore,
    columns::{blob, int, json, limit},
    rooms::after_id,
    writer::Lane,
};

#[async_trait]
impl RunRooms for SqliteStore {
    async fn save_room_count(&self, run: RunId, fence: u64, count: &RoomCount) -> Result<bool> {
        let body = serde_json::to_string(count).map_err(domain::Error::internal)?;
        let room = blob(count.room.uuid());
        self.write(Lane::Background, move |conn| {
            let sql = "INSERT INTO run_rooms (run, room, body)
                SELECT id, ?2, ?3 FROM runs WHERE id = ?1 AND fence = ?4
                ON CONFLICT (run, room) DO UPDATE SET body = excluded.body";
            let params = (blob(run.uuid()), room, body, int(fence));
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
        })
        .await
    }

    async fn room_count(&self, run: RunId, room: RoomId) -> Result<Option<RoomCount>> {
        self.read(move |conn| {
            let sql = "SELECT body FROM run_rooms WHERE run = ?1 AND room = ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let params = (blob(run.uuid()), blob(room.uuid()));
            let count = statement.query_row(params, |row| json(row, 0));
            Ok(count.optional()?)
        })
        .await
    }

    async fn room_counts(
        &self,
        run: RunId,
        after: Option<RoomId>,
        size: usize,
    ) -> Result<Vec<RoomCount>> {
        self.read(move |conn| {
            let sql = "SELECT body FROM run_rooms
                WHERE run = ?1 AND room > ?2 ORDER BY room LIMIT ?3";
            let mut statement = conn.prepare_cached(sql)?;
            let params = (blob(run.uuid()), after_id(after), limit(size));
            let counts = statement.query_map(params, |row| json(row, 0))?;
            Ok(counts.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}
