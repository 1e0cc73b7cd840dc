//! The document's own JSON, and what its system really does with other frames.

use std::sync::Arc;

use domain::{
    Body, Card, Cause, Change, ClientId, Code, Command, Content, Error, Event, Limits, Message,
    Notification, NotificationId, Page, RoomId, Row, RowId, RunId, Scene, Seq, Timestamp, UserId,
    Username, notification::Position,
};
use serde_json::{Value, json};

use super::{HISTORY, Rooms};
use crate::{Action, Dialect, Scope, Viewer};

fn scope() -> Scope {
    Scope {
        room: Some(RoomId::new()),
        peer: None,
        limits: Arc::new(Limits::default()),
    }
}

fn anybody() -> Viewer {
    Viewer::of(UserId::new())
}

/// What a frame says, or what is answered to it.
fn said(frame: &str) -> Result<String, String> {
    match Rooms.decode(&scope(), frame) {
        Ok(request) => match request.action {
            Action::Command(Command::Send { draft, .. }) => Ok(draft.text().to_owned()),
            other => panic!("{other:?}"),
        },
        Err(refused) => Err(Rooms.refuse(None, &refused.error).unwrap()),
    }
}

fn message(seq: Seq, text: &str) -> Message {
    Message {
        id: RowId::from_uuid(uuid::Uuid::from_u128(seq.into())),
        room: RoomId::from_uuid(uuid::Uuid::from_u128(7)),
        seq,
        sender: UserId::from_uuid(uuid::Uuid::from_u128(9)),
        client_id: ClientId::new(),
        created_at: "2026-11-21T05:21:10.281Z".parse().unwrap(),
        edited_at: None,
        rev: 1,
        body: Body::Present {
            content: Content::plain(text),
        },
        archived: false,
    }
}

fn scene(change: Change) -> Scene {
    let sender = UserId::from_uuid(uuid::Uuid::from_u128(9));
    Scene {
        event: Event::Logged(Row {
            id: RowId::new(),
            room: RoomId::new(),
            seq: 1,
            generation: 0,
            sender,
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            change,
        }),
        actor: Some(Card::named(sender, Username::stored("ann".into()))),
        subject: None,
    }
}

#[test]
fn the_documents_frame_is_understood() {
    let frame = "{\n    \"type\": \"message\",\n    \"content\": \"hello\"\n}";
    assert_eq!(said(frame), Ok("hello".into()));
}

#[test]
fn frames_are_read_as_tolerantly_as_the_original_reads_them() {
    for frame in [
        r#"{"content":"hello"}"#,
        r#"{"type":"anything","content":"hello"}"#,
        r#"{"type":null,"content":"hello"}"#,
        r#"{"CONTENT":"hello"}"#,
        r#"{"cOnTeNt":"hello","Type":"x"}"#,
        r#"{"content":"first","content":"hello"}"#,
        r#"{"content":"hello","content":null}"#,
        r#"{"content":"hello","extra":{"deep":[1,2,{}]}}"#,
        " \t\r\n{\"content\":\"hello\"} ",
    ] {
        assert_eq!(said(frame), Ok("hello".into()), "{frame}");
    }
}

#[test]
fn what_is_not_of_the_form_is_not_json_to_it() {
    let answer = r#"{"error":"Invalid JSON format"}"#;
    for frame in [
        "",
        "x",
        "[]",
        "\"s\"",
        "5",
        "true",
        "{",
        "{}x",
        r#"{"content":5}"#,
        r#"{"content":["hello"]}"#,
        r#"{"type":5,"content":"hello"}"#,
        r#"{"content":"\ud800"}"#,
        r#"{"content":"hello",}"#,
        r#"{'content':'hello'}"#,
    ] {
        assert_eq!(said(frame), Err(answer.into()), "{frame}");
    }
    assert_eq!(said(&"[".repeat(10_000)), Err(answer.into()));
}

#[test]
fn empty_and_oversized_content_has_its_own_answer() {
    for frame in [
        "{}",
        "null",
        r#"{"content":""}"#,
        r#"{"content":null}"#,
        r#"{"type":"message"}"#,
    ] {
        let answer = r#"{"error":"Message content is required"}"#;
        assert_eq!(said(frame), Err(answer.into()), "{frame}");
    }
    let long = json!({"content": "x".repeat(Limits::default().message_bytes + 1)});
    assert_eq!(
        said(&long.to_string()),
        Err(r#"{"error":"Message is too long"}"#.into())
    );
}

#[test]
fn other_refusals_are_said_in_the_dialects_words() {
    let words = |code: Code| Rooms.refuse(None, &Error::new(code)).unwrap();
    assert_eq!(
        words(Code::RateLimited),
        r#"{"error":"Too many messages, slow down"}"#
    );
    for code in [
        Code::Busy,
        Code::Unavailable,
        Code::UnknownOutcome,
        Code::Internal,
    ] {
        assert_eq!(words(code), r#"{"error":"Try again"}"#);
    }
}

#[test]
fn each_frame_gets_an_id_of_its_own() {
    let id = || match Rooms
        .decode(&scope(), r#"{"content":"hello"}"#)
        .unwrap()
        .action
    {
        Action::Command(Command::Send { client_id, .. }) => client_id,
        other => panic!("{other:?}"),
    };
    assert_ne!(id(), id());
}

#[test]
fn a_live_message_begins_as_the_document_writes_it() {
    let frame = Rooms
        .encode(&anybody(), &scene(Change::Message(message(3, "hello"))))
        .unwrap();
    assert!(
        frame.starts_with(r#"{"type":"message","content":"hello","#),
        "{frame}"
    );
    let frame: Value = serde_json::from_str(&frame).unwrap();
    assert_eq!(frame["seq"], 3);
    assert_eq!(frame["username"], "ann");
    assert_eq!(frame["sender_id"], "00000000-0000-0000-0000-000000000009");
    assert_eq!(frame["timestamp"], "2026-11-21T05:21:10.281Z");
}

#[test]
fn text_is_safe_to_paste_into_html() {
    let frame = Rooms
        .encode(
            &anybody(),
            &scene(Change::Message(message(1, "<a>&\u{2028}\u{2029}é"))),
        )
        .unwrap();
    assert!(
        frame.contains(r#""content":"\u003ca\u003e\u0026\u2028\u2029é""#),
        "{frame}"
    );
    let read: Value = serde_json::from_str(&frame).unwrap();
    assert_eq!(read["content"], "<a>&\u{2028}\u{2029}é");
}

#[test]
fn rows_that_are_no_messages_have_no_word() {
    let archived = Change::Archive {
        run: RunId::new(),
        through: 5,
    };
    for change in [
        Change::Edit(message(1, "x")),
        Change::Deletion(message(1, "x")),
        archived,
    ] {
        assert_eq!(Rooms.encode(&anybody(), &scene(change)), None);
    }
}

#[test]
fn the_history_is_newest_first_and_at_most_fifty() {
    let mut messages: Vec<_> = (1..=60)
        .map(|seq| message(seq, &format!("m{seq}")))
        .collect();
    messages[58].body = Body::Deleted;
    let page = Page {
        messages,
        head: 60,
        more_before: false,
        more_after: false,
    };
    let frame: Value = serde_json::from_str(&Rooms.greet(&page, &|_| None).unwrap()).unwrap();
    let items = frame.as_array().unwrap();
    assert_eq!(items.len(), HISTORY);
    assert_eq!(items[0]["content"], "m60");
    assert_eq!(items[1]["content"], "m58", "what was deleted is not shown");
    assert!(items.iter().all(|item| item["type"] == "message"));
}

#[test]
fn an_empty_room_has_an_empty_history() {
    let page = Page {
        messages: Vec::new(),
        head: 0,
        more_before: false,
        more_after: false,
    };
    assert_eq!(Rooms.greet(&page, &|_| None).as_deref(), Some("[]"));
}

#[test]
fn a_notification_has_the_originals_fields_in_its_order() {
    let message = message(3, "hello");
    let scene = Scene {
        event: Event::Notified(Notification {
            id: NotificationId::from_uuid(uuid::Uuid::from_u128(1)),
            receiver: UserId::from_uuid(uuid::Uuid::from_u128(2)),
            position: Position {
                at: message.created_at,
                room: message.room,
                seq: message.seq,
            },
            cause: Cause::Message(Box::new(message)),
        }),
        actor: None,
        subject: None,
    };
    let id = |n: u8| format!("00000000-0000-0000-0000-00000000000{n}");
    assert_eq!(
        Rooms.encode(&anybody(), &scene).unwrap(),
        format!(
            r#"{{"ID":"{}","Content":"hello","SenderID":"{}","RoomID":"{}","ReceiverID":"{}","Seen":false,"Timestamp":"2026-11-21T05:21:10.281Z"}}"#,
            id(1),
            id(9),
            id(7),
            id(2)
        )
    );
}
