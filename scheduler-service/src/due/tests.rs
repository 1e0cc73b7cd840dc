use domain::archive::Phase;

use super::*;
use crate::testing::{DAY, HOUR, World, at, policy, settle};

fn daily() -> Schedule {
    Schedule::parse("0 2 * * *", "UTC").unwrap()
}

fn due_at(slot: &str) -> Policy {
    Policy {
        next_run_at: Some(at(slot)),
        ..policy("nightly")
    }
}

#[test]
fn the_catch_up_rule() {
    let (slot, next) = (at("2026-01-02T02:00:00Z"), at("2026-01-03T02:00:00Z"));
    let seconds = |time: Timestamp, seconds| time + SignedDuration::from_secs(seconds);
    for (rule, now, run, skipped) in [
        (CatchUp::RunOnce, slot, Some((slot, 0)), 0),
        (CatchUp::RunOnce, seconds(slot, 3_600), Some((slot, 0)), 0),
        (CatchUp::RunOnce, next, Some((slot, 1)), 0),
        (
            CatchUp::RunOnce,
            seconds(next, 9 * 86_400),
            Some((slot, 10)),
            0,
        ),
        (CatchUp::Skip, slot, Some((slot, 0)), 0),
        (CatchUp::Skip, seconds(slot, 60), Some((slot, 0)), 0),
        (CatchUp::Skip, seconds(slot, 61), None, 1),
        (CatchUp::Skip, seconds(next, 30), Some((next, 0)), 1),
        (CatchUp::Skip, seconds(next, 9 * 86_400 + 61), None, 11),
    ] {
        let decision = decide(&daily(), rule, slot, now);
        assert_eq!(decision, Decision { run, skipped }, "{rule:?} at {now}");
    }
}

#[tokio::test]
async fn three_days_of_downtime_are_one_run_that_says_so() {
    let world = World::new();
    let room = world.room("room", 5).await;
    world.save(due_at("2026-01-01T02:00:00Z")).await;
    world.pass(3 * DAY);
    scan(&world.archive).await.unwrap();
    settle(&world.archive).await;
    scan(&world.archive).await.unwrap();
    let runs = world.scheduled().await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].slot, Some(at("2026-01-01T02:00:00Z")));
    assert_eq!(runs[0].missed_slots, 2);
    assert_eq!(runs[0].lag_ms, 70 * 3_600_000);
    assert_eq!(runs[0].phase, Phase::Finished);
    assert_eq!(world.archived(room).await, 5);
    let next = world.archive.policy("nightly").await.unwrap().next_run_at;
    assert_eq!(next, Some(at("2026-01-04T02:00:00Z")));
}

#[tokio::test]
async fn skipping_goes_on_with_the_next_slot() {
    let world = World::new();
    world.room("room", 5).await;
    world
        .save(Policy {
            catch_up: CatchUp::Skip,
            ..due_at("2026-01-01T02:00:00Z")
        })
        .await;
    world.pass(3 * DAY);
    scan(&world.archive).await.unwrap();
    assert!(world.scheduled().await.is_empty());
    world.pass(2 * HOUR);
    scan(&world.archive).await.unwrap();
    settle(&world.archive).await;
    let runs = world.scheduled().await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].slot, Some(at("2026-01-04T02:00:00Z")));
}

#[tokio::test]
async fn one_of_three_schedulers_runs_a_slot() {
    let world = World::new();
    world.room("room", 5).await;
    let (second, third) = (world.another(), world.another());
    world.save(due_at("2026-01-01T02:00:00Z")).await;
    for day in 1..=5 {
        world.pass(DAY);
        let (one, two, three) = tokio::join!(scan(&world.archive), scan(&second), scan(&third));
        one.and(two).and(three).unwrap();
        for archive in [&world.archive, &second, &third] {
            settle(archive).await;
        }
        assert_eq!(world.scheduled().await.len(), day);
    }
    let mut slots: Vec<_> = world.scheduled().await.iter().map(|run| run.slot).collect();
    slots.dedup();
    assert_eq!(slots.len(), 5);
}

#[tokio::test]
async fn a_slot_that_was_claimed_by_somebody_who_died_is_not_run_twice() {
    let world = World::new();
    world.room("room", 5).await;
    let policy = due_at("2026-01-01T02:00:00Z");
    world.save(policy.clone()).await;
    world.pass(3 * HOUR);
    let run = Run {
        slot: policy.next_run_at,
        ..world.archive.new_run(policy, Trigger::Schedule, "schedule")
    };
    // Claimed, and dead before it advanced the policy or moved a message.
    let left = world.crash(run, 0).await.expect("it was dropped");
    world.pass(crate::testing::PACE.lease);
    scan(&world.archive).await.unwrap();
    settle(&world.archive).await;
    scan(&world.archive).await.unwrap();
    settle(&world.archive).await;
    let runs = world.scheduled().await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].id, runs[0].phase), (left.id, Phase::Finished));
}

#[tokio::test]
async fn a_slot_that_comes_while_the_policy_runs_is_skipped() {
    let world = World::new();
    world.room("room", 5).await;
    let policy = due_at("2026-01-01T02:00:00Z");
    world.save(policy.clone()).await;
    let run = world.archive.new_run(policy, Trigger::Manual, "ann");
    let run = world.crash(run, 3).await.expect("it is under way");
    world.clock.set(at("2026-01-01T02:00:00Z"));
    // Its lease goes on: somebody works on it.
    let lease = crate::testing::PACE.lease;
    let right = Right::take(&*world.store, &run, lease).await.unwrap();
    let right = right.expect("the dropped run's lease ran out");
    scan(&world.archive).await.unwrap();
    assert!(world.scheduled().await.is_empty());
    let next = world.archive.policy("nightly").await.unwrap().next_run_at;
    assert_eq!(next, Some(at("2026-01-02T02:00:00Z")));
    right.release(&*world.store).await;
}

#[tokio::test]
async fn a_clock_that_is_turned_back_repeats_nothing() {
    let world = World::new();
    world.room("room", 5).await;
    world.save(due_at("2026-01-01T02:00:00Z")).await;
    world.clock.set(at("2026-01-01T02:00:01Z"));
    for _ in 0..3 {
        scan(&world.archive).await.unwrap();
        settle(&world.archive).await;
        world.clock.turn_back(2 * HOUR);
        scan(&world.archive).await.unwrap();
        settle(&world.archive).await;
        world.pass(2 * HOUR);
    }
    assert_eq!(world.scheduled().await.len(), 1);
}

#[tokio::test]
async fn a_policy_that_is_switched_off_never_runs() {
    let world = World::new();
    world
        .save(Policy {
            enabled: false,
            ..due_at("2026-01-01T02:00:00Z")
        })
        .await;
    world.pass(DAY);
    scan(&world.archive).await.unwrap();
    assert!(world.scheduled().await.is_empty());
}

/// The original's two tasks: every minute, messages older than an hour, once logged and once
/// archived.
#[tokio::test]
async fn the_originals_two_tasks_work_as_they_were_meant() {
    let world = World::new();
    let settings = [
        setting("log old messages", "log"),
        setting("archive old messages", "archive"),
    ];
    let wanted = crate::policies::from_settings(&settings, &crate::testing::limits()).unwrap();
    crate::policies::synchronise(&*world.store, wanted, world.now())
        .await
        .unwrap();
    let room = world.room("room", 3).await;
    for minute in 1..=61 {
        world.pass(HOUR / 60);
        scan(&world.archive).await.unwrap();
        settle(&world.archive).await;
        let archived = world.archived(room).await;
        assert_eq!(
            archived,
            if minute > 60 { 3 } else { 0 },
            "after {minute} minutes"
        );
    }
    let runs = world.scheduled().await;
    assert_eq!(runs.len(), 2 * 61);
    let logged = |run: &&Run| run.policy.name == "log old messages";
    let last = runs.iter().find(logged).unwrap();
    assert!(runs.iter().all(|run| run.phase == Phase::Finished));
    assert!(last.total().due <= 3);
}

fn setting(name: &str, action: &str) -> settings::PolicySetting {
    serde_json::from_value(serde_json::json!({
        "name": name,
        "older_than": "1 hour",
        "action": action,
        "schedule": "every minute",
    }))
    .unwrap()
}
