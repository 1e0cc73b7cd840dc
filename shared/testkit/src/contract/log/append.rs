//! Storing rows.

use domain::{
    Attachment, Body, Change, Code, Content, Emoji, FileId, Head, Limits, MemberChange, NewChange,
    Role, RoomChange, RoomId, UserId,
};

use super::LogWorld;
use crate::{
    builders::{
        archive, join, membership, message, reaction, renamed, role, room_change, row, stored, text,
    },
    contract::steps::{append, channel, put, say, shown, whole_log},
};

/// The first row of a room is 1, the next 2, over several appends.
pub async fn seqs_are_dense_from_one(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let mut seqs = Vec::new();
    for _ in 0..3 {
        let rows = vec![message(ann, "a"), message(ann, "b")];
        let answers = append(store, room, rows).await;
        seqs.extend(answers.iter().map(|answer| stored(answer).seq));
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
}

/// Rows of a batch are stored in its order.
pub async fn rows_keep_the_order_given(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said: Vec<_> = (0..50).map(|n| format!("number {n}")).collect();
    let rows = said.iter().map(|said| message(ann, said)).collect();
    append(store, room, rows).await;
    let log = whole_log(store, room).await;
    let read: Vec<_> = log.iter().filter_map(shown).collect();
    assert_eq!(read, said);
}

/// Nothing is asked, nothing is done.
pub async fn an_empty_batch_gives_an_empty_answer(world: &LogWorld) {
    let store = world.first();
    let room = channel(store).await;
    assert!(append(store, room, Vec::new()).await.is_empty());
    assert!(whole_log(store, room).await.is_empty());
}

/// A room that was never made.
pub async fn an_unknown_room_is_not_found(world: &LogWorld) {
    let rows = vec![message(UserId::new(), "anybody here?")];
    let refused = world.first().append(RoomId::new(), rows).await;
    assert_eq!(refused.unwrap_err().code(), Code::RoomNotFound);
}

/// What is said comes back as it was said, to the last field, in each way of reading.
pub async fn every_field_of_a_message_returns(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = "line\nbreak, \u{0} zero, 'quote', \u{1F980}, e\u{301}";
    let new = message(ann, said);
    let row = put(store, room, new.clone()).await;
    let shown = row.message().expect("a message's row shows it").clone();
    assert_eq!(
        (row.id, row.room, row.seq, row.generation),
        (new.id, room, 1, 0)
    );
    assert_eq!((row.sender, row.client_id), (ann, new.client_id));
    assert_eq!((shown.id, shown.room, shown.seq), (new.id, room, 1));
    assert_eq!((shown.sender, shown.client_id), (ann, new.client_id));
    assert_eq!((shown.created_at, shown.rev), (row.created_at, 1));
    assert!(!shown.archived);
    let content = text(said);
    assert_eq!(shown.body, Body::Present { content });
    assert_eq!(whole_log(store, room).await, [row]);
    let found = store.message(room, new.id).await.unwrap();
    assert_eq!(found, Some(shown));
}

/// The rows that are no messages come back whole, too.
pub async fn every_kind_of_row_returns(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let mut promotion = membership(ann, MemberChange::Joined, Role::Admin, 1);
    promotion.sender = bob;
    let said = say(store, room, ann, "hello").await.id;
    let rows = vec![
        join(bob, 1),
        promotion,
        role(ann, bob, Role::Admin, 2),
        reaction(ann, said, "+1", true),
        reaction(ann, said, "+1", false),
        renamed(ann, &format!("renamed {said}"), 2),
        room_change(ann, RoomChange::read_only(true), 3),
        archive(7),
        room_change(ann, RoomChange::Deleted, 4),
    ];
    append(store, room, rows.clone()).await;
    let log = whole_log(store, room).await;
    assert_eq!(log.len(), rows.len() + 1);
    for (new, row) in rows.iter().zip(&log[1..]) {
        assert_eq!(
            (new.id, new.sender, new.client_id),
            (row.id, row.sender, row.client_id)
        );
        match (&new.change, &row.change) {
            (NewChange::Member(new), Change::Member(row)) => assert_eq!(new, row),
            (NewChange::Reaction(new), Change::Reaction(row)) => assert_eq!(new, row),
            (NewChange::Room(new), Change::Room(row)) => assert_eq!(new, row),
            (
                NewChange::Archive { run, through },
                Change::Archive {
                    run: stored_run,
                    through: stored_through,
                },
            ) => assert_eq!((run, through), (stored_run, stored_through)),
            other => panic!("a row changed its kind: {other:?}"),
        }
    }
}

/// All that a message may have beside its text, in each kind.
pub async fn every_kind_of_content_returns(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let limits = Limits::default();
    let first = say(store, room, ann, "first").await.id;
    let attached = |media_type: &str| {
        let attachment = Attachment {
            file: FileId::new(),
            name: "caf\u{e9}.bin".into(),
            media_type: media_type.into(),
            bytes: 1 << 40,
        };
        Content::attached(attachment, String::new(), &limits).unwrap()
    };
    let contents = [
        Content::emoji(&Emoji::parse("\u{1F980}").unwrap()),
        attached("image/png"),
        attached("text/plain"),
        Content::system("the end".into(), &limits).unwrap(),
        Content {
            reply_to: Some(first),
            mentions: vec![UserId::new(), ann],
            ..Content::plain("yes")
        },
    ];
    for content in contents {
        let change = NewChange::Message {
            content: content.clone(),
        };
        let said = put(store, room, row(ann, change)).await;
        let read = world.second().message(room, said.id).await.unwrap();
        assert_eq!(read.and_then(|m| m.content().cloned()), Some(content));
    }
}

/// As many rows as one append may have.
pub async fn a_full_batch_is_stored_whole(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let rows: Vec<_> = (0..512).map(|n| message(ann, &format!("{n}"))).collect();
    let answers = append(store, room, rows.clone()).await;
    for (new, answer) in rows.iter().zip(&answers) {
        assert_eq!(stored(answer).id, new.id);
    }
    let head = store.heads(&[room]).await.unwrap();
    let (seq, generation) = (512, 0);
    assert_eq!(
        head,
        [Head {
            room,
            seq,
            generation
        }]
    );
}
