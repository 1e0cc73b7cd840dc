//! When people were there last.

use domain::{Timestamp, UserId};

use super::PeopleWorld;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// In the order asked, whoever is in between.
pub async fn who_was_never_seen_has_no_moment(world: &PeopleWorld) {
    let (store, ann, bob) = (world.first(), UserId::new(), UserId::new());
    store.note_seen(&[bob], at(7)).await.unwrap();
    let seen = world.second().last_seen(&[ann, bob, ann]).await.unwrap();
    assert_eq!(seen, [None, Some(at(7)), None]);
    assert_eq!(store.last_seen(&[]).await.unwrap(), []);
}

/// Whatever the order in which processes say so.
pub async fn the_latest_moment_counts(world: &PeopleWorld) {
    let (store, ann) = (world.first(), UserId::new());
    for second in [5, 9, 3, 9] {
        store.note_seen(&[ann], at(second)).await.unwrap();
    }
    assert_eq!(store.last_seen(&[ann]).await.unwrap(), [Some(at(9))]);
}

/// As when a process ends.
pub async fn many_are_noted_at_once(world: &PeopleWorld) {
    let store = world.first();
    let people: Vec<_> = (0..250).map(|_| UserId::new()).collect();
    store.note_seen(&[], at(1)).await.unwrap();
    store.note_seen(&people, at(2)).await.unwrap();
    let seen = store.last_seen(&people).await.unwrap();
    assert_eq!(seen, vec![Some(at(2)); people.len()]);
}
