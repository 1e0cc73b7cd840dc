//! Token families.

use std::time::Duration;

use domain::{Family, FamilyId, TenantId, Timestamp, UserId};
use tokio::task::JoinSet;

use super::PeopleWorld;
use crate::builders::family;

const DAY: Duration = Duration::from_hours(24);

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("tests stay within the calendar")
}

async fn begun(world: &PeopleWorld, user: UserId, at: i64) -> Family {
    let family = family(user, second(at));
    world.first().begin_family(family.clone()).await.unwrap();
    family
}

async fn alive(world: &PeopleWorld, user: UserId, now: i64) -> Vec<FamilyId> {
    let found = world.second().families_of(user, second(now), 10).await;
    found.unwrap().iter().map(|family| family.id).collect()
}

/// All that was given.
pub async fn every_field_of_a_family_returns(world: &PeopleWorld) {
    let full = Family {
        tenant: TenantId::new("elsewhere"),
        generation: 7,
        previous: Some(5),
        last_used_at: second(200),
        ..family(UserId::new(), second(100))
    };
    let store = world.first();
    store.begin_family(full.clone()).await.unwrap();
    let found = world.second().family(full.id).await.unwrap();
    assert_eq!(found, Some(full.clone()));
    let found = store.families_of(full.user, second(200), 1).await.unwrap();
    assert_eq!(found, [full]);
    assert_eq!(store.family(FamilyId::new()).await.unwrap(), None);
}

/// A beginning whose answer was lost is repeated, and takes nothing back.
pub async fn beginning_a_family_twice_changes_nothing(world: &PeopleWorld) {
    let first = begun(world, UserId::new(), 100).await;
    let next = first.renewed(second(150), DAY);
    assert!(world.first().renew_family(1, next.clone()).await.unwrap());
    world.second().begin_family(first.clone()).await.unwrap();
    assert_eq!(world.first().family(first.id).await.unwrap(), Some(next));
}

/// Sixteen renewals with one token in the same millisecond.
pub async fn of_simultaneous_renewals_one_wins(world: &PeopleWorld) {
    let family = begun(world, UserId::new(), 100).await;
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = world.node(n);
        let next = family.renewed(second(150), DAY);
        tasks.spawn(async move { store.renew_family(1, next).await.unwrap() });
    }
    let won = tasks.join_all().await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    let found = world.first().family(family.id).await.unwrap();
    assert_eq!(found, Some(family.renewed(second(150), DAY)));
}

/// The newest use comes first; what ended in either way is not there.
pub async fn families_are_listed_while_they_live(world: &PeopleWorld) {
    let (ann, bob) = (UserId::new(), UserId::new());
    let (old, new) = (begun(world, ann, 100).await, begun(world, ann, 200).await);
    begun(world, bob, 150).await;
    assert_eq!(alive(world, ann, 300).await, [new.id, old.id]);
    let next = old.renewed(second(250), DAY);
    assert!(world.first().renew_family(1, next).await.unwrap());
    assert_eq!(alive(world, ann, 300).await, [old.id, new.id]);
    let first = world.first().families_of(ann, second(300), 1).await;
    assert_eq!(first.unwrap()[0].id, old.id);
    let ends = new.expires_at.as_second();
    assert_eq!(alive(world, ann, ends).await, [old.id], "at its very end");
    world.first().end_family(old.id, second(300)).await.unwrap();
    assert!(alive(world, ann, ends).await.is_empty());
}

/// What ended is not renewed, and its first end stays.
pub async fn an_ended_family_stays_ended(world: &PeopleWorld) {
    let store = world.first();
    let family = begun(world, UserId::new(), 100).await;
    store.end_family(family.id, second(200)).await.unwrap();
    world
        .second()
        .end_family(family.id, second(300))
        .await
        .unwrap();
    let next = family.renewed(second(250), DAY);
    assert!(!store.renew_family(1, next).await.unwrap());
    let found = store.family(family.id).await.unwrap().unwrap();
    assert_eq!((found.ended_at, found.generation), (Some(second(200)), 1));
    store
        .end_family(FamilyId::new(), second(200))
        .await
        .unwrap();
}

/// All sockets of a process are asked for at once.
pub async fn families_that_nobody_ended_are_found_among_many(world: &PeopleWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let (one, two) = (begun(world, ann, 100).await, begun(world, ann, 110).await);
    let ended = begun(world, ann, 120).await;
    store.end_family(ended.id, second(150)).await.unwrap();
    let asked = [one.id, ended.id, two.id, FamilyId::new()];
    let mut found = world.second().unended_families(&asked).await.unwrap();
    found.sort_unstable();
    let mut wanted = [one.id, two.id];
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    assert!(store.unended_families(&[]).await.unwrap().is_empty());
}

/// Everywhere but here, and then everywhere.
pub async fn all_families_of_a_user_end_but_one(world: &PeopleWorld) {
    let (ann, bob) = (UserId::new(), UserId::new());
    let store = world.first();
    let (one, two) = (begun(world, ann, 100).await, begun(world, ann, 110).await);
    let (kept, other) = (begun(world, ann, 120).await, begun(world, bob, 130).await);
    store.end_family(two.id, second(140)).await.unwrap();
    let ended = store.end_families(ann, Some(kept.id), second(150)).await;
    assert_eq!(ended.unwrap(), [one.id], "the other had ended before");
    assert_eq!(alive(world, ann, 160).await, [kept.id]);
    let ended = world.second().end_families(ann, None, second(170)).await;
    assert_eq!(ended.unwrap(), [kept.id]);
    assert!(alive(world, ann, 180).await.is_empty());
    assert_eq!(alive(world, bob, 180).await, [other.id]);
}

/// What has ended is refused for that, and need not be remembered.
pub async fn families_that_ended_are_forgotten(world: &PeopleWorld) {
    let store = world.first();
    let ann = UserId::new();
    let (ended, kept) = (begun(world, ann, 100).await, begun(world, ann, 200).await);
    store.end_family(ended.id, second(150)).await.unwrap();
    assert_eq!(store.forget_families(second(150)).await.unwrap(), 0);
    assert_eq!(store.forget_families(second(151)).await.unwrap(), 1);
    assert_eq!(store.family(ended.id).await.unwrap(), None);
    let expired = kept.expires_at + Duration::from_secs(1);
    assert_eq!(store.forget_families(expired).await.unwrap(), 1);
    assert_eq!(store.family(kept.id).await.unwrap(), None);
}
