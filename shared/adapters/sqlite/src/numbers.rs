//! Whole numbers for things.

use async_trait::async_trait;
use domain::{Error, Numbered, Numbering, Result, TenantId, ports::Numbers, transfer::KeptNumber};
use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use uuid::Uuid;

use crate::{
    SqliteStore,
    columns::{blob, int, uint, unreadable, uuid},
    error::Failure,
    writer::Lane,
};

/// How many are given in one go, so that nobody waits long behind them.
const AT_ONCE: usize = 100;

pub(crate) const COLUMNS: &str = "id, tenant, kind, number";

/// Reads the columns of a number.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<KeptNumber> {
    let kind: String = row.get(2)?;
    let unknown = || unreadable(2, Type::Text, std::io::Error::other("things of no kind"));
    Ok(KeptNumber {
        thing: Numbered {
            kind: Numbering::stored(&kind).ok_or_else(unknown)?,
            id: uuid(row, 0)?,
        },
        tenant: TenantId::new(row.get::<_, String>(1)?),
        number: uint(row, 3)?,
    })
}

/// Stores a number, unless the thing has one.
pub(crate) fn insert(conn: &Connection, kept: &KeptNumber) -> rusqlite::Result<()> {
    let sql = "INSERT INTO numbers (id, tenant, kind, number) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO NOTHING";
    conn.prepare_cached(sql)?.execute((
        blob(kept.thing.id),
        kept.tenant.as_str(),
        kept.thing.kind.as_str(),
        int(kept.number),
    ))?;
    Ok(())
}

fn find(conn: &Connection, thing: Numbered) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached("SELECT number FROM numbers WHERE id = ?1")?
        .query_row([blob(thing.id)], |row| uint(row, 0))
        .optional()
}

/// The number of a thing. There is one writer, so that what is free here is free until the insert.
fn give(conn: &Connection, tenant: &TenantId, thing: Numbered) -> Result<u64, Failure> {
    if let Some(number) = find(conn, thing)? {
        return Ok(number);
    }
    let sql = "SELECT coalesce(max(number), 0) + 1 FROM numbers WHERE tenant = ?1 AND kind = ?2";
    let number = conn
        .prepare_cached(sql)?
        .query_row((tenant.as_str(), thing.kind.as_str()), |row| uint(row, 0))?;
    if number > thing.kind.last() {
        return Err(Error::storage_full("there is no number left").into());
    }
    let tenant = tenant.clone();
    insert(
        conn,
        &KeptNumber {
            thing,
            tenant,
            number,
        },
    )?;
    Ok(number)
}

#[async_trait]
impl Numbers for SqliteStore {
    async fn numbers(&self, tenant: &TenantId, things: &[Numbered]) -> Result<Vec<u64>> {
        let wanted = things.to_vec();
        let known: Vec<Option<u64>> = self
            .read(move |conn| {
                let known = wanted.into_iter().map(|thing| find(conn, thing));
                Ok(known.collect::<rusqlite::Result<_>>()?)
            })
            .await?;
        if let Some(numbers) = known.into_iter().collect() {
            return Ok(numbers);
        }
        let mut numbers = Vec::with_capacity(things.len());
        for things in things.chunks(AT_ONCE) {
            let (tenant, things) = (tenant.clone(), things.to_vec());
            let given = self.write(Lane::Command, move |conn| {
                let given = things.iter().map(|thing| give(conn, &tenant, *thing));
                given.collect::<Result<Vec<u64>, Failure>>()
            });
            numbers.extend(given.await?);
        }
        Ok(numbers)
    }

    async fn numbered(
        &self,
        tenant: &TenantId,
        kind: Numbering,
        number: u64,
    ) -> Result<Option<Uuid>> {
        let tenant = tenant.clone();
        self.read(move |conn| {
            let sql = "SELECT id FROM numbers WHERE tenant = ?1 AND kind = ?2 AND number = ?3";
            let params = (tenant.as_str(), kind.as_str(), int(number));
            let found = conn
                .prepare_cached(sql)?
                .query_row(params, |row| uuid(row, 0));
            Ok(found.optional()?)
        })
        .await
    }
}
