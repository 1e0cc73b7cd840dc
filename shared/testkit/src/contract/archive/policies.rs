//! The policies.

use std::time::Duration;

use domain::{
    Code, PolicyId, Timestamp,
    archive::{Action, CatchUp, Policy, PolicySource, Scope},
};
use futures_util::future::join_all;

use super::ArchiveStore;
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

/// What is saved is what is read, and each change names the revision that it replaces.
pub async fn a_policy_is_saved_changed_and_removed(world: &Worlds) {
    let mut saved = policy("nightly");
    save(world, &saved).await;
    assert_eq!(world.second().policies().await.unwrap(), [saved.clone()]);

    saved.older_than = Duration::from_secs(7);
    saved.next_run_at = None;
    saved.rev = 5;
    let change = async |from| {
        world
            .first()
            .save_policy(saved.clone(), from)
            .await
            .unwrap()
    };
    for stale in [None, Some(3), Some(5)] {
        assert!(!change(stale).await, "{stale:?}");
    }
    assert!(change(Some(4)).await);
    assert_eq!(world.second().policies().await.unwrap(), [saved.clone()]);

    let remove = async |from| world.first().remove_policy(saved.id, from).await.unwrap();
    assert!(!remove(4).await);
    assert!(remove(5).await);
    assert!(!remove(5).await);
    assert!(world.second().policies().await.unwrap().is_empty());
    assert!(!change(Some(5)).await, "what is gone is not changed");
}

/// Neither a new policy nor a changed one takes another's name.
pub async fn a_policys_name_is_taken_once(world: &Worlds) {
    let (nightly, weekly) = (policy("nightly"), policy("weekly"));
    save(world, &nightly).await;
    save(world, &weekly).await;
    let refused = async |policy, from| {
        let saved = world.second().save_policy(policy, from).await;
        saved.unwrap_err().code()
    };
    assert_eq!(refused(policy("weekly"), None).await, Code::PolicyExists);
    let renamed = Policy {
        name: "weekly".to_owned(),
        ..nightly.clone()
    };
    let from = Some(nightly.rev);
    assert_eq!(refused(renamed, from).await, Code::PolicyExists);
    let kept = world.first().policies().await.unwrap();
    assert_eq!(kept, [nightly, weekly]);
}

/// However many try at once.
pub async fn of_many_changes_of_one_revision_one_succeeds(world: &Worlds) {
    let saved = policy("nightly");
    save(world, &saved).await;
    let tries = (0..16).map(|n| {
        let (store, from) = (world.node(n), saved.rev);
        let changed = Policy {
            rev: from + 1,
            older_than: Duration::from_secs(n as u64 + 1),
            ..saved.clone()
        };
        async move { store.save_policy(changed, Some(from)).await.unwrap() }
    });
    let won = join_all(tries).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
}

/// By name, whenever they were made.
pub async fn policies_are_listed_by_name(world: &Worlds) {
    for name in ["c", "a", "b"] {
        save(world, &policy(name)).await;
    }
    let names: Vec<_> = world.second().policies().await.unwrap();
    let names: Vec<_> = names.into_iter().map(|policy| policy.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

/// Compare-and-set: from what it is, also from none and to none, and of no policy never.
pub async fn a_slot_is_advanced_from_what_it_was(world: &Worlds) {
    let saved = policy("nightly");
    let (id, first) = (saved.id, saved.next_run_at);
    save(world, &saved).await;
    let advance = async |id, from, to| world.first().advance_policy(id, from, to).await.unwrap();

    assert!(!advance(id, None, slot(2)).await);
    assert!(!advance(id, slot(2), slot(3)).await);
    assert!(advance(id, first, None).await);
    assert!(advance(id, None, slot(2)).await);
    assert!(!advance(PolicyId::new(), None, slot(2)).await);
    let policies = world.second().policies().await.unwrap();
    assert_eq!(policies[0].next_run_at, slot(2));
}

/// However many try at once.
pub async fn of_many_schedulers_one_advances_a_slot(world: &Worlds) {
    let saved = policy("nightly");
    save(world, &saved).await;
    let tries = (0..16).map(|n| {
        let (store, id, from) = (world.node(n), saved.id, saved.next_run_at);
        async move { store.advance_policy(id, from, slot(2)).await.unwrap() }
    });
    let won = join_all(tries).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
}

async fn save(world: &Worlds, policy: &Policy) {
    let saved = world.first().save_policy(policy.clone(), None).await;
    assert!(saved.unwrap(), "it is new");
}

/// A policy with everything filled in.
pub(crate) fn policy(name: &str) -> Policy {
    Policy {
        id: PolicyId::new(),
        name: name.to_owned(),
        scope: Scope::AllRooms,
        older_than: Duration::from_hours(24),
        action: Action::Archive,
        schedule: "0 2 * * *".to_owned(),
        timezone: "Europe/London".to_owned(),
        catch_up: CatchUp::RunOnce,
        enabled: true,
        paused: true,
        withdrawn: true,
        source: PolicySource::Administrator,
        rev: 4,
        next_run_at: slot(1),
    }
}

/// The `n`-th night's slot.
pub(crate) fn slot(n: i64) -> Option<Timestamp> {
    Timestamp::from_second(1_767_232_800 + n * 86_400).ok()
}
