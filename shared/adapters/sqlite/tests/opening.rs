//! Opening what is there, what is not, and what must not be opened.

mod common;

use std::{path::Path, sync::Arc};

use adapter_sqlite::{OpenError, SqliteStore};
use common::durable;
use domain::{
    Content, RoomId, UserId,
    ports::{About, Families, History, Members, Profiles, Rooms},
};
use testkit::{
    builders::{bare_channel, reaction, renamed},
    contract::steps::{channel, put, say, whole_log},
};
use uuid::Uuid;

fn refused(path: &Path) -> OpenError {
    match durable(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

/// Opens a store at `path` once, so that there is one.
async fn made(path: &Path) {
    durable(path).expect("a new store").close().await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let store = durable(&path).unwrap();
    let epoch = store.epoch().await.unwrap();
    let room = channel(&store).await;
    let row = say(&store, room, UserId::new(), "hello").await;
    store.close().await;
    drop(store);

    let store = durable(&path).unwrap();
    assert_eq!(store.epoch().await.unwrap(), epoch);
    assert_eq!(whole_log(&store, room).await, [row]);
    assert!(store.describe().contains("synchronous=FULL"));
}

#[tokio::test]
async fn two_stores_have_epochs_of_their_own() {
    let (one, two) = (common::fresh(), common::fresh());
    let (one, two) = (one.store.epoch().await, two.store.epoch().await);
    assert_ne!(one.unwrap(), two.unwrap());
}

#[tokio::test]
async fn dropping_a_store_ends_its_writer() {
    let fresh = common::fresh();
    fresh.store.create_room(bare_channel("a")).await.unwrap();
    let path = fresh.dir.path().join("hubbub.db");
    let store: SqliteStore = Arc::into_inner(fresh.store).unwrap();
    drop(store);
    // The last connection takes the WAL along.
    assert!(!path.with_file_name("hubbub.db-wal").exists());
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    made(&path).await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("run that version"), "{error}");
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.db");
    let conn = rusqlite::Connection::open(&other).unwrap();
    conn.execute_batch("CREATE TABLE photos (id)").unwrap();
    assert!(matches!(refused(&other), OpenError::Foreign { .. }));
    let text = dir.path().join("notes.txt");
    let notes = "remember the milk, ".repeat(100);
    std::fs::write(&text, &notes).unwrap();
    assert!(matches!(refused(&text), OpenError::Foreign { .. }));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), notes);
}

#[tokio::test]
async fn one_process_works_on_a_database_by_whatever_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let first = durable(&path).unwrap();
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        let error = refused(path);
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
        let holder = format!("by another hubbub (process {})", std::process::id());
        assert!(error.to_string().contains(&holder), "{error}");
    }
    first.close().await;
    made(&link).await;
}

#[tokio::test]
async fn no_other_user_reads_a_database() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let files = ["", "-wal", "-shm", ".lock"].map(|end| format!("{}{end}", path.display()));
    let modes = || {
        let mode = |file: &String| std::fs::metadata(file).unwrap().permissions().mode();
        files.each_ref().map(|file| mode(file) & 0o777)
    };
    let store = durable(&path).unwrap();
    channel(&store).await;
    assert_eq!(modes(), [0o600; 4], "made anew");
    store.close().await;
    drop(store);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
    let store = durable(&path).unwrap();
    channel(&store).await;
    assert_eq!(modes(), [0o600; 4], "made by an earlier version");
}

#[tokio::test]
async fn a_locked_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    made(&path).await;
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")
        .unwrap();
    conn.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("another process is using it"));
}

#[test]
fn a_missing_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = refused(&dir.path().join("nowhere").join("hubbub.db"));
    assert!(matches!(error, OpenError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_the_first_version_is_upgraded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../src/schema/001_first.sql"))
        .unwrap();
    conn.execute_batch(
        "INSERT INTO users VALUES (zeroblob(16), 'default', 'ann', NULL, NULL, NULL, 1, 0);
         PRAGMA application_id = 1213547074; PRAGMA user_version = 1",
    )
    .unwrap();
    drop(conn);
    let store = durable(&path).unwrap();
    assert!(store.has_admin().await.unwrap(), "who was there still is");
    let family = testkit::builders::family(UserId::new(), domain::Timestamp::UNIX_EPOCH);
    store.begin_family(family.clone()).await.unwrap();
    assert_eq!(store.family(family.id).await.unwrap(), Some(family));
    store.close().await;
    common::assert_sound(&path);
}

#[tokio::test]
async fn rooms_of_the_first_version_take_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../src/schema/001_first.sql"))
        .unwrap();
    conn.execute_batch(
        r#"INSERT INTO rooms VALUES (zeroblob(16), 'default', 'channel', 'old', zeroblob(16), 0, 1, '[]');
         INSERT INTO members VALUES (zeroblob(16), zeroblob(16), 'owner', 'active', 1, 1, 0, 0, 0, 0);
         INSERT INTO messages VALUES (zeroblob(16), 1, zeroblob(16), 0, 'message', zeroblob(16),
            zeroblob(16), zeroblob(16), 1, 0, zeroblob(32), NULL, 1, 0,
            '{"kind":"text","text":"hello"}', 5, NULL, NULL, NULL, NULL, NULL);
         PRAGMA application_id = 1213547074; PRAGMA user_version = 1"#,
    )
    .unwrap();
    drop(conn);
    let store = durable(&path).unwrap();
    let (room, ann) = (
        RoomId::from_uuid(Uuid::nil()),
        UserId::from_uuid(Uuid::nil()),
    );
    let said = whole_log(&store, room).await.remove(0);
    assert_eq!(
        said.message().unwrap().content(),
        Some(&Content::plain("hello"))
    );
    put(&store, room, reaction(ann, said.id, "+1", true)).await;
    put(&store, room, renamed(ann, "new", 2)).await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.rev, member.hidden), (1, 0));
    let shown = store.reactions(room, ann, &[said.id], 1).await.unwrap();
    assert_eq!(shown.len(), 1);
    store.close().await;
    common::assert_sound(&path);
}
