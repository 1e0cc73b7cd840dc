//! Runs and restores that are dropped anywhere, and whoever goes on with them.

use domain::{
    archive::{Phase, RestoreOrder, Run, Trigger},
    ports::Holds,
};

use crate::{
    archive::later,
    due,
    testing::{HOUR, PACE, Places, World, policy, settle},
};

/// Wherever a run is dropped, whoever takes it up ends with the same bodies and exact counts.
#[tokio::test]
async fn a_run_that_was_dropped_anywhere_is_gone_on_with() {
    let mut places = Places::default();
    while let Some(steps) = places.next() {
        let world = World::new();
        let rooms = [world.room("one", 25).await, world.room("two", 3).await];
        world.pass(2 * HOUR);
        let run = world
            .archive
            .new_run(policy("nightly"), Trigger::Manual, "ann");
        let Some(left) = places.crash(&world, run).await else {
            continue;
        };
        take_over(&world).await;
        let run = world.end_of(left.id).await;
        assert_eq!(run.phase, Phase::Finished, "after {steps} steps");
        let counts = world.rooms_of(&run).await;
        let moved: Vec<_> = counts
            .iter()
            .map(|count| (count.due, count.moved))
            .collect();
        let mut expected = vec![(25, 25), (3, 3)];
        if rooms[1] < rooms[0] {
            expected.reverse();
        }
        assert_eq!(moved, expected, "after {steps} steps");
        let total = run.total();
        assert_eq!(
            (total.rooms, total.due, total.moved),
            (2, 28, 28),
            "{steps}"
        );
        assert_eq!(world.archived(rooms[0]).await, 25);
        assert_eq!(world.archived(rooms[1]).await, 3);
        assert_eq!(
            world.told().len(),
            2,
            "each room is told once, after {steps} steps"
        );
        world.assert_collected().await;
    }
    assert!(
        places.dropped > 20,
        "only {} places to drop a run were found",
        places.dropped
    );
}

#[tokio::test]
async fn a_restore_that_was_dropped_anywhere_is_gone_on_with() {
    let mut places = Places::default();
    while let Some(steps) = places.next() {
        let world = World::new();
        let room = world.room("one", 25).await;
        let before = world.history(room).await;
        world.pass(2 * HOUR);
        let moved = world.run(policy("nightly")).await;
        let order = RestoreOrder {
            room: None,
            hold_until: later(world.now(), 30),
        };
        let run = Run {
            origin: Some(moved.id),
            restore: Some(order),
            ..world
                .archive
                .new_run(policy("nightly"), Trigger::Restore, "ann")
        };
        let Some(left) = places.crash(&world, run).await else {
            continue;
        };
        take_over(&world).await;
        let run = world.end_of(left.id).await;
        assert_eq!(run.phase, Phase::Finished, "after {steps} steps");
        let counts = world.rooms_of(&run).await;
        assert_eq!(
            (counts[0].due, counts[0].moved),
            (25, 25),
            "after {steps} steps"
        );
        assert_eq!((run.total().rooms, run.total().moved), (1, 25));
        assert_eq!(world.history(room).await, before);
        assert_eq!(world.told().last(), Some(&(room, run.id, 25)));
        assert_eq!(world.store.holds(room, world.now()).await.unwrap().len(), 1);
    }
    assert!(
        places.dropped > 10,
        "only {} places to drop a restore were found",
        places.dropped
    );
}

/// Nobody goes on before the lease has run out; then one of two schedulers does.
async fn take_over(world: &World) {
    due::scan(&world.archive).await.unwrap();
    let unfinished = world.archive.parts.store.unfinished_runs().await.unwrap();
    assert_eq!(unfinished[0].fence, 1, "the lease still stands");
    world.pass(PACE.lease);
    let other = world.another();
    let (one, two) = tokio::join!(due::scan(&world.archive), due::scan(&other));
    one.and(two).unwrap();
    settle(&other).await;
}

#[tokio::test]
async fn a_draining_process_leaves_its_run_to_the_next() {
    let world = World::new();
    let room = world.room("room", 5).await;
    world.pass(2 * HOUR);
    world.archive.parts.drain.cancel();
    let run = world
        .archive
        .run_now(policy("nightly"), "ann")
        .await
        .unwrap();
    let run = world.end_of(run.id).await;
    assert_eq!((run.phase, run.total().moved), (Phase::Running, 0));
    let next = world.another();
    due::scan(&next).await.unwrap();
    settle(&next).await;
    let run = world.archive.run(run.id).await.unwrap();
    assert_eq!(
        run.phase,
        Phase::Finished,
        "at once: the lease was given back"
    );
    assert_eq!(world.archived(room).await, 5);
}
