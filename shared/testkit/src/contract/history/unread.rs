//! Unread, which is counted and never kept.

use domain::UserId;

use super::HistoryWorld;
use crate::{
    builders::{deletion, edit, join, message},
    contract::steps::{append, channel, put, say},
};

/// One's own messages are read by having been written.
pub async fn others_messages_after_the_mark_count(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = (0..9).map(|n| message(if n % 3 == 0 { ann } else { bob }, "hello"));
    append(store, room, rows.collect()).await;
    let unread = async |user, after| store.unread(room, user, after, 1_000).await.unwrap();
    assert_eq!(unread(ann, 0).await, 6);
    assert_eq!(unread(bob, 0).await, 3);
    assert_eq!(unread(ann, 3).await, 4);
    assert_eq!(unread(ann, 9).await, 0);
    assert_eq!(unread(UserId::new(), 0).await, 9);
}

/// A badge goes down when what it counted is taken back.
pub async fn what_is_deleted_does_not_count(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let said = say(store, room, bob, "oops").await.id;
    say(store, room, bob, "hello").await;
    put(store, room, deletion(bob, said, None)).await;
    assert_eq!(store.unread(room, ann, 0, 1_000).await.unwrap(), 1);
}

/// Edits and members are no messages.
pub async fn rows_that_are_no_messages_do_not_count(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let said = message(bob, "hello");
    let edited = edit(bob, said.id, "hello!", None);
    append(store, room, vec![join(bob, 1), said, edited]).await;
    assert_eq!(store.unread(room, ann, 0, 1_000).await.unwrap(), 1);
}

/// 999+ needs no more than a thousand.
pub async fn counting_stops_at_the_cap(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = (0..20).map(|_| message(bob, "hello")).collect();
    append(store, room, rows).await;
    assert_eq!(store.unread(room, ann, 0, 7).await.unwrap(), 7);
    assert_eq!(store.unread(room, ann, 0, 20).await.unwrap(), 20);
}
