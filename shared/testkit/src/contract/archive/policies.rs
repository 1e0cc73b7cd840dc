//! The policies.

use std::time::Duration;

use domain::{
    PolicyId, Timestamp,
    archive::{Action, CatchUp, Policy, Scope},
};
use futures_util::future::join_all;

use super::ArchiveStore;
use crate::contract::World;

type Worlds = World<dyn ArchiveStore>;

/// What is saved is what is read; saving again replaces; removing is idempotent.
pub async fn a_policy_is_saved_replaced_and_removed(world: &Worlds) {
    let mut saved = policy("nightly");
    world.first().save_policy(saved.clone()).await.unwrap();
    assert_eq!(world.second().policies().await.unwrap(), [saved.clone()]);

    saved.older_than = Duration::from_secs(7);
    saved.next_run_at = None;
    world.first().save_policy(saved.clone()).await.unwrap();
    assert_eq!(world.second().policies().await.unwrap(), [saved.clone()]);

    for _ in 0..2 {
        world.first().remove_policy(saved.id).await.unwrap();
        assert!(world.second().policies().await.unwrap().is_empty());
    }
}

/// By name, whenever they were made.
pub async fn policies_are_listed_by_name(world: &Worlds) {
    for name in ["c", "a", "b"] {
        world.first().save_policy(policy(name)).await.unwrap();
    }
    let names: Vec<_> = world.second().policies().await.unwrap();
    let names: Vec<_> = names.into_iter().map(|policy| policy.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

/// Compare-and-set: from what it is, also from none and to none, and of no policy never.
pub async fn a_slot_is_advanced_from_what_it_was(world: &Worlds) {
    let saved = policy("nightly");
    let (id, first) = (saved.id, saved.next_run_at);
    world.first().save_policy(saved).await.unwrap();
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
    world.first().save_policy(saved.clone()).await.unwrap();
    let tries = (0..16).map(|n| {
        let (store, id, from) = (world.node(n), saved.id, saved.next_run_at);
        async move { store.advance_policy(id, from, slot(2)).await.unwrap() }
    });
    let won = join_all(tries).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
}

/// A policy with everything filled in.
pub(super) fn policy(name: &str) -> Policy {
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
        next_run_at: slot(1),
    }
}

/// The `n`-th night's slot.
pub(super) fn slot(n: i64) -> Option<Timestamp> {
    Timestamp::from_second(1_767_232_800 + n * 86_400).ok()
}
