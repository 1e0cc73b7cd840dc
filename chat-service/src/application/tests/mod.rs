//! The rules, on an embedded store.

mod direct;
mod fold;
mod members;
mod messages;
mod repeats;
mod rooms;

use std::collections::BTreeSet;

use crate::testing::{World, channel, send};
use domain::{
    Caller, Change, ClientId, Code, Command, Content, Cursor, Mark, MemberChange, Reply, Role,
    RoomId, Seq, TenantId,
};

async fn seqs(world: &World, room: RoomId) -> Vec<Seq> {
    let rows = world.store().rows(room, 0, 100).await.unwrap();
    rows.iter().map(|row| row.seq).collect()
}

#[tokio::test]
async fn who_makes_a_channel_owns_it_and_is_in_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let view = world.channel(&ann, "lobby").await;
    assert_eq!(view.head, 1);
    let member = view.member.expect("a member");
    assert_eq!((member.role, member.joined_seq), (Role::Owner, 1));
    assert_eq!(
        world.refused(&ann, channel("lobby")).await,
        Code::RoomExists
    );
}

/// Every command about a room that is not an open channel for everybody.
fn inside(room: RoomId) -> Vec<Command> {
    vec![
        send(room, "hello"),
        Command::Leave { room },
        Command::ReadHistory {
            room,
            cursor: Cursor::Newest,
            limit: 10,
        },
        Command::Replay {
            room,
            after: 0,
            limit: 10,
        },
        Command::ListMembers {
            room,
            after: None,
            limit: 10,
        },
        Command::RaiseMark {
            room,
            mark: Mark::Notified,
            through: 1,
        },
    ]
}

#[tokio::test]
async fn a_room_one_is_not_in_is_like_one_that_does_not_exist() {
    let world = World::new();
    let ann = world.person("ann").await;
    let eve = world.person("eve").await;
    let far = world.person_of("far", TenantId::new("elsewhere")).await;
    let room = world.channel(&ann, "lobby").await.room.id;
    for stranger in [&eve, &far] {
        for room in [room, RoomId::new()] {
            for command in inside(room) {
                let shown = format!("{command:?}");
                assert_eq!(
                    world.refused(stranger, command).await,
                    Code::RoomNotFound,
                    "{shown}"
                );
            }
        }
    }
    for command in [Command::GetRoom { room }, Command::Join { room }] {
        assert_eq!(
            world.refused(&far, command).await,
            Code::RoomNotFound,
            "another tenant"
        );
    }
    assert_eq!(seqs(&world, room).await, [1], "nothing was stored");
}

#[tokio::test]
async fn a_channel_may_be_looked_at_by_who_could_join() {
    let world = World::new();
    let ann = world.person("ann").await;
    let eve = world.person("eve").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.say(&ann, room, "hello").await;
    let view = world.view(&eve, room).await;
    assert_eq!((view.member, view.unread, view.head), (None, 0, 2));
}

#[tokio::test]
async fn joining_twice_is_joining_once() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    assert_eq!(world.join(&bob, room).await.expect("a row").seq, 2);
    assert_eq!(world.join(&bob, room).await, None);
    assert_eq!(seqs(&world, room).await, [1, 2]);
}

#[tokio::test]
async fn simultaneous_joins_of_one_user_write_one_row() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    let joins = (0..8).map(|_| world.join(&bob, room));
    let rows = futures_util::future::join_all(joins).await;
    assert_eq!(rows.iter().flatten().count(), 1);
    assert_eq!(seqs(&world, room).await, [1, 2]);
}

#[tokio::test]
async fn who_left_is_out_and_may_come_back() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    assert_eq!(
        world.ask(&ann, Command::Leave { room }).await.unwrap(),
        Reply::Done
    );
    let again = world.refused(&ann, Command::Leave { room }).await;
    assert_eq!(again, Code::RoomNotFound);
    assert_eq!(
        world.refused(&ann, send(room, "hello")).await,
        Code::RoomNotFound
    );
    let row = world.join(&ann, room).await.expect("a row");
    let Change::Member(member) = row.change else {
        panic!("not a member row");
    };
    assert_eq!((member.change, member.rev), (MemberChange::Joined, 3));
    world.say(&ann, room, "back").await;
}

#[tokio::test]
async fn rooms_and_people_have_a_most() {
    let world = World::with(|settings| {
        settings.limits.room_members = 2;
        settings.limits.user_rooms = 2;
    });
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let eve = world.person("eve").await;
    let room = world.channel(&ann, "one").await.room.id;
    world.join(&bob, room).await;
    assert_eq!(
        world.refused(&eve, Command::Join { room }).await,
        Code::RoomFull
    );
    assert_eq!(world.join(&bob, room).await, None, "who is in stays in");
    world.channel(&ann, "two").await;
    assert_eq!(
        world.refused(&ann, channel("three")).await,
        Code::TooManyRooms
    );
}

#[tokio::test]
async fn a_repeated_send_answers_with_the_original() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    let client_id = ClientId::new();
    let send = |text: &str| Command::Send {
        room,
        client_id,
        draft: Content::plain(text).into(),
    };
    let Reply::Sent {
        row,
        sender,
        repeat: false,
    } = world.ask(&ann, send("once")).await.unwrap()
    else {
        panic!("the first is no repeat");
    };
    let again = world.ask(&ann, send("once")).await.unwrap();
    assert_eq!(
        again,
        Reply::Sent {
            row,
            sender,
            repeat: true
        }
    );
    assert_eq!(
        world.refused(&ann, send("other")).await,
        Code::ClientIdMismatch
    );
}

#[tokio::test]
async fn several_sends_of_a_session_keep_their_order_among_other_commands() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    let other = world.channel(&ann, "other").await.room.id;
    let mut commands: Vec<Command> = (0..5).map(|n| send(room, &n.to_string())).collect();
    commands.push(send(RoomId::new(), "nowhere"));
    commands.push(Command::Leave { room: other });
    commands.push(send(other, "too late"));
    commands.push(send(room, "5"));
    let replies = world.app.handle_all(&ann, commands).await;
    let code = |n: usize| replies[n].as_ref().map_err(|error| error.code());
    assert_eq!(code(5), Err(Code::RoomNotFound));
    assert_eq!(code(7), Err(Code::RoomNotFound));
    let page = world.store().page(room, Cursor::Newest, 10).await.unwrap();
    let texts = page.messages.iter().map(|m| m.content().unwrap().as_text());
    assert_eq!(texts.collect::<Vec<_>>(), ["0", "1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn who_sends_too_fast_is_told_when_to_go_on() {
    let world = World::with(|settings| settings.limits.sends_burst = 4);
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    for n in 0..3 {
        world.say(&ann, room, &n.to_string()).await;
    }
    let error = world.ask(&ann, send(room, "4")).await.unwrap_err();
    assert_eq!(error.code(), Code::RateLimited);
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn unread_counts_what_others_said_since_one_joined() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.say(&ann, room, "before").await;
    world.join(&bob, room).await;
    world.say(&ann, room, "one").await;
    world.say(&bob, room, "mine").await;
    world.say(&ann, room, "two").await;
    assert_eq!(world.view(&bob, room).await.unread, 2);
    assert_eq!(world.view(&ann, room).await.unread, 1);
}

#[tokio::test]
async fn what_was_read_is_not_unread_any_more() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.join(&bob, room).await;
    let first = world.say(&ann, room, "one").await.seq;
    world.say(&ann, room, "two").await;
    for through in [first, 1] {
        let command = Command::RaiseMark {
            room,
            mark: Mark::Read,
            through,
        };
        world.ask(&bob, command).await.unwrap();
        let view = world.view(&bob, room).await;
        assert_eq!(view.unread, 1, "it only rises");
    }
}

#[tokio::test]
async fn an_acknowledgement_beyond_the_head_ends_at_the_head() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.say(&ann, room, "one").await;
    let (mark, through) = (Mark::Notified, 1_000);
    let command = Command::RaiseMark {
        room,
        mark,
        through,
    };
    world.ask(&ann, command).await.unwrap();
    let member = world.store().member(room, ann.user).await.unwrap().unwrap();
    assert_eq!(member.notified, 2);
}

#[tokio::test]
async fn a_replay_has_every_row_with_its_people_and_ends_at_the_head() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.say(&ann, room, "one").await;
    let (after, limit) = (0, 100_000);
    let replay = world.ask(&ann, Command::Replay { room, after, limit });
    let Reply::Replay(page) = replay.await.unwrap() else {
        panic!("no replay");
    };
    assert_eq!((page.head, page.scenes.len()), (2, 2));
    let named = |scene: &domain::Scene| scene.actor.as_ref().map(|card| card.username.clone());
    assert!(
        page.scenes
            .iter()
            .all(|scene| named(scene) == Some(ann.username.clone()))
    );
}

async fn names(world: &World, who: &Caller, command: Command) -> (Vec<String>, bool) {
    match world.ask(who, command).await.unwrap() {
        Reply::Rooms { rooms, more } => {
            let name = |view: &domain::command::RoomView| view.room.name.clone();
            let names = rooms.iter().filter_map(name);
            (names.map(|name| name.as_str().to_owned()).collect(), more)
        }
        other => panic!("no list: {other:?}"),
    }
}

#[tokio::test]
async fn lists_come_in_pages_and_miss_nothing() {
    let world = World::new();
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let mut rooms = Vec::new();
    for n in 0..5 {
        rooms.push(world.channel(&ann, &format!("r{n}")).await.room.id);
    }
    world.join(&bob, rooms[3]).await;
    let limit = 2;
    let mut listed = BTreeSet::new();
    let mut after = None;
    for more_left in [true, true, false] {
        let (page, more) = names(&world, &bob, Command::ListChannels { after, limit }).await;
        assert_eq!(more, more_left);
        after = rooms.get(listed.len() + page.len() - 1).copied();
        listed.extend(page);
    }
    assert_eq!(listed.len(), 5);
    let after = None;
    let own = Command::ListOwnRooms {
        after,
        limit,
        hidden: false,
    };
    let own = names(&world, &bob, own).await;
    assert_eq!(own, (vec!["r3".to_owned()], false));
}
