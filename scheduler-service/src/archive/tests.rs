mod interrupted;

use domain::{
    HoldId, NewRow,
    archive::{Action, Hold, Scope},
    ports::{Bodies, Holds},
};
use testkit::builders;

use super::*;
use crate::{
    difference::{Difference, Reason},
    testing::{DAY, HOUR, World, policy, settle},
};

fn of_rooms(names: &[&str]) -> Policy {
    Policy {
        scope: Scope::Rooms(names.iter().map(|name| builders::room_name(name)).collect()),
        ..policy("nightly")
    }
}

#[tokio::test]
async fn a_plan_moves_nothing_and_the_run_after_it_agrees_to_the_message() {
    let world = World::new();
    let (busy, quiet) = (world.room("busy", 25).await, world.room("quiet", 3).await);
    world.pass(2 * HOUR);
    world.say(busy, 4).await;
    let plan = world.archive.plan(policy("nightly"), "ann").await.unwrap();
    assert_eq!(world.archived(busy).await, 0);
    assert_eq!(
        (plan.trigger, plan.phase),
        (Trigger::DryRun, Phase::Finished)
    );
    assert_eq!(plan.total().due, 28);

    world.pass(HOUR);
    let run = world.archive.run_plan(plan.id, "ann").await.unwrap();
    let run = world.end_of(run.id).await;
    assert_eq!(run.phase, Phase::Finished);
    assert_eq!(run.cutoff, plan.cutoff);
    assert_eq!(run.total().moved, 28, "{run:?}");
    assert_eq!(differences(&world, &run).await, []);
    assert_eq!(world.archived(busy).await, 25);
    assert_eq!(world.archived(quiet).await, 3);
    let seqs: Vec<_> = world.history(busy).await.iter().map(|m| m.seq).collect();
    assert_eq!(seqs, (1..=29).collect::<Vec<_>>());
    world.assert_collected().await;
}

#[tokio::test]
async fn what_changed_since_the_plan_is_listed_with_the_reason() {
    let world = World::new();
    let mut rooms = Vec::new();
    for name in ["edited", "deleted", "held", "same"] {
        rooms.push(world.room(name, 3).await);
    }
    world.pass(2 * HOUR);
    let plan = world.archive.plan(policy("nightly"), "ann").await.unwrap();
    let message = world.first(rooms[0]).await;
    // As long as what it replaces: the bytes do not tell.
    world
        .append(
            rooms[0],
            builders::edit(message.sender, message.id, "message X", None),
        )
        .await;
    let message = world.first(rooms[1]).await;
    world
        .append(
            rooms[1],
            builders::deletion(message.sender, message.id, None),
        )
        .await;
    world
        .store
        .place_hold(hold(&world, rooms[2], 2, 2))
        .await
        .unwrap();

    let run = world.archive.run_plan(plan.id, "ann").await.unwrap();
    let run = world.end_of(run.id).await;
    let differs = differences(&world, &run).await;
    let found = |room| {
        let of_room = differs.iter().find(|d| d.room == room);
        of_room.map(|d| (d.planned, d.moved, d.reasons.clone()))
    };
    assert_eq!(found(rooms[0]), Some((3, 3, vec![Reason::EditedSince])));
    assert_eq!(found(rooms[1]), Some((3, 2, vec![Reason::GoneSince])));
    assert_eq!(found(rooms[2]), Some((3, 2, vec![Reason::HeldSince])));
    assert_eq!(found(rooms[3]), None);
}

async fn differences(world: &World, run: &Run) -> Vec<Difference> {
    let found = world.archive.differences(run, None, 10).await.unwrap();
    found.expect("it followed a plan and is over").items
}

fn hold(world: &World, room: RoomId, from: u64, through: u64) -> Hold {
    Hold {
        id: HoldId::new(),
        room,
        from,
        through,
        reason: "court".into(),
        by: "ann".into(),
        since: world.now(),
        until: None,
    }
}

#[tokio::test]
async fn a_plan_is_good_for_a_day_and_only_a_plan_can_be_run() {
    let world = World::new();
    world.room("room", 3).await;
    world.pass(2 * HOUR);
    let plan = world.archive.plan(policy("nightly"), "ann").await.unwrap();
    let run = world.run(policy("nightly")).await;
    let error = world.archive.run_plan(run.id, "ann").await.unwrap_err();
    assert_eq!(error.code(), Code::RunNotFound);
    world.pass(DAY + HOUR);
    let error = world.archive.run_plan(plan.id, "ann").await.unwrap_err();
    assert_eq!(error.code(), Code::PlanExpired);
}

#[tokio::test]
async fn rooms_are_told_up_to_the_last_message_that_was_moved() {
    let world = World::new();
    let (busy, silent) = (world.room("busy", 12).await, world.room("silent", 0).await);
    world.pass(2 * HOUR);
    world.say(busy, 5).await;
    let run = world.run(policy("nightly")).await;
    assert_eq!(world.told(), [(busy, run.id, 12)]);
    assert!(
        world
            .rooms_of(&run)
            .await
            .iter()
            .all(|count| count.room != silent)
    );
    let next = world.run(policy("nightly")).await;
    assert_eq!(next.total().moved, 0);
    assert_eq!(world.told().len(), 1, "nothing moved, nothing to tell");
}

#[tokio::test]
async fn the_log_task_counts_and_leaves_everything() {
    let world = World::new();
    let room = world.room("room", 7).await;
    world.pass(2 * HOUR);
    let policy = Policy {
        action: Action::Log,
        ..policy("log old messages")
    };
    let run = world.run(policy).await;
    assert_eq!(run.phase, Phase::Finished);
    assert_eq!((run.total().due, run.total().moved), (7, 7));
    let rooms = world.rooms_of(&run).await;
    assert!(rooms[0].oldest.is_some() && rooms[0].bytes > 0);
    assert_eq!(world.archived(room).await, 0);
    assert_eq!(world.told(), []);
}

#[tokio::test]
async fn only_the_named_rooms_are_touched_and_missing_ones_are_named() {
    let world = World::new();
    let (one, two) = (world.room("one", 3).await, world.room("two", 3).await);
    world.pass(2 * HOUR);
    let run = world.run(of_rooms(&["two", "three"])).await;
    assert_eq!(run.phase, Phase::Finished);
    assert_eq!(run.missing, [builders::room_name("three")]);
    assert_eq!(
        (world.archived(one).await, world.archived(two).await),
        (0, 3)
    );
}

#[tokio::test]
async fn a_cancelled_run_stops_before_the_next_batch() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.room(name, 5).await;
    }
    world.pass(2 * HOUR);
    world.cancel_at_next_row();
    let run = world.run(policy("nightly")).await;
    assert_eq!(run.phase, Phase::Cancelled);
    assert!(run.cancel && run.ended_at.is_some());
    assert_eq!(run.total().moved, 5, "the room that was done stays so");
    let again = world.archive.cancel(run.id).await.unwrap();
    assert_eq!(
        again.phase,
        Phase::Cancelled,
        "cancelling what is over changes nothing"
    );
    let rest = world.run(policy("nightly")).await;
    assert_eq!(rest.total().moved, 10);
}

#[tokio::test]
async fn one_run_of_a_policy_at_a_time() {
    let world = World::new();
    world.room("room", 3).await;
    world.pass(2 * HOUR);
    let other = world.another();
    let (one, two) = tokio::join!(
        world.archive.run_now(policy("nightly"), "ann"),
        other.run_now(policy("nightly"), "bob"),
    );
    let refused = one.err().or(two.err()).expect("one of the two is refused");
    assert_eq!(refused.code(), Code::RunInProgress);
    settle(&world.archive).await;
    settle(&other).await;
    world
        .archive
        .run_now(policy("nightly"), "ann")
        .await
        .unwrap();
    settle(&world.archive).await;
}

#[tokio::test]
async fn a_restore_brings_back_and_tonights_run_does_not_undo_it() {
    let world = World::new();
    let (one, two) = (world.room("one", 25).await, world.room("two", 3).await);
    let before = world.history(one).await;
    world.pass(2 * HOUR);
    let run = world.run(policy("nightly")).await;
    let wanted = Restore {
        run: run.id,
        room: Some(one),
        hold_days: None,
    };
    let restore = world.archive.restore(wanted, "ann").await.unwrap();
    let restore = world.end_of(restore.id).await;
    assert_eq!(
        (restore.trigger, restore.phase),
        (Trigger::Restore, Phase::Finished)
    );
    assert_eq!(restore.origin, Some(run.id));
    assert_eq!(restore.total().moved, 25);
    assert_eq!(
        world.history(one).await,
        before,
        "same ids, seqs and contents"
    );
    assert_eq!(
        world.archived(two).await,
        3,
        "the other room stays archived"
    );
    assert_eq!(world.told().last(), Some(&(one, restore.id, 25)));

    world.pass(DAY);
    let tonight = world.run(policy("nightly")).await;
    assert_eq!(tonight.total().moved, 0);
    assert_eq!(tonight.total().held, 25);
    world.pass(30 * DAY);
    let later = world.run(policy("nightly")).await;
    assert_eq!(later.total().moved, 25, "the hold has run out");
}

#[tokio::test]
async fn only_what_a_run_moved_can_be_restored() {
    let world = World::new();
    let room = world.room("room", 3).await;
    world.pass(2 * HOUR);
    let plan = world.archive.plan(policy("nightly"), "ann").await.unwrap();
    let restore = |run| Restore {
        run,
        room: None,
        hold_days: Some(1),
    };
    for unknown in [plan.id, RunId::new()] {
        let error = world
            .archive
            .restore(restore(unknown), "ann")
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::RunNotFound);
    }
    let run = world.run(policy("nightly")).await;
    for moved in [3, 0] {
        let again = world.archive.restore(restore(run.id), "ann").await.unwrap();
        let again = world.end_of(again.id).await;
        assert_eq!(again.phase, Phase::Finished);
        assert_eq!(again.total().moved, moved, "a second restore finds nothing");
    }
    assert_eq!(world.archived(room).await, 0);
}

/// A message that is edited while a run is at work stays editable or is archived as edited.
#[tokio::test]
async fn edits_during_a_run_are_not_lost() {
    let world = World::new();
    let room = world.room("room", 200).await;
    let messages = world.history(room).await;
    world.pass(2 * HOUR);
    let edits = async {
        let mut kept = Vec::new();
        for message in messages.iter().step_by(3) {
            let row: NewRow = builders::edit(message.sender, message.id, "edited", None);
            let answers = domain::ports::Log::append(&*world.store, room, vec![row]).await;
            if matches!(answers.unwrap()[0], domain::Appended::Stored(_)) {
                kept.push(message.id);
            }
            tokio::task::yield_now().await;
        }
        kept
    };
    let (run, edited) = tokio::join!(world.archive.run_now(policy("nightly"), "ann"), edits);
    let run = world.end_of(run.unwrap().id).await;
    assert_eq!(run.phase, Phase::Finished);
    let now = world.history(room).await;
    for id in edited {
        let message = now.iter().find(|message| message.id == id).unwrap();
        assert_eq!(message.content(), Some(&builders::text("edited")));
    }
    assert_eq!(world.archived(room).await as u64, run.total().moved);
    world.store.collect(1_000).await.unwrap();
    world.assert_collected().await;
}
