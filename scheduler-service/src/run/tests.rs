use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use domain::{Code, RunId, archive::Trigger};

use super::*;
use crate::{
    due,
    testing::{HOUR, PACE, Places, World, policy, settle},
    work::Batch,
};

/// A run's work that fails in one room.
struct Faulty {
    work: Box<dyn Work>,
    room: RoomId,
    code: Code,
    /// How much of its work in that room succeeds before.
    good: AtomicUsize,
    /// How often it fails before it succeeds again.
    bad: AtomicUsize,
}

impl Faulty {
    fn step(&self, room: RoomId) -> Result<()> {
        if room != self.room || take_one(&self.good) || !take_one(&self.bad) {
            return Ok(());
        }
        Err(self.code.into())
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    let less = |count: usize| count.checked_sub(1);
    let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
    count.fetch_update(set, fetch, less).is_ok()
}

#[async_trait]
impl Work for Faulty {
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>> {
        self.step(room.id)?;
        self.work.survey(room).await
    }

    async fn batch(&self, count: &RoomCount) -> Result<Option<Batch>> {
        self.step(count.room)?;
        self.work.batch(count).await
    }

    async fn recount(&self, count: &mut RoomCount) -> Result<()> {
        self.work.recount(count).await
    }

    fn changes_rooms(&self) -> bool {
        self.work.changes_rooms()
    }
}

/// Runs the nightly policy with work that fails in `room` after `good` steps, `bad` times.
async fn run_faulty(world: &World, room: RoomId, code: Code, times: (usize, usize)) -> Run {
    faulty(world, Trigger::Manual, room, code, times).await
}

async fn faulty(
    world: &World,
    trigger: Trigger,
    room: RoomId,
    code: Code,
    (good, bad): (usize, usize),
) -> Run {
    let archive = &world.archive;
    let run = archive.new_run(policy("nightly"), trigger, "ann");
    let right = Right::take(&*world.store, &run, PACE.lease).await.unwrap();
    let store = &archive.parts.store;
    assert!(store.claim_run(run.clone()).await.unwrap());
    let id = run.id;
    let mut runner = archive.runner(run, right.expect("nobody else runs"));
    runner.work = Box::new(Faulty {
        work: runner.work,
        room,
        code,
        good: good.into(),
        bad: bad.into(),
    });
    runner.run().await;
    archive.run(id).await.unwrap()
}

/// Three rooms of 25 messages that are due, in the order in which a run comes to them.
async fn three_rooms(world: &World) -> Vec<RoomId> {
    let mut rooms = Vec::new();
    for name in ["one", "two", "three"] {
        rooms.push(world.room(name, 25).await);
    }
    rooms.sort_unstable();
    world.pass(2 * HOUR);
    rooms
}

async fn archived(world: &World, rooms: &[RoomId]) -> Vec<usize> {
    let mut archived = Vec::new();
    for room in rooms {
        archived.push(world.archived(*room).await);
    }
    archived
}

#[tokio::test]
async fn a_room_that_fails_does_not_keep_the_others_from_their_turn() {
    let world = World::new();
    let rooms = three_rooms(&world).await;
    // The survey and one batch succeed.
    let run = run_faulty(&world, rooms[1], Code::Internal, (2, usize::MAX)).await;
    assert_eq!(archived(&world, &rooms).await, [25, 10, 25]);
    assert_eq!(run.phase, Phase::Failed);
    let error = run.error.as_deref().unwrap_or_default();
    assert!(error.starts_with("1 room failed: "), "{error}");
    let failed = |count: &RoomCount| (count.moved, count.error.is_some());
    let counts: Vec<_> = world.rooms_of(&run).await.iter().map(failed).collect();
    assert_eq!(counts, [(25, false), (10, true), (25, false)]);
    let told = [(rooms[0], 25), (rooms[1], 10), (rooms[2], 25)];
    assert_eq!(world.told(), told.map(|(room, seq)| (room, run.id, seq)));

    let next = world.run(policy("nightly")).await;
    assert_eq!(next.phase, Phase::Finished);
    assert_eq!(archived(&world, &rooms).await, [25; 3]);
}

/// As when it is too large to be counted in time, night by night.
#[tokio::test]
async fn a_room_that_cannot_be_counted_is_named_and_left() {
    let world = World::new();
    let rooms = three_rooms(&world).await;
    let run = run_faulty(&world, rooms[0], Code::Unavailable, (0, usize::MAX)).await;
    assert_eq!(archived(&world, &rooms).await, [0, 25, 25]);
    assert_eq!(run.phase, Phase::Failed);
    let counts = world.rooms_of(&run).await;
    assert_eq!(counts[0].due, 0);
    assert!(counts[0].error.is_some() && counts[0].done);
    assert_eq!((run.through.rooms, run.through.failed), (3, 1));
}

/// Such a room is named in the plan, and the others are counted.
#[tokio::test]
async fn a_plan_is_good_for_the_rooms_that_can_be_counted() {
    let world = World::new();
    let rooms = three_rooms(&world).await;
    let (code, always) = (Code::Unavailable, (0, usize::MAX));
    let plan = faulty(&world, Trigger::DryRun, rooms[1], code, always).await;
    assert_eq!(plan.phase, Phase::Finished);
    assert_eq!((plan.through.due, plan.through.failed), (50, 1));
    let counts = world.rooms_of(&plan).await;
    let error = counts[1].error.as_deref().unwrap_or_default();
    assert!(error.starts_with("unavailable: "), "{error}");
    assert!(counts[0].error.is_none() && counts[2].error.is_none());
    assert_eq!(
        (archived(&world, &rooms).await, world.told()),
        (vec![0; 3], vec![])
    );

    let run = world.archive.run_plan(plan.id, "ann").await.unwrap();
    let run = world.end_of(run.id).await;
    assert_eq!((run.phase, run.total().moved), (Phase::Finished, 75));
}

/// A plan that was interrupted is gone on with as a plan.
#[tokio::test]
async fn a_plan_that_was_dropped_moves_nothing_when_it_is_taken_up() {
    let world = World::new();
    let rooms = three_rooms(&world).await;
    let plan = world
        .archive
        .new_run(policy("nightly"), Trigger::DryRun, "ann");
    let plan = world.crash(plan, 3).await.expect("it was dropped");
    world.pass(PACE.lease);
    due::scan(&world.archive).await.unwrap();
    let plan = world.end_of(plan.id).await;
    assert_eq!((plan.phase, plan.total().due), (Phase::Finished, 75));
    assert_eq!(archived(&world, &rooms).await, [0; 3]);
}

/// Whoever watches a run in a large room sees each batch.
#[tokio::test]
async fn progress_is_seen_batch_by_batch() {
    let mut seen = std::collections::BTreeSet::new();
    let mut places = Places::default();
    while places.next().is_some() {
        let world = World::new();
        world.room("room", 25).await;
        world.pass(2 * HOUR);
        let run = world
            .archive
            .new_run(policy("nightly"), Trigger::Manual, "ann");
        let Some(left) = places.crash(&world, run).await else {
            continue;
        };
        seen.insert(left.total().moved);
        let rooms = world.rooms_of(&left).await;
        assert_eq!(
            rooms.iter().map(|count| count.moved).sum::<u64>(),
            left.total().moved
        );
    }
    assert_eq!(Vec::from_iter(seen), [0, 10, 20, 25]);
}

/// How often a run over so many rooms writes, and the bytes of its record.
async fn cost(rooms: u64) -> (u64, u64) {
    let world = World::new();
    for n in 0..rooms {
        world.room(&format!("room {n}"), 1).await;
    }
    world.pass(2 * HOUR);
    let before = world.store.stats().writes;
    let run = world.run(policy("nightly")).await;
    assert_eq!(run.total().rooms, rooms);
    let record = serde_json::to_vec(&run).unwrap().len();
    (world.store.stats().writes - before, record as u64)
}

#[tokio::test]
async fn what_a_run_writes_grows_with_its_rooms_and_not_with_their_square() {
    let (few, many) = (cost(10).await, cost(100).await);
    let (each, then) = (few.0.div_ceil(10), many.0.div_ceil(100));
    assert!(
        then <= each,
        "{each} writes a room, and {then} where there are many"
    );
    assert!(
        many.1 <= few.1 + 16,
        "a record of {} bytes grew to {}",
        few.1,
        many.1
    );
}

#[tokio::test]
async fn a_room_is_tried_again_while_the_store_is_away() {
    let world = World::new();
    let rooms = three_rooms(&world).await;
    let run = run_faulty(&world, rooms[2], Code::Unavailable, (2, 3)).await;
    assert_eq!((run.phase, run.error), (Phase::Finished, None));
    assert_eq!(archived(&world, &rooms).await, [25; 3]);
    assert_eq!(world.told().len(), 3);
}

/// Clients look anew only at what they are told of.
#[tokio::test]
async fn a_run_that_is_cancelled_in_the_middle_of_a_room_tells_what_it_moved() {
    let mut middle = 0;
    let mut places = Places::default();
    while places.next().is_some() {
        let world = World::new();
        let room = world.room("room", 25).await;
        world.pass(2 * HOUR);
        let run = world
            .archive
            .new_run(policy("nightly"), Trigger::Manual, "ann");
        let Some(left) = places.crash(&world, run).await else {
            continue;
        };
        let run = cancel(&world, left.id).await;
        let moved = world.archived(room).await;
        assert!(run.phase == Phase::Cancelled || moved == 25, "{run:?}");
        if moved == 0 {
            assert_eq!(world.told(), []);
            continue;
        }
        middle += usize::from(moved < 25);
        assert_eq!(world.told(), [(room, run.id, moved as u64)]);
        assert_eq!(world.rooms_of(&run).await[0].moved, moved as u64);
        assert_eq!(run.total().moved, moved as u64);
    }
    assert!(middle > 5, "only {middle} places in the middle were found");
}

async fn cancel(world: &World, id: RunId) -> Run {
    world.archive.cancel(id).await.unwrap();
    world.pass(PACE.lease);
    due::scan(&world.archive).await.unwrap();
    settle(&world.archive).await;
    world.archive.run(id).await.unwrap()
}

/// Whoever panics must not hold its run for ever.
#[tokio::test]
async fn a_run_that_panics_is_gone_on_with() {
    let world = World::new();
    let room = world.room("room", 25).await;
    world.pass(2 * HOUR);
    world.panic_at_next_row();
    let run = world.run(policy("nightly")).await;
    assert_eq!(run.phase, Phase::Running);
    world.pass(PACE.lease);
    due::scan(&world.archive).await.unwrap();
    let run = world.end_of(run.id).await;
    assert_eq!(run.phase, Phase::Finished);
    assert_eq!(world.told(), [(room, run.id, 25)]);
}
