//! Edits and deletions.

use domain::{Appended, Body, Change, MessageId, Refusal, UserId};

use super::LogWorld;
use crate::{
    builders::{deletion, edit, join, message, stored},
    contract::steps::{append, channel, one, put, say, shown, whole_log},
};

/// An edit shows at once, wherever the message is read.
pub async fn an_edit_raises_the_revision(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "first").await;
    let row = put(store, room, edit(ann, said.id, "second", Some(1))).await;
    let Change::Edit(now) = &row.change else {
        panic!("an edit's row is an edit: {row:?}");
    };
    assert_eq!((now.id, now.seq, now.rev), (said.id, 1, 2));
    assert_eq!(now.created_at, said.created_at);
    assert_eq!(now.edited_at, Some(row.created_at));
    assert_eq!((row.seq, shown(&row)), (2, Some("second")));
    let read = store.message(room, said.id).await.unwrap();
    assert_eq!(read.as_ref(), Some(now));
}

/// Two edits of one message in one batch, and an edit of a message that the batch brings.
pub async fn edits_of_one_batch_follow_each_other(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = message(ann, "first");
    let rows = vec![
        said.clone(),
        edit(ann, said.id, "second", Some(1)),
        edit(ann, said.id, "third", Some(2)),
    ];
    let answers = append(store, room, rows).await;
    let revs: Vec<_> = answers
        .iter()
        .map(|answer| stored(answer).message().map(|message| message.rev))
        .collect();
    assert_eq!(revs, [Some(1), Some(2), Some(3)]);
    let now = store.message(room, said.id).await.unwrap().unwrap();
    assert_eq!(now.content().map(|c| c.as_text()), Some("third"));
}

/// If-Match with a revision that is no longer.
pub async fn a_stale_edit_conflicts(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "first").await;
    put(store, room, edit(ann, said.id, "second", Some(1))).await;
    let answer = one(store, room, edit(ann, said.id, "third", Some(1))).await;
    assert_eq!(answer, Appended::Conflict { current: 2 });
    let log = whole_log(store, room).await;
    assert_eq!(log.len(), 2);
    assert_eq!(shown(&log[0]), Some("second"));
}

/// What was said is gone; that something was said stays.
pub async fn a_deletion_leaves_a_tombstone(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "oops").await;
    let row = put(store, room, deletion(ann, said.id, Some(1))).await;
    let Change::Deletion(now) = &row.change else {
        panic!("a deletion's row is a deletion: {row:?}");
    };
    assert_eq!((now.id, now.rev, &now.body), (said.id, 2, &Body::Deleted));
    let log = whole_log(store, room).await;
    assert_eq!(log[0].message(), Some(now));
    assert_eq!(log[1], row);
}

/// If-Match holds for deletions, too.
pub async fn a_stale_deletion_conflicts(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "first").await;
    put(store, room, edit(ann, said.id, "second", None)).await;
    let answer = one(store, room, deletion(ann, said.id, Some(1))).await;
    assert_eq!(answer, Appended::Conflict { current: 2 });
}

/// A tombstone is the end, whatever revision is named.
pub async fn what_is_deleted_can_neither_be_edited_nor_deleted(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "oops").await;
    put(store, room, deletion(ann, said.id, None)).await;
    for if_rev in [None, Some(1), Some(2)] {
        for row in [
            edit(ann, said.id, "again", if_rev),
            deletion(ann, said.id, if_rev),
        ] {
            let answer = one(store, room, row).await;
            assert_eq!(answer, Appended::Refused(Refusal::Deleted));
        }
    }
    assert_eq!(whole_log(store, room).await.len(), 2);
}

/// A message of another room, a row that is no message, an id that nobody has.
pub async fn what_the_room_has_not_cannot_be_changed(world: &LogWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let ann = UserId::new();
    let elsewhere = say(store, there, ann, "elsewhere").await.id;
    let joined = put(store, here, join(ann, 1)).await.id;
    for target in [elsewhere, joined, MessageId::new()] {
        for row in [edit(ann, target, "x", None), deletion(ann, target, None)] {
            let answer = one(store, here, row).await;
            assert_eq!(answer, Appended::Refused(Refusal::Missing));
        }
    }
    assert_eq!(whole_log(store, here).await.len(), 1);
}

/// The rows around a refused one are stored, without a hole.
pub async fn a_refused_row_lets_the_rest_through(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let rows = vec![
        message(ann, "before"),
        edit(ann, MessageId::new(), "nothing", None),
        message(ann, "after"),
    ];
    let answers = append(store, room, rows).await;
    assert_eq!(stored(&answers[0]).seq, 1);
    assert_eq!(answers[1], Appended::Refused(Refusal::Missing));
    assert_eq!(stored(&answers[2]).seq, 2);
}
