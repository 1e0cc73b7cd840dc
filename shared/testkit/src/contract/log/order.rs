//! What is copied from row to row: time and generation.

use std::time::Duration;

use domain::UserId;

use super::LogWorld;
use crate::{
    builders::{archive, deletion, edit, join, message},
    contract::steps::{channel, put, say, whole_log},
};

/// Store time rises with seq, also when the clock goes back.
pub async fn time_never_falls(world: &LogWorld) {
    let Some(clock) = world.clock_or_skip("time_never_falls") else {
        return;
    };
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let first = say(store, room, ann, "noon").await.created_at;
    clock.turn_back(Duration::from_secs(3_600));
    let second = say(store, room, ann, "an hour earlier").await.created_at;
    assert_eq!(second, first);
    clock.advance(Duration::from_secs(7_200));
    let third = say(store, room, ann, "an hour later").await.created_at;
    assert_eq!(third.as_second() - first.as_second(), 3_600);
    let log = whole_log(store, room).await;
    assert!(log.is_sorted_by_key(|row| row.created_at));
}

/// A change of what older rows show is a new generation; all later rows carry it on.
pub async fn changes_raise_the_generation(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let a = message(ann, "a");
    let b = message(ann, "b");
    for row in [
        a.clone(),                   // 1: 0
        b.clone(),                   // 2: 0
        edit(ann, a.id, "aa", None), // 3: 3
        message(ann, "c"),           // 4: 3
        join(ann, 1),                // 5: 3
        deletion(ann, b.id, None),   // 6: 6
        message(ann, "d"),           // 7: 6
        archive(4),                  // 8: 8
        message(ann, "e"),           // 9: 8
    ] {
        put(store, room, row).await;
    }
    let log = whole_log(store, room).await;
    let generations: Vec<_> = log.iter().map(|row| row.generation).collect();
    assert_eq!(generations, [0, 0, 3, 3, 3, 6, 6, 8, 8]);
    let head = store.heads(&[room]).await.unwrap()[0];
    assert_eq!((head.seq, head.generation), (9, 8));
}
