//! Looking a database over without touching it, also beside the process that works on it.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use domain::Timestamp;
use rusqlite::{Connection, ErrorCode};

use crate::{columns, connect, error::OpenError, files, schema};

/// How long reading a database through may take; a larger one is not read to its end.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many steps of SQLite pass between two looks at the clock.
const STEPS: i32 = 10_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// The version of its schema, and the newest that this build knows.
    pub schema: (usize, usize),
    /// Whether it is sound.
    pub soundness: Soundness,
    /// How large the database is, in bytes.
    pub bytes: u64,
    /// How large the log of writes beside it is, in bytes.
    pub wal_bytes: u64,
    /// When the newest row of any room was written.
    pub newest: Option<Timestamp>,
}

/// Whether a database is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    /// Every page and every index was read.
    Sound,
    /// It is too large to be read through here.
    Unread,
    /// It is damaged; what SQLite says of it first.
    Damaged(String),
}

/// Opens the database for reading and looks it over. Blocks for up to a minute.
///
/// # Errors
/// When it cannot be opened, is foreign or too new; the text says what to do.
pub fn look(path: &Path) -> Result<Checkup, OpenError> {
    let mut conn = connect::reader(path)?;
    schema::check(&conn, path)?;
    let failed = |error| OpenError::of(path, error);
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    Ok(Checkup {
        schema: schema::versions(&conn).map_err(failed)?,
        bytes: size(path),
        wal_bytes: size(&files::beside(path, "-wal")),
        newest: newest(&conn).map_err(failed)?,
        soundness: soundness(&mut conn).map_err(failed)?,
    })
}

fn soundness(conn: &mut Connection) -> rusqlite::Result<Soundness> {
    let until = Instant::now() + PATIENCE;
    conn.progress_handler(STEPS, Some(move || Instant::now() > until))?;
    let said = conn.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    match said {
        Ok(said) if said == "ok" => Ok(Soundness::Sound),
        Ok(said) => Ok(Soundness::Damaged(said)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Ok(Soundness::Unread)
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Ok(Soundness::Damaged(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn newest(conn: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let newest = "SELECT created_at FROM messages ORDER BY id DESC LIMIT 1";
    // Ids rise with time.
    conn.prepare(newest)?
        .query_map([], |row| columns::time(row, 0))?
        .next()
        .transpose()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use testkit::clock::TestClock;

    use super::*;
    use crate::{Options, SqliteStore};

    #[test]
    fn a_database_is_looked_over_beside_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        assert!(
            matches!(look(&path), Err(OpenError::ReadOnly { .. })),
            "nothing is made"
        );
        let _owner = SqliteStore::open(&path, Options::new(Arc::new(TestClock::new()))).unwrap();
        let checkup = look(&path).unwrap();
        assert_eq!(checkup.soundness, Soundness::Sound);
        assert_eq!(checkup.schema.0, checkup.schema.1);
        assert_eq!(checkup.newest, None);
        assert!(checkup.bytes > 0);
    }

    #[test]
    fn damage_is_found_and_foreign_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        drop(SqliteStore::open(&path, Options::new(Arc::new(TestClock::new()))).unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xAA);
        fs::write(&path, bytes).unwrap();
        match look(&path) {
            Ok(checkup) => assert!(matches!(checkup.soundness, Soundness::Damaged(_))),
            Err(error) => assert!(error.to_string().contains("test.db"), "{error}"),
        }
        fs::write(&path, "no database at all, but a text that is long enough").unwrap();
        assert!(look(&path).is_err());
    }
}
