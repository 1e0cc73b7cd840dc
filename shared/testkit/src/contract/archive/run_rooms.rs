//! What runs found and did, room by room.

use domain::{
    RoomId, RunId,
    archive::{RoomCount, Run},
};

use super::{
    ArchiveStore,
    runs::{claim, count},
};
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

/// Nothing of it is lost, and saving again replaces.
pub async fn an_outcome_is_stored_and_replaced(world: &Worlds) {
    let run = claim(world).await;
    let mut outcome = count(RoomId::new());
    let read = async |room| world.second().room_count(run.id, room).await.unwrap();
    assert_eq!(read(outcome.room).await, None);
    for moved in [3, 7, 7] {
        outcome.moved = moved;
        assert!(save(world, 0, &run, &outcome).await);
        assert_eq!(read(outcome.room).await, Some(outcome.clone()));
    }
    assert_eq!(read(RoomId::new()).await, None);
}

/// By id, whenever they were written.
pub async fn outcomes_are_paged_by_room(world: &Worlds) {
    let run = claim(world).await;
    let rooms: Vec<RoomId> = (0..5).map(|_| RoomId::new()).collect();
    for room in rooms.iter().rev() {
        assert!(save(world, 0, &run, &count(*room)).await);
    }
    let page = async |after| {
        let counts = world.second().room_counts(run.id, after, 2).await.unwrap();
        counts.iter().map(|count| count.room).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, rooms[..2]);
    assert_eq!(page(Some(rooms[1])).await, rooms[2..4]);
    assert_eq!(page(Some(rooms[3])).await, rooms[4..]);
    assert!(page(Some(rooms[4])).await.is_empty());
}

/// The same room in two runs, and in no run.
pub async fn runs_have_outcomes_of_their_own(world: &Worlds) {
    let here = claim(world).await;
    let outcome = count(RoomId::new());
    assert!(save(world, 0, &here, &outcome).await);
    let there = world.second().room_counts(RunId::new(), None, 10).await;
    assert!(there.unwrap().is_empty());
    let nowhere = Run {
        id: RunId::new(),
        ..here
    };
    assert!(!save(world, 1, &nowhere, &outcome).await);
}

/// The process that slept while another took its run over.
pub async fn who_was_relieved_writes_no_outcome(world: &Worlds) {
    let slept = claim(world).await;
    let taken = world.second().take_over_run(slept.id, slept.fence).await;
    let taken = taken.unwrap().expect("it was running");
    let outcome = count(RoomId::new());
    assert!(!save(world, 0, &slept, &outcome).await);
    let read = async || {
        let read = world.first().room_count(slept.id, outcome.room).await;
        read.unwrap()
    };
    assert_eq!(read().await, None);
    assert!(save(world, 1, &taken, &outcome).await);
    let late = RoomCount {
        moved: 99,
        ..outcome.clone()
    };
    assert!(!save(world, 0, &slept, &late).await);
    assert_eq!(read().await, Some(outcome.clone()));
}

/// It does the room again, and writes what it found.
pub async fn the_heir_writes_over_what_was_there(world: &Worlds) {
    let slept = claim(world).await;
    let mut outcome = count(RoomId::new());
    assert!(save(world, 0, &slept, &outcome).await);
    let taken = world.second().take_over_run(slept.id, slept.fence).await;
    let taken = taken.unwrap().expect("it was running");
    outcome.moved = 10;
    assert!(save(world, 1, &taken, &outcome).await);
    let read = world.first().room_counts(slept.id, None, 10).await.unwrap();
    assert_eq!(read, [outcome]);
}

async fn save(world: &Worlds, node: usize, run: &Run, outcome: &RoomCount) -> bool {
    let store = world.node(node);
    let saved = store.save_room_count(run.id, run.fence, outcome).await;
    saved.unwrap()
}
