//! What rooms have of their own.

use std::time::Duration;

use domain::{
    PolicyId, RoomId, TenantId,
    archive::{RoomOverride, RoomRule},
};

use super::{ArchiveStore, policies::slot};
use crate::contract::{
    World,
    steps::{channel, clear},
};

type Worlds = World<dyn ArchiveStore>;

/// What is set is what is read; setting again replaces; lifting is idempotent.
pub async fn a_rooms_rule_is_set_replaced_and_lifted(world: &Worlds) {
    let room = RoomId::new();
    let read = async || world.second().room_override(room).await.unwrap();
    assert_eq!(read().await, None);
    let age = RoomRule::OlderThan(Duration::from_hours(24));
    for rule in [RoomRule::Exempt, age, RoomRule::Policy(PolicyId::new())] {
        let own = own(room, "default", rule);
        world.first().set_override(own.clone()).await.unwrap();
        assert_eq!(read().await, Some(own));
    }
    for there in [true, false] {
        assert_eq!(world.first().lift_override(room).await.unwrap(), there);
        assert_eq!(read().await, None);
    }
}

/// By room, and of one tenant.
pub async fn rules_are_paged_by_room_within_a_tenant(world: &Worlds) {
    let rooms: Vec<RoomId> = (0..6).map(|_| RoomId::new()).collect();
    for (n, room) in rooms.iter().enumerate().rev() {
        let tenant = if n % 2 == 0 { "here" } else { "there" };
        let own = own(*room, tenant, RoomRule::Exempt);
        world.first().set_override(own).await.unwrap();
    }
    let here = TenantId::new("here");
    let page = async |after| {
        let rules = world.second().overrides(&here, after, 2).await.unwrap();
        rules.iter().map(|own| own.room).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [rooms[0], rooms[2]]);
    assert_eq!(page(Some(rooms[2])).await, [rooms[4]]);
    assert!(page(Some(rooms[4])).await.is_empty());
}

/// A room that gets another rule is pinned no more.
pub async fn the_rooms_of_a_policy_are_known(world: &Worlds) {
    let (policy, other) = (PolicyId::new(), PolicyId::new());
    let rooms: Vec<RoomId> = (0..3).map(|_| RoomId::new()).collect();
    let set = async |room, rule| {
        let set = world.first().set_override(own(room, "default", rule));
        set.await.unwrap();
    };
    for room in rooms.iter().rev() {
        set(*room, RoomRule::Policy(policy)).await;
    }
    set(RoomId::new(), RoomRule::Policy(other)).await;
    set(RoomId::new(), RoomRule::Exempt).await;
    let page = async |after| world.second().pinned_rooms(policy, after, 2).await.unwrap();
    assert_eq!(page(None).await, rooms[..2]);
    assert_eq!(page(Some(rooms[1])).await, rooms[2..]);
    set(rooms[0], RoomRule::Exempt).await;
    assert_eq!(page(None).await, rooms[1..]);
}

/// It is cleared up with what else the room leaves; those of others stay.
pub async fn the_rule_of_a_deleted_room_goes_with_it(world: &Worlds) {
    let store = world.first();
    let (kept, room) = (channel(store).await, channel(store).await);
    for room in [kept, room] {
        let rule = own(room, "default", RoomRule::Exempt);
        store.set_override(rule).await.unwrap();
    }
    clear(store, room).await;
    assert_eq!(store.room_override(room).await.unwrap(), None);
    assert!(store.room_override(kept).await.unwrap().is_some());
}

fn own(room: RoomId, tenant: &str, rule: RoomRule) -> RoomOverride {
    RoomOverride {
        room,
        tenant: TenantId::new(tenant),
        rule,
        by: "ops".to_owned(),
        since: slot(0).expect("a moment"),
    }
}
