//! The leases.

use std::time::Duration;

use domain::{NodeId, ports::Lease};
use futures_util::future::join_all;
use uuid::Uuid;

use super::ArchiveStore;
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

const TTL: Duration = Duration::from_secs(10);

/// The holder takes it, prolongs it, gives it back; the next one takes it.
pub async fn a_lease_is_taken_prolonged_and_given_back(world: &Worlds) {
    let (holder, next) = (holder(), holder());
    let taken = acquire(world, 0, holder).await.expect("it is free");
    assert_eq!((taken.name.as_str(), taken.holder), ("relay", holder));
    let longer = world.first().acquire_lease("relay", holder, TTL * 2).await;
    let longer = longer.unwrap().expect("the holder may prolong it");
    assert!(longer.until > taken.until);

    for _ in 0..2 {
        let released = world.first().release_lease("relay", holder).await;
        released.unwrap();
    }
    assert!(acquire(world, 1, next).await.is_some());
    assert!(acquire(world, 0, holder).await.is_none());
}

/// While somebody has it nobody else gets it.
pub async fn another_has_to_wait(world: &Worlds) {
    let other = holder();
    assert!(acquire(world, 0, holder()).await.is_some());
    assert!(acquire(world, 1, other).await.is_none());
    assert!(acquire(world, 0, other).await.is_none());
}

/// It is free at `until` and not before.
pub async fn a_lease_ends_in_store_time(world: &Worlds) {
    let Some(clock) = world.clock_or_skip("a_lease_ends_in_store_time") else {
        return;
    };
    let (holder, other) = (holder(), holder());
    assert!(acquire(world, 0, holder).await.is_some());
    clock.advance(TTL - Duration::from_millis(1));
    assert!(acquire(world, 1, other).await.is_none());
    clock.advance(Duration::from_millis(1));
    assert!(acquire(world, 1, other).await.is_some());
    assert!(acquire(world, 0, holder).await.is_none());
}

/// Who has lost it cannot take it from its new holder.
pub async fn only_the_holder_gives_it_back(world: &Worlds) {
    let (holder, other) = (holder(), holder());
    assert!(acquire(world, 0, holder).await.is_some());
    let released = world.second().release_lease("relay", other).await;
    released.unwrap();
    assert!(acquire(world, 1, other).await.is_none());
}

/// However many try at once.
pub async fn of_many_one_gets_it(world: &Worlds) {
    let tries = (0..16).map(|n| acquire(world, n, holder()));
    let got = join_all(tries).await;
    assert_eq!(got.iter().flatten().count(), 1);
}

/// A lease is of its name.
pub async fn names_are_apart(world: &Worlds) {
    assert!(acquire(world, 0, holder()).await.is_some());
    let other = world.second().acquire_lease("sweep", holder(), TTL).await;
    assert!(other.unwrap().is_some());
}

async fn acquire(world: &Worlds, node: usize, holder: Uuid) -> Option<Lease> {
    let acquired = world.node(node).acquire_lease("relay", holder, TTL).await;
    acquired.unwrap()
}

fn holder() -> Uuid {
    NodeId::new().uuid()
}
