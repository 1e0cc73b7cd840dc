//! Rooms.

use domain::{Code, NewRoom, RoomId, RoomKind, TenantId, UserId};
use tokio::task::JoinSet;

use super::PeopleWorld;
use crate::builders::{bare_channel, new_channel, room_name};

/// All that was given, by each way of finding.
pub async fn every_field_of_a_room_returns(world: &PeopleWorld) {
    let store = world.first();
    let new = NewRoom {
        read_only: true,
        ..new_channel("Caf\u{e9}", UserId::new())
    };
    let room = store.create_room(new.clone()).await.unwrap();
    assert_eq!((room.id, room.kind), (new.id, RoomKind::Channel));
    assert_eq!((&room.tenant, &room.name), (&new.tenant, &new.name));
    assert_eq!((room.created_by, room.rev), (new.created_by, 1));
    assert!(room.read_only, "from the first moment on");
    assert_eq!(store.first_rows(new.id).await.unwrap(), new.init);
    assert!(store.first_rows(RoomId::new()).await.unwrap().is_empty());
    let by_id = world.second().room(new.id).await.unwrap();
    assert_eq!(by_id.as_ref(), Some(&room));
    let name = room_name("Cafe\u{301}");
    let by_name = store.room_by_name(&new.tenant, &name).await.unwrap();
    assert_eq!(by_name, Some(room));
    assert_eq!(store.room(RoomId::new()).await.unwrap(), None);
}

/// A creation whose answer was lost is simply repeated.
pub async fn repeating_a_creation_answers_with_the_room(world: &PeopleWorld) {
    let new = new_channel("general", UserId::new());
    let first = world.first().create_room(new.clone()).await.unwrap();
    let again = NewRoom {
        init: new_channel("general", new.created_by).init,
        ..new.clone()
    };
    let again = world.second().create_room(again).await.unwrap();
    assert_eq!(again, first);
    let kept = world.first().first_rows(new.id).await.unwrap();
    assert_eq!(kept, new.init, "the first are the first");
}

/// A channel is found by its name, so the name stands for one.
pub async fn a_channels_name_is_taken_once_per_tenant(world: &PeopleWorld) {
    let store = world.first();
    store.create_room(bare_channel("general")).await.unwrap();
    let taken = store.create_room(bare_channel("general")).await;
    assert_eq!(taken.unwrap_err().code(), Code::RoomExists);
    let elsewhere = NewRoom {
        tenant: TenantId::new("elsewhere"),
        ..bare_channel("general")
    };
    assert!(store.create_room(elsewhere).await.is_ok());
}

/// Rooms without a name do not take it from each other.
pub async fn groups_and_direct_rooms_need_no_name(world: &PeopleWorld) {
    let store = world.first();
    for kind in [RoomKind::Group, RoomKind::Group, RoomKind::Direct] {
        let new = NewRoom {
            kind,
            name: None,
            ..bare_channel("unused")
        };
        let room = store.create_room(new).await.unwrap();
        assert_eq!((room.kind, room.name), (kind, None));
    }
}

/// Sixteen people make one channel in the same millisecond.
pub async fn of_simultaneous_creations_of_a_room_one_wins(world: &PeopleWorld) {
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = world.node(n);
        tasks.spawn(async move { store.create_room(bare_channel("general")).await });
    }
    let (made, refused): (Vec<_>, Vec<_>) =
        tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 15));
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), Code::RoomExists);
    }
}

/// By id, each once; groups are no channels, but rooms.
pub async fn channels_are_listed_in_pages_by_id(world: &PeopleWorld) {
    let store = world.first();
    let mut ids = Vec::new();
    for n in 0..5 {
        let room = bare_channel(&format!("channel {n}"));
        ids.push(store.create_room(room).await.unwrap().id);
    }
    let group = NewRoom {
        kind: RoomKind::Group,
        ..bare_channel("group")
    };
    let group = store.create_room(group).await.unwrap().id;
    ids.sort_unstable();
    let tenant = TenantId::default();
    let channels = async |after, limit| -> Vec<_> {
        let page = store.channels(&tenant, after, limit).await.unwrap();
        page.iter().map(|room| room.id).collect()
    };
    assert_eq!(channels(None, 3).await, ids[..3]);
    assert_eq!(channels(Some(ids[2]), 3).await, ids[3..]);
    ids.push(group);
    ids.sort_unstable();
    let all = store.all_rooms(None, 4).await.unwrap();
    let rest = store.all_rooms(Some(all[3].id), 4).await.unwrap();
    let all: Vec<_> = all.iter().chain(&rest).map(|room| room.id).collect();
    assert_eq!(all, ids);
}
