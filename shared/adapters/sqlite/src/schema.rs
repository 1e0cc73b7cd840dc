//! The schema: numbered migrations, and the check that a file is ours and not too new.

use std::path::Path;

use domain::transfer::Intake;
use rusqlite::{Connection, OptionalExtension, Result, TransactionBehavior};
use uuid::Uuid;

use crate::{
    columns,
    error::{Failure, OpenError},
};

/// Every migration, in order. The n-th brings the schema to version n. They never change once
/// released.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/001_first.sql"),
    include_str!("schema/002_accounts.sql"),
    include_str!("schema/003_live.sql"),
    include_str!("schema/004_changes.sql"),
    include_str!("schema/005_notifications.sql"),
    include_str!("schema/006_files.sql"),
    include_str!("schema/007_archive.sql"),
    include_str!("schema/008_reactions.sql"),
    include_str!("schema/009_old_changes.sql"),
    include_str!("schema/010_clearing.sql"),
    include_str!("schema/011_names.sql"),
    include_str!("schema/012_numbers.sql"),
    include_str!("schema/013_deleted_users.sql"),
    include_str!("schema/014_times.sql"),
];

/// "HUBB", by which SQLite's own tools and we know the file.
const APPLICATION: i32 = 0x4855_4242;

/// Refuses foreign files and newer schemas, before anything is written.
pub(crate) fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(path, error);
    let application: i32 = number(conn, "application_id").map_err(failed)?;
    let empty = is_empty(conn).map_err(failed)?;
    let ours = application == APPLICATION || (application == 0 && empty);
    if !ours {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    let found = version(conn).map_err(failed)?;
    let known = MIGRATIONS.len();
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: u32::try_from(known).unwrap_or(u32::MAX),
        });
    }
    Ok(())
}

/// Makes the file ready for this process, the only one that has it. Writes nothing where nothing
/// is to be done, so that a store on a full disk can still be opened and read.
pub(crate) fn migrate(conn: &mut Connection) -> Result<()> {
    run_missing(conn)?;
    forget_leases(conn);
    Ok(())
}

/// Forgets who had leases: they are gone, and nobody should wait until what they had runs out.
fn forget_leases(conn: &Connection) {
    if let Err(error) = conn.execute("DELETE FROM leases", []) {
        tracing::debug!(%error, "leases of processes that are gone have to run out");
    }
}

/// Runs the migrations that the file has not seen, in one transaction.
fn run_missing(conn: &mut Connection) -> Result<()> {
    if version(conn)? == MIGRATIONS.len() {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(version(&tx)?) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", columns::limit(MIGRATIONS.len()))?;
    ensure_epoch(&tx)?;
    tx.commit()
}

/// Gives the store its id, once.
fn ensure_epoch(conn: &Connection) -> Result<()> {
    let epoch = domain::NodeId::new().uuid();
    conn.execute(
        "INSERT INTO meta (name, value) VALUES ('epoch', ?1) ON CONFLICT (name) DO NOTHING",
        [epoch.to_string()],
    )?;
    Ok(())
}

/// Reads the store's id.
pub(crate) fn epoch(conn: &Connection) -> Result<Uuid> {
    conn.query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| {
        let text: String = row.get(0)?;
        Uuid::parse_str(&text)
            .map_err(|error| columns::unreadable(0, rusqlite::types::Type::Text, error))
    })
}

/// How far the store has taken another one in, if it has not come to the end of that.
pub(crate) fn intake(conn: &Connection) -> Result<Option<Intake>> {
    let sql = "SELECT value FROM meta WHERE name = 'intake'";
    let mut found = conn.prepare_cached(sql)?;
    found.query_row([], |row| columns::json(row, 0)).optional()
}

/// Notes how far it has.
pub(crate) fn note_intake(conn: &Connection, intake: &Intake) -> Result<(), Failure> {
    let sql = "INSERT INTO meta (name, value) VALUES ('intake', ?1)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let note = serde_json::to_string(intake)?;
    conn.prepare_cached(sql)?.execute([note])?;
    Ok(())
}

/// Takes that note away, and gives the store the epoch of the one that it took in.
pub(crate) fn end_intake(conn: &Connection, epoch: Uuid) -> Result<()> {
    let sql = "UPDATE meta SET value = ?1 WHERE name = 'epoch'";
    conn.execute(sql, [epoch.to_string()])?;
    conn.execute("DELETE FROM meta WHERE name = 'intake'", [])?;
    Ok(())
}

/// The version of the schema, and the newest that is known.
pub(crate) fn versions(conn: &Connection) -> Result<(usize, usize)> {
    Ok((version(conn)?, MIGRATIONS.len()))
}

fn version(conn: &Connection) -> Result<usize> {
    number(conn, "user_version").map(|version: u32| version as usize)
}

fn number<T: rusqlite::types::FromSql>(conn: &Connection, pragma: &str) -> Result<T> {
    conn.pragma_query_value(None, pragma, |row| row.get(0))
}

fn is_empty(conn: &Connection) -> Result<bool> {
    conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |r| {
        r.get(0)
    })
}
