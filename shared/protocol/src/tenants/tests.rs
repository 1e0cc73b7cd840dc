//! The document's own JSON, decoded or encoded.

use std::sync::Arc;

use domain::{
    Body, Card, Change, ClientId, Code, Command, Content, ContentKind, Emoji, Error, Event, FileId,
    Limits, Mark, Message, MessageId, Page, Presence, PresenceState, Reaction, ReactionRow,
    Reactor, Receipt, Reply, RoomId, Row, RowId, Says, Scene, Seq, Timestamp, UserId, Username,
    Wish,
};
use serde_json::{Value, json};

use super::{Tenants, file_of};
use crate::{Action, Dialect, Request, Scope, Viewer};

const ROOM: &str = "92660037-7f6e-4934-afd5-218024692005";
const MESSAGE: &str = "48dc569e-4ef2-4fef-940e-41a92ebfdcc2";
const ANN: &str = "c68872ef-dcfa-470b-a0b6-161d213d1c90";

fn room() -> RoomId {
    ROOM.parse().unwrap()
}

fn message_id() -> MessageId {
    MESSAGE.parse().unwrap()
}

/// Ann, whom another system calls 7.
fn ann() -> Card {
    let named = Card::named(ANN.parse().unwrap(), Username::stored("ann".into()));
    Card {
        alias: Some("7".to_owned()),
        ..named
    }
}

fn scope(open: Option<RoomId>) -> Scope {
    Scope {
        room: open,
        peer: None,
        limits: Arc::new(Limits::default()),
    }
}

fn asked(open: Option<RoomId>, frame: &Value) -> Result<Request, String> {
    let decoded = Tenants.decode(&scope(open), &frame.to_string());
    decoded.map_err(|refused| told(&refused.error))
}

fn told(error: &Error) -> String {
    let frame: Value = serde_json::from_str(&Tenants.refuse(None, error).unwrap()).unwrap();
    assert_eq!(frame["type"], "error");
    frame["message"].as_str().unwrap().to_owned()
}

fn command(open: Option<RoomId>, frame: &Value) -> Command {
    match asked(open, frame).unwrap().action {
        Action::Command(command) => command,
        other => panic!("{other:?}"),
    }
}

fn time() -> Timestamp {
    "2026-11-22T07:00:00Z".parse().unwrap()
}

fn message(content: Option<Content>, rev: u64) -> Message {
    Message {
        id: message_id(),
        room: room(),
        seq: 3,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: time(),
        edited_at: None,
        rev,
        body: content.map_or(Body::Deleted, |content| Body::Present { content }),
        archived: false,
    }
}

fn scene(event: Event) -> Scene {
    Scene {
        event,
        actor: Some(ann()),
        subject: None,
    }
}

fn logged(change: Change) -> Option<Value> {
    let row = Row {
        id: RowId::new(),
        room: room(),
        seq: 4,
        generation: 0,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: "2026-11-22T08:00:00Z".parse().unwrap(),
        change,
    };
    said(Event::Logged(row))
}

fn said(event: Event) -> Option<Value> {
    let text = Tenants.encode(&Viewer::of(UserId::new()), &scene(event))?;
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn conversations_are_joined_and_left() {
    let join = json!({"type": "join_conversation", "conversation_id": ROOM});
    assert_eq!(asked(None, &join).unwrap().action, Action::Enter(room()));
    let leave = json!({"type": "leave_conversation"});
    assert_eq!(asked(None, &leave).unwrap().action, Action::Exit);
    let none = json!({"type": "join_conversation"});
    assert_eq!(asked(None, &none).unwrap_err(), "conversation_id required");
    let nobodys = json!({"type": "join_conversation", "conversation_id": "../x"});
    let refused = asked(None, &nobodys).unwrap_err();
    assert_eq!(refused, "Not authorized for this conversation");
}

#[test]
fn messages_go_to_the_conversation_that_is_named_or_open() {
    let documented = json!({
        "type": "send_message", "conversation_id": ROOM, "content": "Hello", "message_type": "text",
    });
    let unnamed = json!({"type": "send_message", "content": "Hello"});
    for (open, frame) in [(None, &documented), (Some(room()), &unnamed)] {
        match command(open, frame) {
            Command::Send {
                room: to, draft, ..
            } => {
                assert_eq!((to, draft.text()), (room(), "Hello"));
            }
            other => panic!("{other:?}"),
        }
    }
    let refused = |frame: Value| asked(None, &frame).unwrap_err();
    assert_eq!(refused(unnamed), "Not in a conversation");
    let with = |kind: &str, content: &str| {
        json!({
            "type": "send_message", "conversation_id": ROOM, "content": content,
            "message_type": kind,
        })
    };
    assert_eq!(refused(with("text", "")), "Message content required");
    assert_eq!(refused(with("system", "x")), "Invalid message type");
    assert_eq!(refused(with("image", "")), "file_url required");
}

#[test]
fn a_file_is_named_by_what_its_upload_answered() {
    let id = FileId::new();
    let url = format!("/api/v1/files/{id}");
    assert_eq!(file_of(&url), Some(id));
    assert_eq!(file_of(&format!("https://chat.example{url}/")), Some(id));
    assert_eq!(file_of("https://elsewhere.example/x.png"), None);
    let frame = json!({
        "type": "send_message", "conversation_id": ROOM, "content": "look",
        "message_type": "image", "file_url": url, "reply_to": MESSAGE,
    });
    let Command::Send { draft, .. } = command(None, &frame) else {
        panic!("a message");
    };
    let expected = Says::File {
        file: id,
        image: true,
        caption: "look".to_owned(),
    };
    assert_eq!((draft.says, draft.reply_to), (expected, Some(message_id())));
}

#[test]
fn typing_reading_reacting_and_presence_are_understood() {
    for (kind, typing) in [("start_typing", true), ("stop_typing", false)] {
        let frame = json!({"type": kind, "conversation_id": ROOM});
        let expected = Command::Type {
            room: room(),
            on: typing,
        };
        assert_eq!(command(None, &frame), expected);
    }
    for (kind, set) in [("add_reaction", true), ("remove_reaction", false)] {
        let frame = json!({"type": kind, "message_id": MESSAGE, "emoji": "\u{1F44D}"});
        let expected = Command::React {
            room: room(),
            message: message_id(),
            emoji: Emoji::parse("\u{1F44D}").unwrap(),
            set,
        };
        assert_eq!(command(Some(room()), &frame), expected);
        assert_eq!(asked(None, &frame).unwrap_err(), "Not in a conversation");
    }
    let read = json!({"type": "mark_read", "conversation_id": ROOM});
    let expected = Command::RaiseMark {
        room: room(),
        mark: Mark::Read,
        through: Seq::MAX,
    };
    assert_eq!(command(None, &read), expected);
    let away = json!({"type": "update_presence", "status": "away"});
    assert_eq!(
        command(None, &away),
        Command::SetPresence { wish: Wish::Away }
    );
    let odd = json!({"type": "update_presence", "status": "dancing"});
    assert_eq!(asked(None, &odd).unwrap_err(), "Invalid status");
}

#[test]
fn what_makes_no_sense_is_told_and_the_socket_stays() {
    for text in ["{", "[]", "\"x\"", "7"] {
        let refused = Tenants.decode(&scope(None), text).unwrap_err();
        assert_eq!(told(&refused.error), "Invalid JSON");
        assert_eq!(Tenants.breaks_off(&refused.error), None);
    }
    let busy = json!({"type": "update_presence", "status": "dancing"}).to_string();
    let refused = Tenants.decode(&scope(None), &busy).unwrap_err();
    let frame = Tenants
        .refuse(refused.id.as_deref(), &refused.error)
        .unwrap();
    let frame: Value = serde_json::from_str(&frame).unwrap();
    let expected = json!({
        "type": "error", "message": "Invalid status", "action": "update_presence",
    });
    assert_eq!(frame, expected, "what failed is named");
    let unknown = asked(None, &json!({"type": "dance"})).unwrap_err();
    assert_eq!(unknown, "Unknown message type: dance");
    assert_eq!(told(&Error::internal("secret")), "Internal server error");
}

#[test]
fn a_connection_and_a_conversation_begin_as_documented() {
    let welcome = Tenants.introduce(&ann(), "acme", time()).unwrap();
    let expected = json!({
        "type": "connection_established", "message": "Connected to chat service",
        "user_id": "7", "tenant_id": "acme", "timestamp": "2026-11-22T07:00:00.000000Z",
    });
    assert_eq!(serde_json::from_str::<Value>(&welcome).unwrap(), expected);
    let reaction = Reaction {
        message: message_id(),
        emoji: Emoji::parse("+1").unwrap(),
        count: 1,
        people: vec![Reactor {
            user: ann().user,
            at: Some(time()),
        }],
        me: false,
    };
    let page = Page {
        messages: vec![message(Some(Content::plain("Hello")), 1), message(None, 2)],
        head: 4,
        more_before: false,
        more_after: false,
    };
    let cards = |user| Some(ann()).filter(|card| card.user == user);
    let text = Tenants.entered(room(), &page, &[reaction], &cards).unwrap();
    let frame: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(frame["type"], "conversation_joined");
    assert_eq!(frame["conversation_id"], ROOM);
    assert_eq!(frame["history"].as_array().unwrap().len(), 1);
    assert_eq!(frame["history"][0]["reactions"][0]["user_id"], "7");
    assert_eq!(frame["history"][0]["reactions"][0]["emoji"], "+1");
    let at = &frame["history"][0]["reactions"][0]["created_at"];
    assert_eq!(at, "2026-11-22T07:00:00.000000Z");
}

#[test]
fn messages_and_what_becomes_of_them_are_told() {
    let said = message(Some(Content::plain("Hello")), 1);
    let frame = logged(Change::Message(said.clone())).unwrap();
    let expected = json!({
        "id": MESSAGE, "conversation": ROOM, "sender_id": "7", "message_type": "text",
        "content": "Hello", "file_url": null, "file_name": null, "file_size": null,
        "reply_to": null, "reactions": [], "reply_count": null, "edited_at": null,
        "is_deleted": false, "created_at": "2026-11-22T07:00:00.000000Z",
    });
    assert_eq!(frame, json!({"type": "new_message", "message": expected}));
    let edited = Message {
        edited_at: Some("2026-11-22T08:00:00.5Z".parse().unwrap()),
        ..message(Some(Content::plain("Hi")), 2)
    };
    let frame = logged(Change::Edit(edited)).unwrap();
    assert_eq!(frame["type"], "message_updated");
    assert_eq!(frame["message"]["content"], "Hi");
    assert_eq!(frame["message"]["edited_at"], "2026-11-22T08:00:00.500000Z");
    let reactions = frame["message"].get("reactions");
    assert_eq!(reactions, None, "they are as they were");
    let deleted = logged(Change::Deletion(message(None, 2))).unwrap();
    assert_eq!(
        deleted,
        json!({"type": "message_deleted", "message_id": MESSAGE})
    );
    let content = Content {
        kind: ContentKind::System,
        ..Content::plain("x")
    };
    let system = logged(Change::Message(message(Some(content), 1))).unwrap();
    assert_eq!(system["message"]["message_type"], "system");
}

#[test]
fn reactions_typing_presence_and_reading_are_told() {
    let reaction = |set| ReactionRow {
        message: message_id(),
        emoji: Emoji::parse("\u{1F44D}").unwrap(),
        set,
    };
    let added = logged(Change::Reaction(reaction(true))).unwrap();
    assert_eq!(added["type"], "reaction_added");
    assert_eq!(added["reaction"]["message_id"], MESSAGE);
    assert_eq!(added["reaction"]["user_id"], "7");
    assert_eq!(
        added["reaction"]["created_at"],
        "2026-11-22T08:00:00.000000Z"
    );
    let removed = logged(Change::Reaction(reaction(false))).unwrap();
    let expected = json!({
        "type": "reaction_removed", "message_id": MESSAGE, "user_id": "7",
        "emoji": "\u{1F44D}",
    });
    assert_eq!(removed, expected);
    let (user, on) = (ann().user, true);
    let typing = said(Event::Typing {
        room: room(),
        user,
        on,
    })
    .unwrap();
    let expected = json!({"type": "typing_indicator", "user_id": "7", "is_typing": true});
    assert_eq!(typing, expected);
    let presence = Presence {
        state: PresenceState::Busy,
        ..Presence::hidden(user)
    };
    let expected = json!({"type": "presence_changed", "user_id": "7", "status": "busy"});
    assert_eq!(said(Event::Presence(presence)).unwrap(), expected);
    let receipt = Receipt {
        room: room(),
        user,
        read: 3,
        received: 3,
    };
    let read = |unread| {
        said(Event::Receipt {
            receipt,
            unread,
            more_read: true,
        })
    };
    let expected = json!({
        "type": "messages_read", "conversation_id": ROOM, "user_id": "7",
    });
    assert_eq!((read(None), read(Some(0))), (Some(expected), None));
}

#[test]
fn answers_know_what_was_asked() {
    let answer = |frame: Value, reply: &Reply| {
        let request = asked(Some(room()), &frame).unwrap();
        let text = Tenants.reply(request.id.as_deref(), reply)?;
        Some(serde_json::from_str::<Value>(&text).unwrap())
    };
    let read = answer(json!({"type": "mark_read"}), &Reply::Done).unwrap();
    assert_eq!(read, json!({"type": "messages_marked_read"}));
    let busy = json!({"type": "update_presence", "status": "busy"});
    let busy = answer(busy, &Reply::Done).unwrap();
    assert_eq!(busy, json!({"type": "presence_updated", "status": "busy"}));
    assert_eq!(answer(json!({"type": "start_typing"}), &Reply::Done), None);
    let row = Row {
        id: message_id(),
        room: room(),
        seq: 3,
        generation: 0,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: time(),
        change: Change::Message(message(Some(Content::plain("Hello")), 1)),
    };
    let sent = Reply::Sent {
        row,
        sender: ann(),
        repeat: false,
    };
    let sent = answer(json!({"type": "send_message", "content": "Hello"}), &sent).unwrap();
    assert_eq!(sent["type"], "message_sent");
    assert_eq!(sent["message"]["id"], MESSAGE);
    let code = Code::RoomNotFound.into();
    assert_eq!(told(&code), "Not authorized for this conversation");
}
