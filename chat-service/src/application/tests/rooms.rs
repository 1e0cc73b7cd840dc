//! Making, changing and deleting rooms.

use domain::{
    Caller, ClientId, Code, Command, Cursor, Reply, Rev, Role, RoomId, TenantId, UserId,
    WantedRoom, command::RoomView,
};
use testkit::builders::room_name;

use crate::testing::{World, channel, delete, edit, react, send};

fn rename(room: RoomId, name: &str, if_rev: Option<Rev>) -> Command {
    Command::ChangeRoom {
        room,
        name: Some(room_name(name)),
        read_only: None,
        if_rev,
    }
}

fn close(room: RoomId, read_only: bool) -> Command {
    Command::ChangeRoom {
        room,
        name: None,
        read_only: Some(read_only),
        if_rev: None,
    }
}

#[tokio::test]
async fn a_group_begins_with_those_who_are_named() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.group(&ann, &[&bob, &bob, &ann]).await;
    assert_eq!(world.role(room, &ann).await, Some(Role::Owner));
    assert_eq!(world.role(room, &bob).await, Some(Role::Member));
    assert_eq!(world.view(&bob, room).await.head, 2, "each came once");
    let far = world.person_of("far", TenantId::new("elsewhere")).await;
    for user in [far.user, UserId::new()] {
        let room = WantedRoom::Group {
            name: None,
            members: vec![bob.user, user],
            read_only: false,
        };
        let command = Command::CreateRoom { room, key: None };
        assert_eq!(world.refused(&ann, command).await, Code::UserNotFound);
    }
    assert_eq!(world.store().count_memberships(bob.user).await.unwrap(), 1);
}

#[tokio::test]
async fn a_room_may_begin_read_only() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let key = ClientId::new();
    let wanted = |read_only| Command::CreateRoom {
        room: WantedRoom::Group {
            name: None,
            members: vec![bob.user],
            read_only,
        },
        key: Some(key),
    };
    let Reply::Opened { room, made: true } = world.ask(&ann, wanted(true)).await.unwrap() else {
        panic!("no room");
    };
    assert_eq!((room.room.read_only, room.room.rev), (true, 1));
    let said = world.refused(&bob, send(room.room.id, "x")).await;
    assert_eq!(said, Code::RoomReadOnly);
    let otherwise = world.refused(&ann, wanted(false)).await;
    assert_eq!(otherwise, Code::ClientIdMismatch);
}

#[tokio::test]
async fn a_room_is_renamed_by_who_has_seen_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.channel(&ann, "taken").await;
    assert_eq!(
        world.refused(&ann, rename(room, "taken", None)).await,
        Code::RoomExists
    );
    let Reply::Room(view) = world
        .ask(&ann, rename(room, "hall", Some(1)))
        .await
        .unwrap()
    else {
        panic!("no room");
    };
    assert_eq!(
        (view.room.name, view.room.rev),
        (Some(room_name("hall")), 2)
    );
    let stale = world.ask(&ann, rename(room, "attic", Some(1))).await;
    let stale = stale.unwrap_err();
    assert_eq!(
        (stale.code(), stale.field()),
        (Code::StaleRevision, Some("rev"))
    );
    assert!(stale.message().contains('2'), "{stale}");
    world.channel(&ann, "lobby").await;
    let head = world.view(&ann, room).await.head;
    world.ask(&ann, rename(room, "hall", None)).await.unwrap();
    assert_eq!(world.view(&ann, room).await.head, head, "nothing changed");
}

#[tokio::test]
async fn both_changes_are_made_or_none() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.channel(&ann, "taken").await;
    let both = |name| Command::ChangeRoom {
        room,
        name: Some(room_name(name)),
        read_only: Some(true),
        if_rev: None,
    };
    assert_eq!(world.refused(&ann, both("taken")).await, Code::RoomExists);
    assert!(!world.view(&ann, room).await.room.read_only);
    world.ask(&ann, both("hall")).await.unwrap();
    let view = world.view(&ann, room).await;
    assert_eq!((view.room.read_only, view.room.rev), (true, 2));
}

#[tokio::test]
async fn of_simultaneous_changes_that_of_the_loser_is_not_made_in_part() {
    let world = World::new();
    let ann = world.person("ann").await;
    for round in 0..10 {
        let room = world.channel(&ann, &format!("lobby {round}")).await.room.id;
        let both = Command::ChangeRoom {
            room,
            name: Some(room_name(&format!("hall {round}"))),
            read_only: Some(true),
            if_rev: Some(1),
        };
        let one = rename(room, &format!("attic {round}"), Some(1));
        let (one, both) = tokio::join!(world.ask(&ann, one), world.ask(&ann, both));
        assert_ne!(one.is_ok(), both.is_ok(), "one of them was first");
        let room = world.view(&ann, room).await.room;
        assert_eq!((room.rev, room.read_only), (2, both.is_ok()));
    }
}

#[tokio::test]
async fn only_admins_change_a_room_and_only_owners_delete_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.group(&ann, &[&bob]).await;
    for command in [
        rename(room, "x", None),
        close(room, true),
        Command::DeleteRoom { room },
    ] {
        assert_eq!(world.refused(&bob, command).await, Code::RoleTooLow);
    }
    let (user, role) = (bob.user, Role::Admin);
    let promote = Command::SetRole { room, user, role };
    world.ask(&ann, promote).await.unwrap();
    world.ask(&bob, rename(room, "x", None)).await.unwrap();
    let refused = world.refused(&bob, Command::DeleteRoom { room }).await;
    assert_eq!(refused, Code::RoleTooLow);
}

#[tokio::test]
async fn in_a_read_only_room_members_react_and_no_more() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.group(&ann, &[&bob]).await;
    let own = world.say(&bob, room, "mine").await.id;
    world.ask(&ann, close(room, true)).await.unwrap();
    assert_eq!(
        world.refused(&bob, send(room, "x")).await,
        Code::RoomReadOnly
    );
    let change = edit(room, own, "y", None);
    assert_eq!(world.refused(&bob, change).await, Code::RoomReadOnly);
    let said = world.say(&ann, room, "news").await.id;
    world
        .ask(&bob, react(room, said, "+1", true))
        .await
        .unwrap();
    world.ask(&bob, delete(room, own)).await.unwrap();
    world.ask(&ann, close(room, false)).await.unwrap();
    world.say(&bob, room, "at last").await;
}

#[tokio::test]
async fn a_deleted_room_is_gone_and_its_name_is_free() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.join(&bob, room).await;
    world.ask(&ann, Command::DeleteRoom { room }).await.unwrap();
    let cursor = Cursor::Newest;
    for command in [
        send(room, "x"),
        Command::GetRoom { room },
        Command::Join { room },
        Command::ReadHistory {
            room,
            cursor,
            limit: 1,
        },
        Command::DeleteRoom { room },
    ] {
        for who in [&ann, &bob] {
            let code = world.refused(who, command.clone()).await;
            assert_eq!(code, Code::RoomNotFound, "{command:?}");
        }
    }
    let own = Command::ListOwnRooms {
        after: None,
        limit: 10,
        hidden: true,
    };
    let Reply::Rooms { rooms, .. } = world.ask(&bob, own).await.unwrap() else {
        panic!("no list");
    };
    assert!(rooms.is_empty(), "{rooms:?}");
    world.ask(&bob, channel("lobby")).await.unwrap();
}

/// The making of a group under a key, and whether it was made now.
async fn keyed(
    world: &World,
    who: &Caller,
    key: ClientId,
    members: &[&Caller],
) -> (RoomView, bool) {
    match world.ask(who, group(key, members)).await.unwrap() {
        Reply::Opened { room, made } => (room, made),
        other => panic!("no room: {other:?}"),
    }
}

fn group(key: ClientId, members: &[&Caller]) -> Command {
    let room = WantedRoom::Group {
        name: None,
        members: members.iter().map(|member| member.user).collect(),
        read_only: false,
    };
    let key = Some(key);
    Command::CreateRoom { room, key }
}

#[tokio::test]
async fn a_key_makes_one_room_whatever_has_changed_since() {
    let world = World::with(|settings| settings.limits.user_rooms = 1);
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| world.person(name));
    let (ann, bob, eve) = tokio::join!(ann, bob, eve);
    let key = ClientId::new();
    let (made, new) = keyed(&world, &ann, key, &[&bob, &eve]).await;
    assert!(new);
    let room = made.room.id;
    let first = world.store().first_rows(room).await.unwrap();
    assert_eq!(first.len(), 3, "one commit holds who is in it");
    world.ask(&eve, Command::Leave { room }).await.unwrap();
    world
        .ask(&ann, rename(room, "friends", None))
        .await
        .unwrap();
    let (again, new) = keyed(&world, &ann, key, &[&eve, &bob, &ann]).await;
    assert!(!new, "though nobody may be in one more room");
    assert_eq!(
        (again.room.id, again.head),
        (room, 5),
        "nothing was written"
    );
    assert_eq!(world.role(room, &eve).await, None, "who left stays away");
    let other = world.refused(&ann, group(key, &[&bob])).await;
    assert_eq!(other, Code::ClientIdMismatch);
    let (theirs, new) = keyed(&world, &eve, key, &[]).await;
    assert!(new && theirs.room.id != room, "a key is one person's");
    world.ask(&ann, Command::DeleteRoom { room }).await.unwrap();
    let gone = world.refused(&ann, group(key, &[&bob, &eve])).await;
    assert_eq!(gone, Code::RoomNotFound);
}

#[tokio::test]
async fn of_simultaneous_makings_under_a_key_one_makes_the_room() {
    let world = World::new();
    let (ann, bob) = tokio::join!(world.person("ann"), world.person("bob"));
    let key = ClientId::new();
    let members = [&bob];
    let makings = (0..8).map(|_| keyed(&world, &ann, key, &members));
    let made = futures_util::future::join_all(makings).await;
    let room = made[0].0.room.id;
    assert!(made.iter().all(|(view, _)| view.room.id == room));
    assert_eq!(made.iter().filter(|(_, new)| *new).count(), 1);
    assert_eq!(world.view(&bob, room).await.head, 2, "each came once");
}
