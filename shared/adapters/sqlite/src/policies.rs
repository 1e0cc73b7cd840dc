//! The policies.

use async_trait::async_trait;
use domain::{PolicyId, Result, Timestamp, archive::Policy, ports::Policies};
use rusqlite::Row;

use crate::{
    SqliteStore,
    columns::{blob, json, millis, time_opt},
    writer::Lane,
};

#[async_trait]
impl Policies for SqliteStore {
    async fn save_policy(&self, policy: Policy) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            let sql = "INSERT INTO policies (id, name, body, next_run_at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, body = excluded.body, next_run_at = excluded.next_run_at";
            let body = serde_json::to_string(&policy)?;
            let next = policy.next_run_at.map(millis);
            conn.prepare_cached(sql)?
                .execute((blob(policy.id.uuid()), policy.name, body, next))?;
            Ok(())
        })
        .await
    }

    async fn remove_policy(&self, id: PolicyId) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            conn.prepare_cached("DELETE FROM policies WHERE id = ?1")?
                .execute([blob(id.uuid())])?;
            Ok(())
        })
        .await
    }

    async fn policies(&self) -> Result<Vec<Policy>> {
        self.read(|conn| {
            let sql = "SELECT body, next_run_at FROM policies ORDER BY name";
            let mut statement = conn.prepare_cached(sql)?;
            let policies = statement.query_map([], read)?;
            Ok(policies.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn advance_policy(
        &self,
        id: PolicyId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE policies SET next_run_at = ?3 WHERE id = ?1 AND next_run_at IS ?2";
            let params = (blob(id.uuid()), from.map(millis), to.map(millis));
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
        })
        .await
    }
}

/// Reads a policy; the slot in its own column is the one that counts.
fn read(row: &Row<'_>) -> rusqlite::Result<Policy> {
    let policy: Policy = json(row, 0)?;
    Ok(Policy {
        next_run_at: time_opt(row, 1)?,
        ..policy
    })
}
