//! A store that was carried over goes on where the other one stood.

use std::sync::Arc;

use domain::{
    Cursor, Mark, Timestamp,
    ports::{Store, Swung},
};

use super::{Talk, TransferWorld, carry, filled};
use crate::{
    builders,
    contract::steps::{one, put, shown},
};

/// Fills a store, carries it over, and opens it there.
async fn carried<W: TransferWorld>(world: &W) -> (Talk, Arc<dyn Store>) {
    let talk = filled(world).await;
    let (source, target) = (world.source().await, world.target().await);
    carry(&*source, &*target).await;
    target.close().await;
    drop(target);
    (talk, world.opened().await.unwrap())
}

/// The history is what it was, archived or not, and who sends again is told what is there.
pub async fn what_was_said_is_shown_and_a_repeat_is_one<W: TransferWorld>(world: &W) {
    let (talk, store) = carried(world).await;
    let page = store.page(talk.room, Cursor::Newest, 100).await.unwrap();
    assert_eq!(page.messages, talk.messages);
    assert_eq!(page.head, talk.head);
    for sent in talk.sent {
        let again = one(&*store, talk.room, sent.clone()).await;
        assert_eq!(builders::repeated(&again).id, sent.id);
    }
    let member = store.member(talk.room, talk.member).await.unwrap();
    let mut member = member.expect("a member");
    store
        .raise_mark(talk.room, talk.member, Mark::Read, talk.head)
        .await
        .unwrap();
    member.read = talk.head;
    let raised = store.member(talk.room, talk.member).await.unwrap();
    assert_eq!(raised, Some(member));
    store.close().await;
}

/// The next row has the next seq, and an edit the next revision.
pub async fn the_log_goes_on_densely<W: TransferWorld>(world: &W) {
    let (talk, store) = carried(world).await;
    let next = put(&*store, talk.room, builders::message(talk.member, "next")).await;
    assert_eq!(next.seq, talk.head + 1);
    let mut messages = talk.messages.iter();
    let hot = messages.find(|one| !one.archived && one.content().is_some());
    let first = hot.expect("a message");
    let edit = builders::edit(first.sender, first.id, "edited there", Some(first.rev));
    let edited = put(&*store, talk.room, edit).await;
    assert_eq!(edited.seq, talk.head + 2);
    assert_eq!(shown(&edited), Some("edited there"));
    assert_eq!(edited.message().unwrap().rev, first.rev + 1);
    store.close().await;
}

/// What lies in the archive is restored, and what nothing points to is collected.
pub async fn what_was_archived_comes_back<W: TransferWorld>(world: &W) {
    let (talk, store) = carried(world).await;
    let keys = store.archived(talk.room, None, 0, 10).await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(store.collect(100).await.unwrap(), talk.garbage);
    let back = store.swing_back(talk.room, &keys).await.unwrap();
    assert_eq!(back, [Swung::Done]);
    let restored = store.message(talk.room, keys[0].id).await.unwrap();
    let restored = restored.expect("a message");
    assert!(!restored.archived);
    let was = talk.messages.iter().find(|was| was.id == restored.id);
    assert_eq!(was.unwrap().body, restored.body);
    store.close().await;
}

/// Each hint that was not published is published from the new store.
pub async fn what_was_not_published_waits<W: TransferWorld>(world: &W) {
    let (talk, store) = carried(world).await;
    let marked = store.marked(Timestamp::MAX, 1_000).await.unwrap();
    let mut marked: Vec<_> = marked.iter().map(|hint| hint.id).collect();
    marked.sort_unstable();
    assert_eq!(marked, talk.marked);
    store.clear_marks(&marked).await.unwrap();
    assert!(store.marked(Timestamp::MAX, 1).await.unwrap().is_empty());
    store.close().await;
}
