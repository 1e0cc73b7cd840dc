//! The JSON blocks of the document, in its order, and what stands beside them.

use std::{collections::HashMap, sync::Arc};

use domain::{
    Body, Card, Change, ClientId, Content, FullName, Limits, Message, PresenceState, Receipt,
    RoomId, RoomKind, Row, RowId, TenantId, Timestamp, UserId, Username,
    foreign::{Named, Told},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Deed,
    drf::{Asked, Sizes, Span},
    friends::http::{Acquaintance, Talk},
};

const ALICE: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
const JOHN: &str = "0b1cf3a2-44a4-4c59-a1cf-0a8a4b1c2d3e";
const ROOM: &str = "5f0c7d0e-9b4e-4d57-b8b9-0d6a8b4f5c21";
const AT: &str = "2023-09-01T12:10:00Z";

fn card(id: &str, name: &str) -> Card {
    let names = FullName::whole(name, "full_name").unwrap();
    Card {
        names,
        ..Card::named(id.parse().unwrap(), Username::stored("someone".into()))
    }
}

fn room() -> RoomId {
    ROOM.parse().unwrap()
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn message(sender: &str, text: &str) -> Message {
    Message {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: room(),
        seq: 3,
        sender: sender.parse().unwrap(),
        client_id: ClientId::new(),
        created_at: at(AT),
        edited_at: None,
        rev: 1,
        body: Body::Present {
            content: Content::plain(text),
        },
        archived: false,
    }
}

fn seen(user: &str, state: PresenceState) -> Presence {
    Presence {
        state,
        ..Presence::hidden(user.parse().unwrap())
    }
}

fn view(peer: Option<Card>) -> RoomView {
    RoomView {
        room: domain::Room {
            id: room(),
            tenant: TenantId::default(),
            kind: RoomKind::Direct,
            name: None,
            created_by: ALICE.parse().unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            rev: 1,
            read_only: false,
            deleted_at: None,
        },
        head: 3,
        member: None,
        unread: 2,
        peer,
    }
}

fn acquaintance(last: Option<Message>) -> Acquaintance {
    Acquaintance {
        room: view(Some(card(JOHN, "John Doe"))),
        seen: Presence {
            last_seen: Some(at("2023-09-01T12:00:00Z")),
            ..seen(JOHN, PresenceState::Offline)
        },
        last,
    }
}

fn talk() -> Talk {
    let people = [(ALICE, "Alice"), (JOHN, "John Doe")].map(|(id, name)| {
        let user: UserId = id.parse().unwrap();
        (user, (card(id, name), seen(id, PresenceState::Online)))
    });
    let receipt = |user: &str, read| Receipt {
        room: room(),
        user: user.parse().unwrap(),
        read,
        received: read,
    };
    Talk {
        viewer: ALICE.parse().unwrap(),
        people: HashMap::from(people),
        receipts: vec![receipt(ALICE, 9), receipt(JOHN, 2)],
    }
}

fn page(count: usize) -> Span {
    let sizes = Sizes {
        usual: 10,
        most: None,
    };
    Asked::read(None, None, sizes).unwrap().span(count).unwrap()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn scene(actor: &Card, event: Event) -> Scene {
    Scene {
        event,
        actor: Some(actor.clone()),
        subject: None,
    }
}

fn heard(viewer: &str, scene: &Scene) -> Option<Value> {
    let viewer = Viewer::of(viewer.parse().unwrap());
    Friends.encode(&viewer, scene).map(|text| parsed(&text))
}

fn logged(message: Message) -> Event {
    Event::Logged(Row {
        id: message.id,
        room: message.room,
        seq: message.seq,
        generation: 0,
        sender: message.sender,
        client_id: message.client_id,
        created_at: message.created_at,
        change: Change::Message(message),
    })
}

/// What is to be done where; or whether the frame is passed over, or ends the socket.
fn aimed(frame: &str) -> Result<(String, Deed), Option<u16>> {
    let scope = Scope {
        room: None,
        peer: None,
        limits: Arc::new(Limits::default()),
    };
    match Friends.decode(&scope, frame) {
        Ok(request) => match request.action {
            Action::Aimed { room, deed } => Ok((room, deed)),
            other => panic!("{other:?}"),
        },
        Err(refused) => {
            assert_eq!(Friends.refuse(None, &refused.error), None);
            Err(Friends.breaks_off(&refused.error))
        }
    }
}

/// Added to the document: what a client could not know otherwise.
#[test]
fn messages_that_are_not_taken_are_told_of() {
    let scope = Scope {
        room: None,
        peer: None,
        limits: Arc::new(Limits::default()),
    };
    let content = "x".repeat(scope.limits.message_bytes + 1);
    let frame = json!({"type": "chat.message", "data": {"room": ROOM, "content": content}});
    let refused = Friends.decode(&scope, &frame.to_string()).unwrap_err();
    assert_eq!(Friends.breaks_off(&refused.error), None);
    let told = Friends
        .refuse(refused.id.as_deref(), &refused.error)
        .unwrap();
    let error = |message| json!({"type": "error", "data": {"room": ROOM, "message": message}});
    assert_eq!(parsed(&told), error("Message is too long."));
    let fast = Code::RateLimited.into();
    assert_eq!(Friends.breaks_off(&fast), None);
    let told = Friends.refuse(Some(ROOM), &fast).unwrap();
    assert_eq!(parsed(&told), error("Too many messages, slow down."));
}

/// "chat_users_list", "ChatUserList", "Room" and "User".
#[test]
fn rooms_are_told_with_the_friend_and_the_last_message() {
    let body = http::rooms(
        "http://host/x/",
        page(1),
        &[acquaintance(Some(message(JOHN, "Hello!")))],
    );
    let expected = json!({
        "count": 1, "next": null, "previous": null,
        "results": [{
            "id": ROOM,
            "friend": {
                "id": JOHN, "full_name": "John Doe", "is_online": false,
                "last_seen": "2023-09-01T12:00:00Z", "bg_color": "#6e768f",
            },
            "last_message_at": AT, "unread_count": 2, "last_message": "Hello!",
        }],
    });
    let mut told = parsed(&body);
    let color = told["results"][0]["friend"]["bg_color"].take();
    assert!(
        color
            .as_str()
            .is_some_and(|c| c.len() == 7 && c.starts_with('#'))
    );
    let mut expected = expected;
    expected["results"][0]["friend"]["bg_color"].take();
    assert_eq!(told, expected);
    let one = parsed(&http::room(&acquaintance(None)).unwrap());
    assert_eq!(
        (&one["last_message_at"], &one["last_message"]),
        (&Value::Null, &json!(""))
    );
}

/// "chat_messages_list", "ChatMessageList" and "Message".
#[test]
fn messages_are_told_as_sent_or_received() {
    let mut gone = message(ALICE, "");
    gone.body = Body::Deleted;
    let said = [message(JOHN, "How are you?"), message(ALICE, "Hello"), gone];
    let told = parsed(&http::messages("http://host/x/", page(3), &talk(), &said));
    let message = told["results"][0].clone();
    let keys: Vec<&str> = message
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = [
        "id",
        "user",
        "content",
        "created_at",
        "direction",
        "is_read",
        "room",
    ];
    expected.sort_unstable();
    let mut sorted = keys;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(message["user"]["full_name"], "John Doe");
    let of = |n: usize, key: &str| told["results"][n][key].clone();
    assert_eq!(
        (of(0, "direction"), of(0, "is_read")),
        (json!("received"), json!(true))
    );
    assert_eq!(
        (of(1, "direction"), of(1, "is_read")),
        (json!("sent"), json!(false))
    );
    assert_eq!(
        of(2, "content"),
        "",
        "what was deleted elsewhere keeps its place"
    );
}

/// "friend.online / friend.offline".
#[test]
fn friends_come_and_go_with_their_room() {
    let last = message(JOHN, "Hello!");
    let met = |state| {
        let room = view(Some(card(JOHN, "John Doe")));
        parsed(
            &Friends
                .meet(&room, &seen(JOHN, state), Some(&last))
                .unwrap(),
        )
    };
    let online = met(PresenceState::Online);
    assert_eq!(online["type"], "friend.online");
    assert_eq!(online["data"]["id"], ROOM);
    assert_eq!(online["data"]["friend"]["is_online"], true);
    assert_eq!(online["data"]["last_message"], "Hello!");
    assert_eq!(met(PresenceState::Busy)["type"], "friend.online");
    assert_eq!(met(PresenceState::Offline)["type"], "friend.offline");
    let many = view(None);
    assert_eq!(
        Friends.meet(&many, &seen(JOHN, PresenceState::Online), None),
        None
    );
}

/// "chat.message", both ways, the `new WebSocket` example among them.
#[test]
fn what_is_said_is_received_by_one_and_sent_by_the_other() {
    let frame = json!({
        "type": "chat.message", "data": {"room": ROOM, "content": "Hello, how are you?"},
    });
    let (place, deed) = aimed(&frame.to_string()).unwrap();
    let Deed::Say(_, draft) = deed else {
        panic!("{deed:?}");
    };
    assert_eq!(
        (place.as_str(), draft.text()),
        (ROOM, "Hello, how are you?")
    );
    let alice = Card {
        alias: Some("17".into()),
        ..card(ALICE, "Alice")
    };
    let said = scene(&alice, logged(message(ALICE, "Hello, how are you?")));
    let mut told = heard(JOHN, &said).unwrap();
    told["data"]["user"]["bg_color"].take();
    let expected = json!({
        "type": "chat.message",
        "data": {
            "id": Uuid::from_u128(1),
            "user": {
                "id": "17", "full_name": "Alice", "is_online": true, "last_seen": null,
                "bg_color": null,
            },
            "content": "Hello, how are you?", "created_at": AT, "direction": "received",
            "is_read": false, "room": ROOM,
        },
    });
    assert_eq!(told, expected);
    assert_eq!(heard(ALICE, &said).unwrap()["data"]["direction"], "sent");
}

/// "friend.typing.start / friend.typing.stop" and "chat.read", both ways.
#[test]
fn typing_and_reading_name_a_room_and_a_user() {
    for (kind, deed) in [
        ("friend.typing.start", Deed::Type(true)),
        ("friend.typing.stop", Deed::Type(false)),
        ("chat.read", Deed::Read),
    ] {
        let frame = json!({"type": kind, "data": {"room": ROOM}});
        assert_eq!(
            aimed(&frame.to_string()),
            Ok((ROOM.to_owned(), deed.clone()))
        );
        let receipt = Receipt {
            room: room(),
            user: JOHN.parse().unwrap(),
            read: 3,
            received: 3,
        };
        let event = match deed {
            Deed::Type(on) => Event::Typing {
                room: room(),
                user: receipt.user,
                on,
            },
            _ => Event::Receipt {
                receipt,
                unread: None,
                more_read: true,
            },
        };
        let told = heard(ALICE, &scene(&card(JOHN, "John"), event));
        let expected = json!({"type": kind, "data": {"room": ROOM, "user": JOHN}});
        assert_eq!(told, Some(expected));
    }
    let receipt = Receipt {
        room: room(),
        user: JOHN.parse().unwrap(),
        read: 3,
        received: 4,
    };
    let received = Event::Receipt {
        receipt,
        unread: None,
        more_read: false,
    };
    assert_eq!(heard(ALICE, &scene(&card(JOHN, "John"), received)), None);
}

#[test]
fn what_is_no_object_ends_the_socket_and_what_makes_no_sense_does_not() {
    for frame in ["", "{", "[]", "7", "\"x\"", r#"{"a":"\ud800"}"#] {
        assert_eq!(aimed(frame), Err(Some(1011)), "{frame}");
    }
    for frame in [
        "{}",
        r#"{"type":"chat.read"}"#,
        r#"{"type":"chat.read","data":{}}"#,
        r#"{"type":"chat.read","data":{"room":7}}"#,
        r#"{"type":"chat.message","data":{"room":"x"}}"#,
        r#"{"type":"chat.message","data":{"room":"x","content":7}}"#,
        r#"{"type":"chat.wave","data":{"room":"x"}}"#,
    ] {
        assert_eq!(aimed(frame), Err(None), "{frame}");
    }
    let away = Error::new(Code::Unavailable);
    assert_eq!(
        Friends.breaks_off(&away),
        Some(1013),
        "a message is never lost unsaid"
    );
}

/// Bodies of the other services' events, as their document has them.
#[test]
fn events_name_people_and_friends() {
    let told = |action: &str, body: Value| events::read(action, body.to_string().as_bytes());
    let named = |id: &str, name: &str| Named {
        id: id.to_owned(),
        names: Some(FullName::whole(name, "full_name").unwrap()),
    };
    let ann = json!({"id": ALICE, "email": "ann@example.org", "full_name": "Ann Lee"});
    for action in ["user.created", "user.updated"] {
        let called = Told::Called(named(ALICE, "Ann Lee"));
        assert_eq!(told(action, ann.clone()).unwrap(), called);
    }
    let gone = told("user.deleted", json!({"id": 7})).unwrap();
    let seven = Named {
        id: "7".into(),
        names: None,
    };
    assert_eq!(gone, Told::Deleted(seven));
    let friends = json!({"friends": [
        {"id": ALICE, "full_name": "Ann Lee"}, {"id": JOHN, "full_name": "John Doe"},
    ]});
    let both = Told::Befriended(named(ALICE, "Ann Lee"), named(JOHN, "John Doe"));
    assert_eq!(told("friend.created", friends).unwrap(), both);
}

#[test]
fn events_that_cannot_be_understood_are_refused() {
    let refused = |action: &str, body: Value| {
        let told = events::read(action, body.to_string().as_bytes());
        told.unwrap_err().code()
    };
    let ann = json!({"id": "7", "full_name": "Ann"});
    assert_eq!(refused("user.waved", ann.clone()), Code::NotFound);
    assert_eq!(refused("user.created", json!("x")), Code::InvalidJson);
    assert_eq!(
        refused("user.created", json!({"full_name": "Ann"})),
        Code::InvalidField
    );
    assert_eq!(
        refused("user.created", json!({"id": "7"})),
        Code::InvalidField
    );
    assert_eq!(
        refused("user.deleted", json!({"id": " "})),
        Code::InvalidField
    );
    assert_eq!(
        refused("user.deleted", json!({"id": {}})),
        Code::InvalidField
    );
    let alone = json!({"friends": [ann.clone()]});
    assert_eq!(refused("friend.created", alone), Code::InvalidField);
    let oneself = json!({"friends": [ann.clone(), ann]});
    assert_eq!(refused("friend.created", oneself), Code::InvalidField);
}
