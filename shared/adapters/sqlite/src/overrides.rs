//! What rooms have of their own.

use async_trait::async_trait;
use domain::{
    PolicyId, Result, RoomId, TenantId,
    archive::{RoomOverride, RoomRule},
    ports::Overrides,
};
use rusqlite::OptionalExtension;

use crate::{
    SqliteStore,
    columns::{blob, json, limit, uuid},
    rooms::after_id,
    writer::Lane,
};

#[async_trait]
impl Overrides for SqliteStore {
    async fn set_override(&self, own: RoomOverride) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            let sql = "INSERT INTO archive_overrides (room, tenant, policy, body)
                VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (room) DO UPDATE SET tenant = excluded.tenant,
                    policy = excluded.policy, body = excluded.body";
            let policy = match own.rule {
                RoomRule::Policy(policy) => Some(blob(policy.uuid())),
                RoomRule::Exempt | RoomRule::OlderThan(_) => None,
            };
            let body = serde_json::to_string(&own)?;
            let params = (blob(own.room.uuid()), own.tenant.as_str(), policy, body);
            conn.prepare_cached(sql)?.execute(params)?;
            Ok(())
        })
        .await
    }

    async fn lift_override(&self, room: RoomId) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            let sql = "DELETE FROM archive_overrides WHERE room = ?1";
            Ok(conn.prepare_cached(sql)?.execute([blob(room.uuid())])? == 1)
        })
        .await
    }

    async fn room_override(&self, room: RoomId) -> Result<Option<RoomOverride>> {
        self.read(move |conn| {
            let sql = "SELECT body FROM archive_overrides WHERE room = ?1";
            let mut statement = conn.prepare_cached(sql)?;
            let own = statement.query_row([blob(room.uuid())], |row| json(row, 0));
            Ok(own.optional()?)
        })
        .await
    }

    async fn overrides(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        size: usize,
    ) -> Result<Vec<RoomOverride>> {
        let tenant = tenant.clone();
        self.read(move |conn| {
            let sql = "SELECT body FROM archive_overrides
                WHERE tenant = ?1 AND room > ?2 ORDER BY room LIMIT ?3";
            let mut statement = conn.prepare_cached(sql)?;
            let params = (tenant.as_str(), after_id(after), limit(size));
            let own = statement.query_map(params, |row| json(row, 0))?;
            Ok(own.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn pinned_rooms(
        &self,
        policy: PolicyId,
        after: Option<RoomId>,
        size: usize,
    ) -> Result<Vec<RoomId>> {
        self.read(move |conn| {
            let sql = "SELECT room FROM archive_overrides
                WHERE policy = ?1 AND room > ?2 ORDER BY room LIMIT ?3";
            let mut statement = conn.prepare_cached(sql)?;
            let params = (blob(policy.uuid()), after_id(after), limit(size));
            let rooms = statement.query_map(params, |row| uuid(row, 0).map(RoomId::from_uuid))?;
            Ok(rooms.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}
