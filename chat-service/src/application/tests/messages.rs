//! Edits, deletions, reactions, and what a message may refer to.

use domain::{
    Caller, ClientId, Code, Command, Content, ContentKind, Cursor, Draft, Edit, Emoji, FileId,
    MessageId, Reaction, Reply, RoomId, Says, Seq,
};

use crate::testing::{World, delete, edit, react};

/// Two people and a channel that both are in.
pub(super) async fn lobby(world: &World) -> (Caller, Caller, RoomId) {
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    world.join(&bob, room).await;
    (ann, bob, room)
}

/// What an edit or a deletion answers: the seq of the row, the revision, whether it is a repeat.
async fn changed(world: &World, who: &Caller, command: Command) -> (Seq, u64, bool) {
    match world.ask(who, command).await.unwrap() {
        Reply::Changed { row, repeat, .. } => (row.seq, row.message().unwrap().rev, repeat),
        other => panic!("not changed: {other:?}"),
    }
}

#[tokio::test]
async fn one_changes_ones_own_words_in_the_revision_one_has_read() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let said = world.say(&ann, room, "one").await.id;
    let others = edit(room, said, "x", None);
    assert_eq!(world.refused(&bob, others).await, Code::NotTheSender);
    let command = edit(room, said, "two", Some(1));
    assert_eq!(changed(&world, &ann, command.clone()).await, (4, 2, false));
    let again = changed(&world, &ann, command).await;
    assert_eq!(again, (4, 2, true), "a repeat writes nothing");
    let stale = world.ask(&ann, edit(room, said, "x", Some(1))).await;
    let stale = stale.unwrap_err();
    assert_eq!(
        (stale.code(), stale.field()),
        (Code::StaleRevision, Some("rev"))
    );
    let message = world.message(&bob, room, said).await;
    assert_eq!(
        (message.content().unwrap().text.as_str(), message.rev),
        ("two", 2)
    );
    let nowhere = edit(room, MessageId::new(), "x", None);
    assert_eq!(world.refused(&ann, nowhere).await, Code::MessageNotFound);
}

#[tokio::test]
async fn what_is_deleted_stays_deleted() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let said = world.say(&bob, room, "oops").await.id;
    let own = world.say(&ann, room, "mine").await.id;
    assert_eq!(
        world.refused(&bob, delete(room, own)).await,
        Code::RoleTooLow
    );
    let edited = edit(room, said, "edited", None);
    changed(&world, &bob, edited.clone()).await;
    let command = delete(room, said);
    assert!(
        !changed(&world, &ann, command.clone()).await.2,
        "the owner may"
    );
    assert!(changed(&world, &ann, command).await.2, "a repeat");
    for (command, code) in [
        (edit(room, said, "again", None), Code::MessageDeleted),
        (delete(room, said), Code::MessageDeleted),
        (react(room, said, "+1", true), Code::MessageDeleted),
    ] {
        let shown = format!("{command:?}");
        assert_eq!(world.refused(&bob, command).await, code, "{shown}");
    }
    let repeat = changed(&world, &bob, edited).await;
    assert!(repeat.2, "the edit was stored, and its repeat says so");
}

async fn reactions(world: &World, who: &Caller, room: RoomId) -> Vec<Reaction> {
    let (cursor, limit) = (Cursor::Newest, 10);
    let command = Command::ReadHistory {
        room,
        cursor,
        limit,
    };
    match world.ask(who, command).await.unwrap() {
        Reply::History { reactions, .. } => reactions,
        other => panic!("no page: {other:?}"),
    }
}

#[tokio::test]
async fn reactions_are_counted_and_setting_one_twice_writes_nothing() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let said = world.say(&ann, room, "one").await.id;
    let seq = async |who: &Caller, set| match world.ask(who, react(room, said, "+1", set)).await {
        Ok(Reply::Reacted { seq }) => seq,
        other => panic!("not reacted: {other:?}"),
    };
    assert_eq!(seq(&ann, true).await, Some(4));
    assert_eq!(seq(&ann, true).await, None);
    assert_eq!(seq(&bob, true).await, Some(5));
    let shown = reactions(&world, &bob, room).await;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].count, shown[0].me), (2, true));
    assert!(shown[0].users().eq([ann.user, bob.user]));
    assert_eq!(seq(&bob, false).await, Some(6));
    assert_eq!(seq(&bob, false).await, None);
    let shown = reactions(&world, &bob, room).await;
    assert_eq!((shown[0].count, shown[0].me), (1, false));
    let rev = world.message(&ann, room, said).await.rev;
    assert_eq!(rev, 1, "a reaction is no part of the message");
}

fn say(room: RoomId, draft: Draft) -> Command {
    let client_id = ClientId::new();
    Command::Send {
        room,
        client_id,
        draft,
    }
}

#[tokio::test]
async fn replies_and_mentions_stay_in_the_room() {
    let world = World::new();
    let (ann, bob, room) = lobby(&world).await;
    let eve = world.person("eve").await;
    let other = world.channel(&ann, "other").await.room.id;
    let here = world.say(&ann, room, "here").await.id;
    let there = world.say(&ann, other, "there").await.id;
    let draft = |reply_to, mentions: &[&Caller]| Draft {
        reply_to: Some(reply_to),
        mentions: mentions.iter().map(|caller| caller.user).collect(),
        ..Content::plain("hey").into()
    };
    let refused = world.refused(&ann, say(room, draft(there, &[]))).await;
    assert_eq!(refused, Code::MessageNotFound);
    let mention = world.ask(&ann, say(room, draft(here, &[&bob, &eve]))).await;
    let mention = mention.unwrap_err();
    assert_eq!(
        (mention.code(), mention.field()),
        (Code::InvalidField, Some("mentions"))
    );
    let sent = world.ask(&ann, say(room, draft(here, &[&bob]))).await;
    let Ok(Reply::Sent { row, .. }) = sent else {
        panic!("not sent");
    };
    let command = Command::Edit {
        room,
        client_id: ClientId::new(),
        message: row.id,
        edit: Edit {
            text: "hi".into(),
            mentions: vec![ann.user],
            if_rev: None,
        },
    };
    changed(&world, &ann, command).await;
    let message = world.message(&bob, room, row.id).await;
    let content = message.content().unwrap();
    assert_eq!(content.reply_to, Some(here), "an edit keeps it");
    assert_eq!(content.mentions, [ann.user], "an edit replaces them");
}

#[tokio::test]
async fn the_system_speaks_through_administrators_alone() {
    let world = World::new();
    let (ann, _, room) = lobby(&world).await;
    let mut content = Content::plain("maintenance at noon");
    content.kind = ContentKind::System;
    let command = || say(room, content.clone().into());
    assert_eq!(world.refused(&ann, command()).await, Code::Forbidden);
    let admin = Caller {
        admin: true,
        ..ann.clone()
    };
    world.ask(&admin, command()).await.unwrap();
    let emoji = Content::emoji(&Emoji::parse("\u{1F44D}").unwrap());
    world.ask(&ann, say(room, emoji.into())).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_sent() {
    let world = World::new();
    let (ann, _, room) = lobby(&world).await;
    let draft = Draft {
        says: Says::File {
            file: FileId::new(),
            image: false,
            caption: String::new(),
        },
        reply_to: None,
        mentions: Vec::new(),
    };
    assert_eq!(
        world.refused(&ann, say(room, draft)).await,
        Code::FileNotFound
    );
}

#[tokio::test]
async fn changing_is_limited_as_saying_is() {
    let world = World::with(|settings| settings.limits.sends_burst = 3);
    let ann = world.person("ann").await;
    let room = world.channel(&ann, "lobby").await.room.id;
    let said = world.say(&ann, room, "one").await.id;
    world
        .ask(&ann, react(room, said, "+1", true))
        .await
        .unwrap();
    for command in [
        edit(room, said, "two", None),
        delete(room, said),
        react(room, said, "-1", true),
        Command::DeleteRoom { room },
    ] {
        assert_eq!(world.refused(&ann, command).await, Code::RateLimited);
    }
}
