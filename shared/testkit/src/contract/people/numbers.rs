//! Whole numbers for things.

use std::collections::BTreeSet;

use domain::{Numbered, Numbering, RoomId, TenantId, UserId};
use tokio::task::JoinSet;

use super::PeopleWorld;

fn here() -> TenantId {
    TenantId::default()
}

/// In the order asked, each from 1 up, and the same whoever asks.
pub async fn things_are_numbered_kind_by_kind(world: &PeopleWorld) {
    let store = world.first();
    let rooms = [RoomId::new(), RoomId::new()];
    let user = UserId::new();
    let things: [Numbered; 4] = [
        rooms[0].into(),
        user.into(),
        rooms[1].into(),
        rooms[0].into(),
    ];
    let given = store.numbers(&here(), &things).await.unwrap();
    assert_eq!(given, [1, 1, 2, 1]);
    let again = world.second().numbers(&here(), &things).await.unwrap();
    assert_eq!(again, given);
    assert!(store.numbers(&here(), &[]).await.unwrap().is_empty());
}

/// Back from the number to the thing, for its kind and its tenant alone.
pub async fn a_number_leads_to_its_thing(world: &PeopleWorld) {
    let (store, elsewhere) = (world.first(), TenantId::new("elsewhere"));
    let (room, other) = (RoomId::new(), RoomId::new());
    assert_eq!(store.numbers(&here(), &[room.into()]).await.unwrap(), [1]);
    let theirs = store.numbers(&elsewhere, &[other.into()]).await.unwrap();
    assert_eq!(theirs, [1], "each tenant counts for itself");
    let find = async |tenant: &TenantId, kind, number| {
        let found = world.second().numbered(tenant, kind, number).await;
        found.unwrap().map(RoomId::from_uuid)
    };
    assert_eq!(find(&here(), Numbering::Rooms, 1).await, Some(room));
    assert_eq!(find(&elsewhere, Numbering::Rooms, 1).await, Some(other));
    assert_eq!(find(&here(), Numbering::Rooms, 2).await, None);
    assert_eq!(find(&here(), Numbering::Rooms, u64::MAX).await, None);
    assert_eq!(find(&here(), Numbering::Users, 1).await, None);
}

/// Sixteen who ask for four things in the same millisecond.
pub async fn of_simultaneous_askers_all_hear_the_same(world: &PeopleWorld) {
    let things: Vec<Numbered> = (0..4).map(|_| RoomId::new().into()).collect();
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let (store, things) = (world.node(n), things.clone());
        tasks.spawn(async move { store.numbers(&here(), &things).await.unwrap() });
    }
    let heard: BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let distinct: BTreeSet<_> = heard.iter().flatten().collect();
    assert_eq!(distinct.len(), things.len(), "{heard:?}");
}
