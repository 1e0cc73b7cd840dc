//! A repeat is a repeat, whatever has changed since.

use domain::{
    Caller, Card, ClientId, Code, Command, Content, Draft, Edit, MessageId, Reply, Role, RoomId,
    Seq, UserId,
};

use testkit::builders::username;

use super::messages::lobby;
use crate::testing::{World, delete, edit, send};

fn mentioning(room: RoomId, client_id: ClientId, text: &str, user: UserId) -> Command {
    let draft = Draft {
        mentions: vec![user],
        ..Content::plain(text).into()
    };
    Command::Send {
        room,
        client_id,
        draft,
    }
}

fn addressing(room: RoomId, message: MessageId, user: UserId) -> Command {
    Command::Edit {
        room,
        client_id: ClientId::new(),
        message,
        edit: Edit {
            text: "two".into(),
            mentions: vec![user],
            if_rev: None,
        },
    }
}

/// The seq of the row that a command stored, and whether it did so before.
async fn told(world: &World, who: &Caller, command: Command) -> (Seq, bool) {
    match world.ask(who, command).await.unwrap() {
        Reply::Sent { row, repeat, .. } | Reply::Changed { row, repeat, .. } => (row.seq, repeat),
        other => panic!("not stored: {other:?}"),
    }
}

#[tokio::test]
async fn whoever_is_mentioned_may_leave_meanwhile() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let client_id = ClientId::new();
    let send = |text| mentioning(room, client_id, text, bob.user);
    let (seq, _) = told(&world, &ann, send("hey")).await;
    let said = world.say(&ann, room, "one").await.id;
    let edit = addressing(room, said, bob.user);
    let (edited, _) = told(&world, &ann, edit.clone()).await;
    world.ask(&bob, Command::Leave { room }).await.unwrap();

    assert_eq!(told(&world, &ann, send("hey")).await, (seq, true));
    assert_eq!(told(&world, &ann, edit).await, (edited, true));
    let replies = world.app.handle_all(&ann, vec![send("hey"), send("ho")]);
    let replies = replies.await;
    assert!(matches!(&replies[0], Ok(Reply::Sent { row, repeat: true, .. }) if row.seq == seq));
    let other = replies[1].as_ref().map_err(|refusal| refusal.code());
    assert_eq!(other.unwrap_err(), Code::ClientIdMismatch);
    let new = mentioning(room, ClientId::new(), "hey", bob.user);
    assert_eq!(world.refused(&ann, new).await, Code::InvalidField);
}

#[tokio::test]
async fn the_right_to_it_may_go_meanwhile() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let role = |role| Command::SetRole {
        room,
        user: bob.user,
        role,
    };
    world.ask(&ann, role(Role::Admin)).await.unwrap();
    let said = world.say(&ann, room, "one").await.id;
    let own = send(room, "mine");
    let (own_seq, _) = told(&world, &bob, own.clone()).await;
    let deletion = delete(room, said);
    let (deleted, _) = told(&world, &bob, deletion.clone()).await;
    world.ask(&ann, role(Role::Member)).await.unwrap();
    let read_only = Command::ChangeRoom {
        room,
        name: None,
        read_only: Some(true),
        if_rev: None,
    };
    world.ask(&ann, read_only).await.unwrap();

    assert_eq!(told(&world, &bob, deletion).await, (deleted, true));
    assert_eq!(told(&world, &bob, own).await, (own_seq, true));
    let new = world.refused(&bob, send(room, "more")).await;
    assert_eq!(new, Code::RoomReadOnly);
    let new = world.refused(&bob, delete(room, said)).await;
    assert_eq!(new, Code::RoleTooLow);
}

#[tokio::test]
async fn a_repeated_edit_of_what_was_deleted_since_is_told_from_another() {
    let world = World::new();
    let (ann, _, room) = lobby(&world).await;
    let first = world.say(&ann, room, "zero").await.id;
    let draft = Draft {
        reply_to: Some(first),
        ..Content::plain("one").into()
    };
    let client_id = ClientId::new();
    let reply = Command::Send {
        room,
        client_id,
        draft,
    };
    let Ok(Reply::Sent { row, .. }) = world.ask(&ann, reply).await else {
        panic!("not sent");
    };
    let edited = edit(room, row.id, "two", None);
    let (seq, _) = told(&world, &ann, edited.clone()).await;
    world.ask(&ann, delete(room, row.id)).await.unwrap();
    assert_eq!(told(&world, &ann, edited.clone()).await, (seq, true));
    let Command::Edit { client_id, .. } = edited else {
        unreachable!("it is an edit");
    };
    let other = Command::Edit {
        room,
        client_id,
        message: row.id,
        edit: Edit {
            text: "three".into(),
            mentions: Vec::new(),
            if_rev: None,
        },
    };
    assert_eq!(world.refused(&ann, other).await, Code::ClientIdMismatch);
}

#[tokio::test]
async fn who_is_gone_hears_nothing_of_what_they_did() {
    let world = World::new();
    let (_, bob, room) = lobby(&world).await;
    let command = send(room, "hello");
    told(&world, &bob, command.clone()).await;
    world.ask(&bob, Command::Leave { room }).await.unwrap();
    assert_eq!(world.refused(&bob, command).await, Code::RoomNotFound);
}

#[tokio::test]
async fn repeats_count_against_the_rate() {
    let world = World::with(|settings| settings.limits.sends_burst = 2);
    let (ann, bob, room) = lobby(&world).await;
    let command = mentioning(room, ClientId::new(), "hey", bob.user);
    told(&world, &ann, command.clone()).await;
    world.ask(&bob, Command::Leave { room }).await.unwrap();
    let again = world.refused(&ann, command).await;
    assert_eq!(again, Code::RateLimited);
}

#[tokio::test]
async fn an_acknowledgement_shows_the_name_of_now() {
    let world = World::new();
    let (ann, _, room) = lobby(&world).await;
    let renamed = Card::named(ann.user, username("anna"));
    world.ctx.live.renamed(renamed.clone()).await;
    let reply = world.ask(&ann, send(room, "hello")).await.unwrap();
    let Reply::Sent { sender, .. } = reply else {
        panic!("not sent: {reply:?}");
    };
    assert_eq!(sender, renamed, "though the socket is older than the name");
}
