//! Rooms in which something was stored lately.

use std::time::Duration;

use domain::{Head, RoomId, Timestamp, UserId};

use super::LogWorld;
use crate::{
    builders::{edit, join, leave, message, new_channel},
    contract::steps::{append, channel, put, say},
};

/// A minute lies between the rows of these cases.
const MINUTE: Duration = Duration::from_secs(60);

fn head(room: RoomId, seq: u64, generation: u64) -> Head {
    Head {
        room,
        seq,
        generation,
    }
}

/// The moment itself belongs to it, older rows of a room do not, and a room says how far it goes.
pub async fn rooms_with_rows_since_a_moment_are_found(world: &LogWorld) {
    let Some(clock) = world.clock_or_skip("rooms_with_rows_since_a_moment_are_found") else {
        return;
    };
    let (store, ann) = (world.first(), UserId::new());
    let (old, both, new) = (
        channel(store).await,
        channel(store).await,
        channel(store).await,
    );
    // Its first rows are not in its log yet.
    store.create_room(new_channel("empty", ann)).await.unwrap();
    say(store, old, ann, "a").await;
    let said = say(store, both, ann, "a").await;
    clock.advance(MINUTE);
    append(
        store,
        both,
        vec![message(ann, "b"), edit(ann, said.id, "c", None)],
    )
    .await;
    let last = say(world.second(), new, ann, "a").await;
    let mut heads = [head(both, 3, 3), head(new, 1, 0)];
    heads.sort_by_key(|head| head.room);
    for node in [world.first(), world.second()] {
        let found = node.since(last.created_at, None, 10).await.unwrap();
        assert_eq!(found, heads);
    }
    let later = last.created_at + Duration::from_millis(1);
    assert!(store.since(later, None, 10).await.unwrap().is_empty());
    let all = store.since(Timestamp::MIN, None, 10).await.unwrap();
    assert_eq!(all.len(), 3);
}

/// Each room once, however small the pages are.
pub async fn rooms_since_a_moment_come_in_pages(world: &LogWorld) {
    let store = world.first();
    let mut heads = Vec::new();
    for n in 1..=7 {
        let room = channel(store).await;
        let rows = (0..n).map(|_| message(UserId::new(), "a")).collect();
        append(store, room, rows).await;
        heads.push(head(room, n, 0));
    }
    heads.sort_by_key(|head| head.room);
    for limit in [1, 3, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.since(Timestamp::MIN, after, limit).await.unwrap();
            let last = page.len() < limit;
            found.extend(page);
            if last {
                break;
            }
            after = found.last().map(|head: &Head| head.room);
        }
        assert_eq!(found, heads, "in pages of {limit}");
    }
    let none = store.since(Timestamp::MIN, None, 0).await.unwrap();
    assert!(none.is_empty());
}

/// Whoever fills from a head that was found finds there what its changes say.
pub async fn what_is_found_since_a_moment_is_applied(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = channel(store).await;
    let joined = put(store, room, join(ann, 1)).await;
    put(store, room, leave(ann, 2)).await;
    let found = world.second().since(joined.created_at, None, 10).await;
    assert_eq!(found.unwrap(), [head(room, 2, 0)]);
    let member = world.second().member(room, ann).await.unwrap().unwrap();
    assert!(!member.is_active());
}
