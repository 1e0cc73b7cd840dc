//! The records of runs.

use domain::{
    RoomId, RoomName, RunId,
    archive::{Phase, RoomCount, RuledBy, Run, Totals, Trigger},
};
use futures_util::future::join_all;

use super::{
    ArchiveStore,
    policies::{policy, slot},
};
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

/// Nothing of the record is lost.
pub async fn a_run_is_read_back_as_it_was_claimed(world: &Worlds) {
    let claimed = claim(world).await;
    let read = world.second().run(claimed.id).await.unwrap();
    assert_eq!(read, Some(claimed));
    assert_eq!(world.second().run(RunId::new()).await.unwrap(), None);
}

/// The same policy and slot under another id is refused; another slot or policy is not.
pub async fn a_slot_is_claimed_once(world: &Worlds) {
    let claimed = claim(world).await;
    let attempt = async |run: Run| world.second().claim_run(run).await.unwrap();
    let other = |run: &Run| Run {
        id: RunId::new(),
        ..run.clone()
    };
    assert!(!attempt(other(&claimed)).await);
    let mut next = other(&claimed);
    next.slot = slot(2);
    assert!(attempt(next).await);
    let mut foreign = other(&claimed);
    foreign.policy = policy("weekly");
    assert!(attempt(foreign).await);
    assert_eq!(world.first().runs(None, None, 10).await.unwrap().len(), 3);
}

/// However many try at once.
pub async fn of_many_schedulers_one_claims_a_slot(world: &Worlds) {
    let wanted = run();
    let tries = (0..16).map(|n| {
        let (store, id) = (world.node(n), RunId::new());
        let run = Run {
            id,
            ..wanted.clone()
        };
        async move { store.claim_run(run).await.unwrap() }
    });
    let won = join_all(tries).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert_eq!(world.first().runs(None, None, 100).await.unwrap().len(), 1);
}

/// What people ask for has no slot, and is never in another's way.
pub async fn runs_without_a_slot_are_claimed_once_per_id(world: &Worlds) {
    let mut asked = run();
    asked.slot = None;
    asked.trigger = Trigger::Manual;
    assert!(world.first().claim_run(asked.clone()).await.unwrap());
    assert!(!world.second().claim_run(asked.clone()).await.unwrap());
    asked.id = RunId::new();
    assert!(world.second().claim_run(asked).await.unwrap());
}

/// An unfinished run is listed as such until its end is saved.
pub async fn progress_is_saved_and_the_end_too(world: &Worlds) {
    let mut claimed = claim(world).await;
    let at = claimed.at.as_mut().expect("a room at work");
    (at.moved, at.through) = (7, 9);
    assert!(world.first().save_run(&claimed).await.unwrap());
    let unfinished = world.second().unfinished_runs().await.unwrap();
    assert_eq!(unfinished, [claimed.clone()]);

    claimed.phase = Phase::Finished;
    claimed.ended_at = slot(1);
    assert!(world.first().save_run(&claimed).await.unwrap());
    assert!(world.second().unfinished_runs().await.unwrap().is_empty());
    let read = world.second().run(claimed.id).await.unwrap();
    assert_eq!(read, Some(claimed));
    assert!(!world.first().save_run(&run()).await.unwrap());
}

/// The fence rises, and the process that slept can no longer save.
pub async fn who_was_relieved_saves_nothing(world: &Worlds) {
    let mut slept = claim(world).await;
    let taken = world.second().take_over_run(slept.id, slept.fence).await;
    let taken = taken.unwrap().expect("it was running");
    assert!(taken.fence > slept.fence);
    slept.through.moved = 99;
    assert!(!world.first().save_run(&slept).await.unwrap());
    assert!(world.second().save_run(&taken).await.unwrap());
    let read = world.first().run(slept.id).await.unwrap();
    assert_eq!(read, Some(taken));
}

/// However many try at once.
pub async fn of_many_heirs_one_takes_over(world: &Worlds) {
    let claimed = claim(world).await;
    let tries = (0..16).map(|n| {
        let (store, id, fence) = (world.node(n), claimed.id, claimed.fence);
        async move { store.take_over_run(id, fence).await.unwrap() }
    });
    let heirs = join_all(tries).await;
    assert_eq!(heirs.iter().flatten().count(), 1);
}

/// The worker's own record does not know of the wish; saving it keeps the wish.
pub async fn a_wish_to_stop_is_not_saved_over(world: &Worlds) {
    let claimed = claim(world).await;
    assert!(!claimed.cancel);
    assert!(world.second().cancel_run(claimed.id).await.unwrap());
    assert!(world.first().save_run(&claimed).await.unwrap());
    let read = async || world.first().run(claimed.id).await.unwrap().unwrap();
    assert!(read().await.cancel);
    let heir = world.second().take_over_run(claimed.id, claimed.fence);
    assert!(heir.await.unwrap().expect("it was running").cancel);
}

/// Neither what has ended nor what never was.
pub async fn only_a_running_run_can_be_stopped_or_taken_over(world: &Worlds) {
    let mut ended = claim(world).await;
    ended.phase = Phase::Failed;
    ended.error = Some("the disk is full".to_owned());
    assert!(world.first().save_run(&ended).await.unwrap());
    for id in [ended.id, RunId::new()] {
        assert!(!world.second().cancel_run(id).await.unwrap());
        let heir = world.second().take_over_run(id, ended.fence).await;
        assert_eq!(heir.unwrap(), None);
    }
    assert_eq!(world.first().run(ended.id).await.unwrap(), Some(ended));
}

/// Pages go back in time without a repeat.
pub async fn runs_are_listed_newest_first_in_pages(world: &Worlds) {
    let mut ids = Vec::new();
    for n in 0..5 {
        let mut claimed = run();
        claimed.slot = slot(n);
        ids.push(claimed.id);
        assert!(world.first().claim_run(claimed).await.unwrap());
    }
    ids.reverse();
    let page = async |before| {
        let runs = world.second().runs(None, before, 2).await.unwrap();
        runs.iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, ids[..2]);
    assert_eq!(page(Some(ids[1])).await, ids[2..4]);
    assert_eq!(page(Some(ids[3])).await, ids[4..]);
    assert!(page(Some(ids[4])).await.is_empty());
}

/// Pages of one policy's runs hold no other's.
pub async fn the_history_of_one_policy_is_listed_alone(world: &Worlds) {
    let (mut ours, theirs) = (Vec::new(), policy("weekly"));
    let nightly = policy("nightly");
    for n in 0..3 {
        for policy in [&nightly, &theirs] {
            let claimed = Run {
                slot: slot(n),
                policy: policy.clone(),
                ..run()
            };
            ours.extend((policy.id == nightly.id).then_some(claimed.id));
            assert!(world.first().claim_run(claimed).await.unwrap());
        }
    }
    ours.reverse();
    let page = async |before| {
        let runs = world.second().runs(Some(nightly.id), before, 2).await;
        let runs = runs.unwrap();
        runs.iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, ours[..2]);
    assert_eq!(page(Some(ours[1])).await, ours[2..]);
}

pub(super) async fn claim(world: &Worlds) -> Run {
    let run = run();
    assert!(world.first().claim_run(run.clone()).await.unwrap());
    run
}

/// An outcome with everything filled in.
pub(crate) fn count(room: RoomId) -> RoomCount {
    RoomCount {
        room,
        name: Some("general".to_owned()),
        due: 10,
        moved: 0,
        held: 2,
        rule: RuledBy::Override,
        cutoff: slot(-1),
        bytes: 12_345,
        oldest: slot(-2),
        newest: slot(-1),
        revs: 11,
        through: 0,
        done: false,
        error: Some("internal: this cannot be read".to_owned()),
    }
}

/// A scheduled run with everything filled in.
pub(crate) fn run() -> Run {
    let mut policy = policy("nightly");
    policy.next_run_at = slot(2);
    Run {
        id: RunId::new(),
        policy,
        trigger: Trigger::Schedule,
        slot: slot(1),
        origin: Some(RunId::new()),
        cutoff: slot(0).expect("a moment"),
        phase: Phase::Running,
        through: Totals {
            rooms: 3,
            due: 70,
            moved: 68,
            held: 4,
            bytes: 54_321,
            oldest: slot(-3),
            newest: slot(-2),
            failed: 1,
        },
        after: Some(RoomId::new()),
        at: Some(count(RoomId::new())),
        first_failure: Some("general (internal: this cannot be read)".to_owned()),
        missing: vec![RoomName::stored("gone".to_owned())],
        restore: None,
        started_at: slot(1).expect("a moment"),
        ended_at: None,
        lag_ms: 12,
        missed_slots: 1,
        by: "the schedule".to_owned(),
        error: None,
        cancel: false,
        fence: 1,
    }
}
