//! What the archive on SQLite does beyond its contract.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Fresh, fresh};
use domain::{
    Cursor, RoomId, RunId, Timestamp, UserId,
    archive::{Due, Key},
    ports::{Bodies, Copied, History, Log, Rooms, Swung},
};
use testkit::builders::{bare_channel, message};

/// A room in which two things were said, and their keys.
async fn due(fresh: &Fresh) -> (RoomId, Vec<Key>) {
    let new = bare_channel("general");
    let (room, sender) = (new.id, UserId::new());
    fresh.store.create_room(new).await.unwrap();
    let rows = ["first", "second"].map(|text| message(sender, text));
    fresh.store.append(room, rows.into()).await.unwrap();
    let late: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let due = Due {
        room,
        cutoff: late,
        after: 0,
    };
    let keys = fresh.store.due(due, late, 10).await.unwrap();
    assert_eq!(keys.len(), 2);
    (room, keys)
}

fn open(fresh: &Fresh) -> rusqlite::Connection {
    rusqlite::Connection::open(fresh.dir.path().join("hubbub.db")).unwrap()
}

#[tokio::test]
async fn a_body_without_a_copy_is_never_taken_away() {
    let fresh = fresh();
    let (room, keys) = due(&fresh).await;
    let run = RunId::new();
    fresh.store.copy(room, run, &keys[..1]).await.unwrap();
    let swung = fresh.store.swing(room, run, &keys).await.unwrap();
    assert_eq!(swung, [Swung::Done, Swung::Lost]);
    let page = fresh.store.page(room, Cursor::Newest, 10).await.unwrap();
    assert!(page.messages.iter().all(|m| m.content().is_some()));
}

#[tokio::test]
async fn a_torn_copy_stops_the_mover_and_is_not_written_over() {
    let fresh = fresh();
    let (room, keys) = due(&fresh).await;
    let run = RunId::new();
    let copied = fresh.store.copy(room, run, &keys).await.unwrap();
    assert_eq!(copied, [Copied::Verified; 2]);
    let torn = r#"{"kind":"text","text":"fir"}"#;
    let tear = "UPDATE archived_messages SET content = ?1 WHERE id = ?2";
    let id = keys[0].id.uuid().into_bytes();
    assert_eq!(open(&fresh).execute(tear, (torn, id)).unwrap(), 1);

    assert!(fresh.store.copy(room, run, &keys).await.is_err());
    let read = open(&fresh).query_row(
        "SELECT content FROM archived_messages WHERE id = ?1",
        [id],
        |row| row.get::<_, String>(0),
    );
    assert_eq!(read.unwrap(), torn);
}
