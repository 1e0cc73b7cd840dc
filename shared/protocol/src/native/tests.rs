//! The frames of delivery, and whatever else may come.

mod changes;

use std::sync::Arc;

use domain::{
    Body, Card, Change, ClientId, Code, Command, Content, Error, Event, Limits, Mark, MemberChange,
    MemberRow, Message, Reply, Role, RoomId, Row, RowId, RunId, Scene, Timestamp, UserId, Username,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Gap, GapReason, Native, Resumed};
use crate::{Action, Dialect, Refused, Request, Scope, Viewer};

const ROOM: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const CLIENT: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

fn decode(text: &str) -> Result<Request, Refused> {
    let scope = Scope {
        room: None,
        peer: None,
        limits: Arc::new(Limits::default()),
    };
    Native.decode(&scope, text)
}

fn action(frame: Value) -> Action {
    decode(&frame.to_string()).unwrap().action
}

/// The refusal of a frame: its code, the field, and the id it is for.
fn refused(frame: &str) -> (Code, Option<String>, Option<String>) {
    let refused = decode(frame).unwrap_err();
    let field = refused.error.field().map(str::to_owned);
    (refused.error.code(), field, refused.id)
}

fn room() -> RoomId {
    ROOM.parse().unwrap()
}

fn ann() -> Card {
    let ann = UserId::from_uuid(Uuid::from_u128(9));
    Card::named(ann, Username::stored("ann".into()))
}

fn message(text: &str) -> Message {
    Message {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: room(),
        seq: 4,
        sender: ann().user,
        client_id: CLIENT.parse().unwrap(),
        created_at: Timestamp::UNIX_EPOCH,
        edited_at: None,
        rev: 1,
        body: Body::Present {
            content: Content::plain(text),
        },
        archived: false,
    }
}

fn row(change: Change) -> Row {
    Row {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: room(),
        seq: 4,
        generation: 0,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: Timestamp::UNIX_EPOCH,
        change,
    }
}

fn event(change: Change) -> Value {
    let scene = Scene {
        event: Event::Logged(row(change)),
        actor: Some(ann()),
        subject: Some(ann()),
    };
    serde_json::from_str(&Native.encode(&Viewer::of(ann().user), &scene).unwrap()).unwrap()
}

#[test]
fn a_send_is_understood() {
    let frame =
        json!({"id": "c1", "type": "send", "room": ROOM, "client_id": CLIENT, "content": "hi"});
    let request = decode(&frame.to_string()).unwrap();
    assert_eq!(request.id.as_deref(), Some("c1"));
    assert_eq!(
        request.action,
        Action::Command(Command::Send {
            room: room(),
            client_id: CLIENT.parse().unwrap(),
            draft: Content::plain("hi").into(),
        })
    );
}

#[test]
fn every_command_is_understood() {
    let room = room();
    assert_eq!(
        action(json!({"type": "join", "room": ROOM})),
        Action::Command(Command::Join { room })
    );
    assert!(matches!(
        action(json!({"type": "join", "name": "lobby"})),
        Action::JoinByName(_)
    ));
    assert_eq!(
        action(json!({"type": "leave", "room": ROOM})),
        Action::Command(Command::Leave { room })
    );
    assert_eq!(action(json!({"type": "ping", "extra": 1})), Action::Ping);
    for (word, mark) in [("acknowledge", Mark::Notified), ("read", Mark::Read)] {
        let through = 7;
        assert_eq!(
            action(json!({"type": word, "room": ROOM, "seq": through})),
            Action::Command(Command::RaiseMark {
                room,
                mark,
                through
            })
        );
    }
    let token = json!({"type": "authenticate", "token": "abc"});
    assert_eq!(action(token), Action::Authenticate("abc".into()));
    let resume = action(json!({"type": "resume", "epoch": CLIENT, "rooms": {ROOM: 3}}));
    let Action::Resume(resume) = resume else {
        panic!("{resume:?}")
    };
    assert_eq!(resume.rooms[&room], 3);
}

#[test]
fn what_is_wrong_is_named_and_the_id_echoed() {
    let wrong = |frame: Value| refused(&frame.to_string());
    let id = || Some("c1".to_owned());
    let field = |name: &str| Some(name.to_owned());
    assert_eq!(
        wrong(json!({"id": "c1"})),
        (Code::InvalidField, field("type"), id())
    );
    assert_eq!(
        wrong(json!({"id": "c1", "type": "dance"})),
        (Code::UnknownType, None, id())
    );
    assert_eq!(
        wrong(json!({"id": "c1", "type": "join", "room": "x"})),
        (Code::InvalidField, field("room"), id())
    );
    assert_eq!(
        wrong(json!({"type": "send", "room": ROOM, "client_id": "x", "content": "hi"})),
        (Code::InvalidClientId, field("client_id"), None)
    );
    assert_eq!(
        wrong(json!({"type": "send", "room": ROOM, "content": ""})).0,
        Code::MessageEmpty
    );
    assert_eq!(
        wrong(json!({"type": "acknowledge", "room": ROOM, "seq": -1})),
        (Code::InvalidField, field("seq"), None)
    );
    assert_eq!(
        wrong(json!({"id": 5, "type": "ping"})),
        (Code::InvalidField, field("id"), None)
    );
    assert_eq!(
        wrong(json!({"type": "resume", "epoch": CLIENT, "rooms": [1]})),
        (Code::InvalidField, field("rooms"), None)
    );
}

#[test]
fn what_is_no_object_is_no_frame() {
    for text in [
        "",
        "x",
        "[]",
        "5",
        "\"s\"",
        "null",
        "{",
        "{}{}",
        "{\"content\":\"\\ud800\"}",
    ] {
        assert_eq!(refused(text), (Code::InvalidJson, None, None), "{text}");
    }
}

#[test]
fn a_message_is_told_with_everything_needed_to_show_it() {
    assert_eq!(
        event(Change::Message(message("<hi>"))),
        json!({
            "type": "message",
            "room": ROOM,
            "seq": 4,
            "at": "1970-01-01T00:00:00Z",
            "message": {
                "id": "00000000-0000-0000-0000-000000000001",
                "room": ROOM,
                "seq": 4,
                "sender": {"id": "00000000-0000-0000-0000-000000000009", "username": "ann"},
                "client_id": CLIENT,
                "kind": "text",
                "content": "<hi>",
                "state": "present",
                "created_at": "1970-01-01T00:00:00Z",
                "rev": 1,
                "archived": false,
            },
        })
    );
}

#[test]
fn changes_have_a_word_each() {
    assert_eq!(event(Change::Edit(message("x")))["type"], "message_updated");
    let mut gone = message("x");
    gone.body = Body::Deleted;
    let deleted = event(Change::Deletion(gone));
    assert_eq!(deleted["type"], "message_deleted");
    assert_eq!(deleted["message"]["state"], "deleted");
    assert!(deleted["message"].get("content").is_none());
    let archived = event(Change::Archive {
        run: RunId::new(),
        through: 3,
    });
    assert_eq!(
        (&archived["type"], &archived["through_seq"]),
        (&json!("archived"), &json!(3))
    );
}

#[test]
fn coming_and_going_names_who_and_by_whom() {
    let moved = |change| {
        event(Change::Member(MemberRow {
            user: ann().user,
            change,
            role: Role::Member,
            rev: 1,
        }))
    };
    let joined = moved(MemberChange::Joined);
    assert_eq!(joined["type"], "member_joined");
    assert_eq!(joined["user"]["username"], "ann");
    assert_eq!(joined["by"]["username"], "ann");
    assert_eq!(moved(MemberChange::Left)["removed"], false);
    assert_eq!(moved(MemberChange::Removed)["removed"], true);
    let promoted = moved(MemberChange::RoleChanged);
    assert_eq!(
        (&promoted["type"], &promoted["rev"]),
        (&json!("member_updated"), &json!(1))
    );
}

#[test]
fn answers_echo_the_id() {
    let row = row(Change::Message(message("hi")));
    let reply = Reply::Sent {
        row,
        sender: ann(),
        repeat: true,
    };
    let ack: Value = serde_json::from_str(&Native.reply(Some("c1"), &reply).unwrap()).unwrap();
    assert_eq!((&ack["id"], &ack["type"]), (&json!("c1"), &json!("ack")));
    assert_eq!(
        (&ack["repeat"], &ack["message"]["seq"]),
        (&json!(true), &json!(4))
    );
    assert_eq!(ack["message"]["sender"]["username"], "ann");
    assert_eq!(
        Native.reply(None, &Reply::Done).unwrap(),
        r#"{"type":"ack"}"#
    );
}

#[test]
fn errors_say_whether_to_try_again_and_nothing_else() {
    let cause = std::io::Error::other("mongodb://root:hunter2@db");
    let frame = Native
        .refuse(Some("c1"), &Error::unavailable(cause))
        .unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&frame).unwrap(),
        json!({
            "id": "c1",
            "type": "error",
            "code": "unavailable",
            "message": "A part of the server is away. Nothing was stored.",
            "temporary": true,
            "retry_after_ms": 1000,
        })
    );
    let internal = Error::internal("secret").with_detail("secret");
    assert!(!Native.refuse(None, &internal).unwrap().contains("secret"));
}

#[test]
fn the_ends_of_a_resume_have_a_fixed_form() {
    assert_eq!(
        Resumed::frame(room(), 7, None),
        format!(r#"{{"type":"resumed","room":"{ROOM}","recovered":true,"head":7}}"#)
    );
    let gap = Gap {
        room: room().uuid(),
        from: 3,
        to: Some(9),
        reason: GapReason::TooMany,
    };
    assert_eq!(
        gap.frame(),
        format!(r#"{{"type":"gap","room":"{ROOM}","from":3,"to":9,"reason":"too_many"}}"#)
    );
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from(ROOM)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Frames that look right at first sight.
fn frame() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        "send",
        "join",
        "leave",
        "resume",
        "ping",
        "acknowledge",
        "authenticate",
        "edit",
        "delete",
        "react",
        "add",
        "role",
        "x",
    ]);
    let field = prop::sample::select(vec![
        "id",
        "room",
        "name",
        "content",
        "client_id",
        "epoch",
        "rooms",
        "seq",
        "token",
        "message",
        "emoji",
        "user",
        "role",
        "mentions",
        "kind",
        "rev",
    ]);
    (kind, prop::collection::hash_map(field, json_value(), 0..6)).prop_map(|(kind, fields)| {
        let mut frame = json!({"type": kind});
        for (name, value) in fields {
            frame[name] = value;
        }
        frame
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_decoder_panic(text in any::<String>()) {
        let _ = decode(&text);
    }

    #[test]
    fn no_frame_makes_the_decoder_panic(frame in frame()) {
        if let Err(refused) = decode(&frame.to_string()) {
            prop_assert!(Native.refuse(refused.id.as_deref(), &refused.error).is_some());
        }
    }
}
