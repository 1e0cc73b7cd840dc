//! What most cases do: make a room, append, read the whole log.

use std::time::Duration;

use domain::{
    Appended, NewRow, RoomChange, RoomId, Row, UserId,
    ports::{Log, Rooms},
};

use crate::builders;

/// How often a row whose outcome is unknown is appended again.
const REPEATS: usize = 10;

/// Makes a channel with an empty log and no first rows.
pub async fn channel<S: Rooms + ?Sized>(store: &S) -> RoomId {
    let room = builders::bare_channel(&format!("room {}", RoomId::new()));
    let room = store.create_room(room).await;
    room.expect("a room of a new name can be made").id
}

/// Appends rows, again while an outcome is unknown, as every writer must.
pub async fn append<S: Log + ?Sized>(store: &S, room: RoomId, rows: Vec<NewRow>) -> Vec<Appended> {
    for _ in 0..REPEATS {
        let answers = store.append(room, rows.clone()).await;
        let answers = answers.expect("the store is there");
        assert_eq!(answers.len(), rows.len(), "one answer per row");
        if !answers.contains(&Appended::Unknown) {
            return answers;
        }
    }
    panic!("the outcome stayed unknown");
}

/// Appends one row.
pub async fn one<S: Log + ?Sized>(store: &S, room: RoomId, row: NewRow) -> Appended {
    append(store, room, vec![row]).await.remove(0)
}

/// Appends one row that must be stored.
pub async fn put<S: Log + ?Sized>(store: &S, room: RoomId, row: NewRow) -> Row {
    builders::stored(&one(store, room, row).await).clone()
}

/// Says something.
pub async fn say<S: Log + ?Sized>(store: &S, room: RoomId, sender: UserId, said: &str) -> Row {
    put(store, room, builders::message(sender, said)).await
}

/// Reads a whole log of which nothing was dropped, page by page, and checks that it is dense from 1.
pub async fn whole_log<S: Log + ?Sized>(store: &S, room: RoomId) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let page = store.rows(room, rows.len() as u64, 200).await;
        let page = page.expect("the store is there");
        if page.is_empty() {
            break;
        }
        rows.extend(page);
        let numbered = (1..).zip(&rows).all(|(seq, row)| row.seq == seq);
        assert!(numbered, "a log is dense from 1");
    }
    rows
}

/// Deletes a room that has no revisions but its first, and clears up after it.
pub async fn clear<S: Log + Rooms + ?Sized>(store: &S, room: RoomId) {
    let deletion = builders::room_change(UserId::new(), RoomChange::Deleted, 2);
    let last = put(store, room, deletion).await;
    let after = last.created_at + Duration::from_millis(1);
    while store.clear_deleted_rooms(after, 100).await.unwrap_or(0) > 0 {}
}

/// The text that a row's message shows.
#[must_use]
pub fn shown(row: &Row) -> Option<&str> {
    row.message()?.content().map(domain::Content::as_text)
}
