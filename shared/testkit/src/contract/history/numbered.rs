//! Messages by their place among the others, for lists with numbered pages.

use domain::{Order, UserId};

use super::HistoryWorld;
use crate::{
    builders::{deletion, edit, join, message},
    contract::steps::{append, channel, put, say},
};

/// Tombstones count, and what is no message does not.
pub async fn messages_are_counted_and_found_by_their_place(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let first = message(ann, "one");
    let edited = edit(ann, first.id, "one!", None);
    append(store, room, vec![join(ann, 1), first, edited]).await;
    let second = say(store, room, ann, "two").await.id;
    put(store, room, deletion(ann, second, None)).await;
    say(store, room, ann, "three").await;
    let count = async |after| store.count_messages(room, after).await.unwrap();
    assert_eq!((count(0).await, count(2).await, count(6).await), (3, 2, 0));
    let nth = async |after, order, skip| {
        let found = store.nth_message(room, after, order, skip);
        found.await.unwrap()
    };
    let rising = [
        nth(0, Order::Rising, 0).await,
        nth(0, Order::Rising, 2).await,
    ];
    assert_eq!(rising, [Some(2), Some(6)]);
    let falling = [
        nth(0, Order::Falling, 0).await,
        nth(0, Order::Falling, 1).await,
    ];
    assert_eq!(falling, [Some(6), Some(4)]);
    assert_eq!(nth(2, Order::Rising, 0).await, Some(4), "after a row");
}

/// Neither in a room nor in one that is not there.
pub async fn there_is_nothing_beyond_the_last(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    say(store, room, ann, "one").await;
    for order in [Order::Rising, Order::Falling] {
        assert_eq!(store.nth_message(room, 0, order, 1).await.unwrap(), None);
        assert_eq!(store.nth_message(room, 1, order, 0).await.unwrap(), None);
    }
    let other = channel(store).await;
    assert_eq!(store.count_messages(other, 0).await.unwrap(), 0);
}
