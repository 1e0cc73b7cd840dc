//! Marks of rows that were not published yet.

use std::time::Duration;

use domain::{RowId, Timestamp, UserId, ports::Outbox};

use super::OutboxWorld;
use crate::{
    builders::{archive, edit, join, message},
    contract::steps::{append, channel, put, say, whole_log},
};

/// Later than every row of a test.
fn later() -> Timestamp {
    Timestamp::MAX
}

async fn marked<S: Outbox + ?Sized>(store: &S, before: Timestamp) -> Vec<RowId> {
    let marked = store.marked(before, 1_000).await.unwrap();
    marked.iter().map(|envelope| envelope.id).collect()
}

/// Rows of every kind, with all that an envelope says of them.
pub async fn every_stored_row_is_marked(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = message(ann, "hello");
    let edited = edit(ann, said.id, "hello!", None);
    append(store, room, vec![join(ann, 1), said, edited, archive(1)]).await;
    let marked = store.marked(later(), 1_000).await.unwrap();
    let log = whole_log(store, room).await;
    assert_eq!(marked.len(), log.len());
    for (envelope, row) in marked.iter().zip(&log) {
        assert_eq!((envelope.id, envelope.seq), (row.id, row.seq));
        assert_eq!((envelope.room, envelope.at), (room, row.created_at));
        assert_eq!(envelope.tenant, domain::TenantId::default());
    }
}

/// What was published is not listed again; the row stays.
pub async fn a_cleared_mark_is_gone(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let a = say(store, room, ann, "a").await;
    let b = say(store, room, ann, "b").await;
    store.clear_marks(&[a.id]).await.unwrap();
    assert_eq!(marked(world.second(), later()).await, [b.id]);
    assert_eq!(whole_log(store, room).await, [a, b]);
}

/// Two relays that published the same row; a row that nobody knows; none; very many.
pub async fn clearing_again_changes_nothing(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let rows: Vec<_> = (0..300).map(|n| message(ann, &n.to_string())).collect();
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    append(store, room, rows).await;
    ids.push(RowId::new());
    store.clear_marks(&[]).await.unwrap();
    store.clear_marks(&ids).await.unwrap();
    store.clear_marks(&ids).await.unwrap();
    assert!(marked(store, later()).await.is_empty());
}

/// The node that appended has its time to publish before others take over.
pub async fn only_rows_from_before_are_listed(world: &OutboxWorld) {
    let Some(clock) = world.clock_or_skip("only_rows_from_before_are_listed") else {
        return;
    };
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let a = say(store, room, ann, "a").await;
    clock.advance(Duration::from_secs(5));
    let b = say(store, room, ann, "b").await;
    assert_eq!(marked(store, a.created_at).await, []);
    assert_eq!(marked(store, b.created_at).await, [a.id]);
}

/// Oldest first over all rooms.
pub async fn the_oldest_come_first_up_to_the_limit(world: &OutboxWorld) {
    let Some(clock) = world.clock_or_skip("the_oldest_come_first_up_to_the_limit") else {
        return;
    };
    let store = world.first();
    let rooms = [channel(store).await, channel(store).await];
    let mut ids = Vec::new();
    for n in 0..6 {
        clock.advance(Duration::from_millis(1));
        ids.push(say(store, rooms[n % 2], UserId::new(), "hello").await.id);
    }
    let first = store.marked(later(), 4).await.unwrap();
    let first: Vec<_> = first.iter().map(|envelope| envelope.id).collect();
    assert_eq!(first, ids[..4]);
}

/// A mark tells when a row was stored, and not what its room's time had come to.
pub async fn rows_are_listed_when_the_clock_goes_back(world: &OutboxWorld) {
    let Some(clock) = world.clock_or_skip("rows_are_listed_when_the_clock_goes_back") else {
        return;
    };
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let noon = say(store, room, ann, "noon").await;
    store.clear_marks(&[noon.id]).await.unwrap();
    clock.turn_back(Duration::from_secs(3_600));
    let earlier = put(store, room, message(ann, "an hour earlier")).await;
    assert_eq!(earlier.created_at, noon.created_at);
    assert_eq!(marked(store, noon.created_at).await, [earlier.id]);
}
