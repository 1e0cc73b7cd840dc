//! What is kept in the process is bounded.

use std::time::Duration;

use adapter_local::{LocalBus, LocalCache};
use domain::{
    Recent, RoomId,
    ports::{Bus, Cache},
};
use testkit::builders::said;

/// A block of one message that says `bytes` bytes.
fn block(room: RoomId, bytes: usize) -> Recent {
    Recent {
        upto: 1,
        from: 1,
        rows: vec![said(room, 1, &"x".repeat(bytes))],
    }
}

#[tokio::test]
async fn the_cache_keeps_to_its_bytes_however_many_rooms_there_are() {
    let bytes = 64 * 1024;
    let cache = LocalCache::bounded(Duration::from_secs(600), bytes);
    for _ in 0..1_000 {
        let room = RoomId::new();
        cache
            .fill_recent(room, 0, block(room, 1_000))
            .await
            .unwrap();
    }
    assert!((1..=bytes).contains(&cache.weight().await));
}

#[tokio::test]
async fn rows_that_are_added_weigh_too() {
    let cache = LocalCache::new();
    let room = RoomId::new();
    cache
        .fill_recent(room, 0, block(room, 1_000))
        .await
        .unwrap();
    let filled = cache.weight().await;
    cache
        .add_recent(&[2, 3].map(|seq| said(room, seq, &"x".repeat(5_000))))
        .await
        .unwrap();
    assert!(cache.weight().await > filled + 10_000);
}

#[tokio::test]
async fn the_bus_remembers_nobody_who_left() {
    let bus = LocalBus::new();
    let streams = [
        bus.subscribe().await.unwrap(),
        bus.subscribe().await.unwrap(),
    ];
    assert_eq!(bus.subscribers(), 2);
    drop(streams);
    assert_eq!(bus.subscribers(), 0);
}
