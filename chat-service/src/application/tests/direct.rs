//! Rooms for two.

use domain::{
    Caller, Code, Command, Cursor, Reply, Role, RoomId, TenantId, UserId, command::RoomView,
};
use futures_util::future::join_all;

use crate::testing::{World, delete};

async fn listed(world: &World, who: &Caller) -> Vec<RoomView> {
    let own = Command::ListOwnRooms {
        after: None,
        limit: 1,
        hidden: false,
    };
    match world.ask(who, own).await.unwrap() {
        Reply::Rooms { rooms, more: false } => rooms,
        other => panic!("no list: {other:?}"),
    }
}

async fn history(world: &World, who: &Caller, room: RoomId) -> Vec<String> {
    let mut pages = Vec::new();
    for cursor in [Cursor::Newest, Cursor::After(0), Cursor::Around(1)] {
        let limit = 50;
        let command = Command::ReadHistory {
            room,
            cursor,
            limit,
        };
        let Reply::History { page, .. } = world.ask(who, command).await.unwrap() else {
            panic!("no page");
        };
        let said = page.messages.iter().filter_map(|m| m.content());
        pages.push(said.map(|c| c.text.clone()).collect::<Vec<_>>());
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    pages.remove(0)
}

#[tokio::test]
async fn each_pair_has_one_room_however_it_is_opened() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let opened = join_all([
        world.direct(&ann, &bob),
        world.direct(&bob, &ann),
        world.direct(&ann, &bob),
    ]);
    let opened = opened.await;
    let room = opened[0].0.room.id;
    assert!(opened.iter().all(|(view, _)| view.room.id == room));
    assert!(opened.iter().any(|(_, made)| *made));
    let (view, made) = world.direct(&bob, &ann).await;
    assert_eq!((view.head, made), (2, false), "each came once");
    assert_eq!(view.peer, Some(ann.card()));
    world.say(&bob, room, "hello").await;
    assert_eq!(world.view(&ann, room).await.unread, 1);
}

#[tokio::test]
async fn a_direct_room_is_with_somebody_else_of_the_tenant() {
    let world = World::new();
    let ann = world.person("ann").await;
    let far = world.person_of("far", TenantId::new("elsewhere")).await;
    let open = |user| Command::OpenDirect { user };
    assert_eq!(
        world.refused(&ann, open(ann.user)).await,
        Code::InvalidField
    );
    for user in [far.user, UserId::new()] {
        assert_eq!(world.refused(&ann, open(user)).await, Code::UserNotFound);
    }
}

#[tokio::test]
async fn a_direct_room_belongs_to_both_for_ever() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let eve = world.person("eve").await;
    let room = world.direct(&ann, &bob).await.0.room.id;
    let (user, role) = (bob.user, Role::Admin);
    for command in [
        Command::AddMember {
            room,
            user: eve.user,
            role: Role::Member,
        },
        Command::RemoveMember { room, user },
        Command::SetRole { room, user, role },
        Command::Transfer { room, user },
        Command::ChangeRoom {
            room,
            name: None,
            read_only: Some(true),
            if_rev: None,
        },
    ] {
        let code = world.refused(&ann, command.clone()).await;
        assert_eq!(code, Code::WrongRoomKind, "{command:?}");
    }
    let join = Command::Join { room };
    assert_eq!(world.refused(&eve, join).await, Code::RoomNotFound);
    let said = world.say(&ann, room, "mine").await.id;
    let refused = world.refused(&bob, delete(room, said)).await;
    assert_eq!(refused, Code::RoleTooLow);
}

#[tokio::test]
async fn who_deletes_a_direct_room_sees_it_again_when_something_new_is_said() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.direct(&ann, &bob).await.0.room.id;
    world.say(&ann, room, "old").await;
    for gone in [Command::DeleteRoom { room }, Command::Leave { room }] {
        world.ask(&bob, gone).await.unwrap();
        assert_eq!(listed(&world, &bob).await, []);
        assert_eq!(world.view(&bob, room).await.unread, 0);
        assert!(history(&world, &bob, room).await.is_empty());
    }
    assert_eq!(history(&world, &ann, room).await, ["old"]);
    world.channel(&bob, "other").await;
    assert_eq!(listed(&world, &bob).await.len(), 1, "the page is filled up");

    let old = world.say(&ann, room, "new").await;
    let replay = |after| Command::Replay {
        room,
        after,
        limit: 10,
    };
    let Reply::Replay(page) = world.ask(&bob, replay(0)).await.unwrap() else {
        panic!("no replay");
    };
    assert_eq!(
        (page.scenes.len(), page.through, page.head),
        (1, old.seq, old.seq)
    );
    assert_eq!(history(&world, &bob, room).await, ["new"]);
    let view = world.view(&bob, room).await;
    assert_eq!((view.unread, view.is_hidden()), (1, false));
}

#[tokio::test]
async fn a_replay_of_what_is_hidden_ends_at_the_head() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.direct(&ann, &bob).await.0.room.id;
    let said = world.say(&ann, room, "old").await;
    world.ask(&bob, Command::Leave { room }).await.unwrap();
    let replay = Command::Replay {
        room,
        after: 0,
        limit: 10,
    };
    let Reply::Replay(page) = world.ask(&bob, replay).await.unwrap() else {
        panic!("no replay");
    };
    assert_eq!(
        (page.scenes.len(), page.through, page.head),
        (0, said.seq, said.seq)
    );
    let message = said.id;
    for command in [
        Command::GetMessage { room, message },
        crate::testing::react(room, message, "+1", true),
    ] {
        assert_eq!(world.refused(&bob, command).await, Code::MessageNotFound);
    }
}
