//! Token families.

use async_trait::async_trait;
use domain::{Family, FamilyId, Label, Result, TenantId, Timestamp, UserId, ports::Families};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    SqliteStore,
    columns::{blob, int, limit as rows, millis, time, time_opt, uint, uint_opt, uuid},
    writer::Lane,
};

pub(crate) const COLUMNS: &str = "id, user, tenant, label, nonce, generation, previous, created_at,
    last_used_at, expires_at, ended_at";

/// Reads the columns of a family.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Family> {
    Ok(Family {
        id: FamilyId::from_uuid(uuid(row, 0)?),
        user: UserId::from_uuid(uuid(row, 1)?),
        tenant: TenantId::new(row.get::<_, String>(2)?),
        label: Label::cut(row.get_ref(3)?.as_str()?),
        nonce: row.get(4)?,
        generation: uint(row, 5)?,
        previous: uint_opt(row, 6)?,
        created_at: time(row, 7)?,
        last_used_at: time(row, 8)?,
        expires_at: time(row, 9)?,
        ended_at: time_opt(row, 10)?,
    })
}

/// Stores a family, unless there is one of its id.
pub(crate) fn insert(conn: &Connection, family: &Family) -> rusqlite::Result<()> {
    let sql = "INSERT INTO families
        (id, user, tenant, label, nonce, generation, previous, created_at, last_used_at,
         expires_at, ended_at)
        VALUES (:id, :user, :tenant, :label, :nonce, :generation, :previous, :created_at,
         :last_used_at, :expires_at, :ended_at)
        ON CONFLICT (id) DO NOTHING";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(family.id.uuid()),
        ":user": blob(family.user.uuid()),
        ":tenant": family.tenant.as_str(),
        ":label": family.label.as_str(),
        ":nonce": family.nonce,
        ":generation": int(family.generation),
        ":previous": family.previous.map(int),
        ":created_at": millis(family.created_at),
        ":last_used_at": millis(family.last_used_at),
        ":expires_at": millis(family.expires_at),
        ":ended_at": family.ended_at.map(millis),
    })?;
    Ok(())
}

#[async_trait]
impl Families for SqliteStore {
    async fn begin_family(&self, family: Family) -> Result<()> {
        self.write(Lane::Command, move |conn| Ok(insert(conn, &family)?))
            .await
    }

    async fn family(&self, id: FamilyId) -> Result<Option<Family>> {
        self.read(move |conn| {
            let sql = format!("SELECT {COLUMNS} FROM families WHERE id = ?1");
            let mut found = conn.prepare_cached(&sql)?;
            Ok(found.query_row([blob(id.uuid())], read).optional()?)
        })
        .await
    }

    async fn unended_families(&self, ids: &[FamilyId]) -> Result<Vec<FamilyId>> {
        let ids = ids.to_vec();
        self.read(move |conn| {
            let sql = "SELECT 1 FROM families WHERE id = ?1 AND ended_at IS NULL";
            let mut unended = conn.prepare_cached(sql)?;
            let mut found = Vec::new();
            for id in ids {
                if unended.exists([blob(id.uuid())])? {
                    found.push(id);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn families_of(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Family>> {
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM families
                 WHERE user = ?1 AND ended_at IS NULL AND expires_at > ?2
                 ORDER BY last_used_at DESC, id DESC LIMIT ?3"
            );
            let params = (blob(user.uuid()), millis(now), rows(limit));
            let mut found = conn.prepare_cached(&sql)?;
            let found = found.query_map(params, read)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn renew_family(&self, was: u64, next: Family) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE families
                SET generation = :generation, previous = :previous, last_used_at = :last_used_at,
                    expires_at = :expires_at
                WHERE id = :id AND generation = :was AND ended_at IS NULL";
            let renewed = conn.prepare_cached(sql)?.execute(named_params! {
                ":id": blob(next.id.uuid()),
                ":was": int(was),
                ":generation": int(next.generation),
                ":previous": next.previous.map(int),
                ":last_used_at": millis(next.last_used_at),
                ":expires_at": millis(next.expires_at),
            })?;
            Ok(renewed == 1)
        })
        .await
    }

    async fn end_family(&self, id: FamilyId, at: Timestamp) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE families SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
            conn.prepare_cached(sql)?
                .execute((blob(id.uuid()), millis(at)))?;
            Ok(())
        })
        .await
    }

    async fn end_families(
        &self,
        user: UserId,
        but: Option<FamilyId>,
        at: Timestamp,
    ) -> Result<Vec<FamilyId>> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE families SET ended_at = ?3
                WHERE user = ?1 AND ended_at IS NULL AND id IS NOT ?2 RETURNING id";
            let but = but.map(|id| blob(id.uuid()));
            let params = (blob(user.uuid()), but, millis(at));
            let mut ended = conn.prepare_cached(sql)?;
            let ended = ended.query_map(params, |row| uuid(row, 0).map(FamilyId::from_uuid))?;
            Ok(ended.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn forget_families(&self, at: Timestamp) -> Result<u64> {
        self.write(Lane::Background, move |conn| {
            let sql = "DELETE FROM families WHERE expires_at < ?1 OR ended_at < ?1";
            let forgotten = conn.prepare_cached(sql)?.execute([millis(at)])?;
            Ok(forgotten as u64)
        })
        .await
    }
}
