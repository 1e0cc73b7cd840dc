//! The policies.

use async_trait::async_trait;
use domain::{Code, PolicyId, Result, Rev, Timestamp, archive::Policy, ports::Policies};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    SqliteStore,
    columns::{blob, int, json, millis, time_opt, uint},
    error::{Failure, is_duplicate},
    writer::Lane,
};

#[async_trait]
impl Policies for SqliteStore {
    async fn save_policy(&self, policy: Policy, from: Option<Rev>) -> Result<bool> {
        self.write(Lane::Command, move |conn| save(conn, &policy, from))
            .await
    }

    async fn remove_policy(&self, id: PolicyId, from: Rev) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            let sql = "DELETE FROM policies WHERE id = ?1 AND rev = ?2";
            let params = (blob(id.uuid()), int(from));
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
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

/// Stores a policy, if what is there of its id has the revision `from`; says whether it did.
pub(crate) fn save(conn: &Connection, policy: &Policy, from: Option<Rev>) -> Result<bool, Failure> {
    if stored_rev(conn, policy.id)? != from {
        return Ok(false);
    }
    let sql = "INSERT INTO policies (id, name, body, rev, next_run_at)
        VALUES (:id, :name, :body, :rev, :next)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body,
            rev = excluded.rev, next_run_at = excluded.next_run_at";
    let saved = conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(policy.id.uuid()),
        ":name": policy.name,
        ":body": serde_json::to_string(policy)?,
        ":rev": int(policy.rev),
        ":next": policy.next_run_at.map(millis),
    });
    match saved {
        Ok(_) => Ok(true),
        // What is stored under the id was looked up before, so it is the name.
        Err(error) if is_duplicate(&error) => Err(Code::PolicyExists.into()),
        Err(error) => Err(error.into()),
    }
}

fn stored_rev(conn: &Connection, id: PolicyId) -> rusqlite::Result<Option<Rev>> {
    conn.prepare_cached("SELECT rev FROM policies WHERE id = ?1")?
        .query_row([blob(id.uuid())], |row| uint(row, 0))
        .optional()
}

/// Reads a policy; the slot in its own column is the one that counts.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Policy> {
    let policy: Policy = json(row, 0)?;
    Ok(Policy {
        next_run_at: time_opt(row, 1)?,
        ..policy
    })
}
