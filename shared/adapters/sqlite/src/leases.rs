//! The leases.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Error, Result, Timestamp,
    ports::{Lease, Leases},
    to_millis,
};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    SqliteStore,
    columns::{blob, millis},
    writer::Lane,
};

#[async_trait]
impl Leases for SqliteStore {
    async fn acquire_lease(
        &self,
        name: &str,
        holder: Uuid,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        let (name, clock) = (name.to_owned(), Arc::clone(&self.clock));
        self.write(Lane::Command, move |conn| {
            let now = to_millis(clock.now());
            let until = to_millis(now.checked_add(ttl).map_err(Error::internal)?);
            let lease = Lease {
                name,
                holder,
                until,
            };
            Ok(take(conn, &lease, now)?.then_some(lease))
        })
        .await
    }

    async fn release_lease(&self, name: &str, holder: Uuid) -> Result<()> {
        let name = name.to_owned();
        self.write(Lane::Command, move |conn| {
            conn.prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")?
                .execute((name, blob(holder)))?;
            Ok(())
        })
        .await
    }
}

/// Writes a lease down unless another holder has it; says whether it did.
fn take(conn: &Connection, lease: &Lease, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE leases.holder = excluded.holder OR leases.until <= ?4";
    let params = (
        &lease.name,
        blob(lease.holder),
        millis(lease.until),
        millis(now),
    );
    Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
}
