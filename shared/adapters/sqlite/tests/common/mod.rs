//! Stores on files in temporary directories.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::{path::Path, sync::Arc};

use adapter_sqlite::{Options, SqliteStore, Synchronous};
use testkit::clock::TestClock;

/// A fresh store that waits for no disk, the clock it goes by, and the directory it lives in.
pub(crate) struct Fresh {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) dir: tempfile::TempDir,
}

/// Makes a fresh store.
pub(crate) fn fresh() -> Fresh {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let clock = Arc::new(TestClock::new());
    let options = Options {
        synchronous: Synchronous::Off,
        ..Options::new(clock.clone())
    };
    let store = SqliteStore::open(dir.path().join("hubbub.db"), options);
    Fresh {
        store: Arc::new(store.expect("a new database can be made")),
        clock,
        dir,
    }
}

/// Opens the store at `path` as a server does: durable.
pub(crate) fn durable(path: &Path) -> Result<SqliteStore, adapter_sqlite::OpenError> {
    SqliteStore::open(path, Options::new(Arc::new(TestClock::new())))
}

/// SQLite's own check of a file that nobody has open.
pub(crate) fn assert_sound(path: &Path) {
    let conn = rusqlite::Connection::open(path).expect("the file is there");
    let verdict: String = conn
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("the file can be read");
    assert_eq!(verdict, "ok");
}
