//! The frames of the server. Events come from the type that encodes them, so that a new one cannot
//! be left out; what is said here of each is only an example.

use domain::Code;
use serde_json::{Value, json};

use super::{Frame, Id, filled, keep, payload};
use crate::{
    native::{
        Authenticated, Gap, Hello, HelloRooms, MemberChanged, MessageChanged, MessageSent,
        ReactionAnswer, ResumeAnswer, Resumed, RoomJoined,
        events::EventFrame,
        examples::{
            AT, CLIENT, MESSAGE, ROOM, RUN, USER, deleted, message, notification, room, user,
        },
        view::ErrorView,
    },
    schema::{Schemas, Shape, shape},
};

/// What is known of one frame that is no event.
struct Told {
    name: &'static str,
    kind: &'static str,
    id: Id,
    says: &'static str,
    fields: fn() -> Shape,
    example: fn() -> Value,
}

const TOLD: &[Told] = &[
    Told {
        name: "hello",
        kind: "hello",
        id: Id::None,
        says: "The first frame. From then on every room named here is live.",
        fields: shape::<Hello>,
        example: hello,
    },
    Told {
        name: "hello_rooms",
        kind: "hello_rooms",
        id: Id::None,
        says: "Further rooms, after `hello`.",
        fields: shape::<HelloRooms>,
        example: || json!({"rooms": [room()], "more": false}),
    },
    Told {
        name: "ack",
        kind: "ack",
        id: Id::Echoed,
        says: "Done; there is nothing to tell.",
        fields: nothing,
        example: || json!({}),
    },
    Told {
        name: "ack_send",
        kind: "ack",
        id: Id::Echoed,
        says: "The message is on disk, in order, once.",
        fields: shape::<MessageSent>,
        example: || json!({"message": message("hello, room"), "repeat": false}),
    },
    Told {
        name: "ack_change",
        kind: "ack",
        id: Id::Echoed,
        says: "The edit or the deletion is on disk, once.",
        fields: shape::<MessageChanged>,
        example: || json!({"message": message("hi, room"), "seq": 43, "repeat": false}),
    },
    Told {
        name: "ack_react",
        kind: "ack",
        id: Id::Echoed,
        says: "The reaction is as you want it.",
        fields: shape::<ReactionAnswer>,
        example: || json!({"seq": 43}),
    },
    Told {
        name: "ack_member",
        kind: "ack",
        id: Id::Echoed,
        says: "Somebody's place in the room is as you want it.",
        fields: shape::<MemberChanged>,
        example: || {
            json!({
                "member": {
                    "user": user(), "role": "member", "joined_at": AT,
                },
                "seq": 43,
            })
        },
    },
    Told {
        name: "ack_join",
        kind: "ack",
        id: Id::Echoed,
        says: "You are in the room.",
        fields: shape::<RoomJoined>,
        example: || json!({"room": room(), "seq": 42}),
    },
    Told {
        name: "ack_authenticate",
        kind: "ack",
        id: Id::Echoed,
        says: "The socket lives by this token from now on.",
        fields: shape::<Authenticated>,
        example: || json!({"token_expires": AT}),
    },
    Told {
        name: "ack_resume",
        kind: "ack",
        id: Id::Echoed,
        says: "Every room that the resume named was answered.",
        fields: shape::<ResumeAnswer>,
        example: || json!({"resumed": [ROOM], "gaps": [], "not_named": []}),
    },
    Told {
        name: "error",
        kind: "error",
        id: Id::Echoed,
        says: "A request was refused, or the socket is about to close. The codes are those of REST.",
        fields: error,
        example: || {
            json!({
                "code": "room_not_found",
                "message": Code::RoomNotFound.info().title,
                "temporary": false,
            })
        },
    },
    Told {
        name: "resumed",
        kind: "resumed",
        id: Id::None,
        says: "A room was replayed whole, and goes on live.",
        fields: shape::<Resumed>,
        example: || {
            let ann = json!({"user": user(), "read": 40, "received": 42});
            json!({"room": ROOM, "recovered": true, "head": 42, "receipts": [ann]})
        },
    },
    Told {
        name: "gap",
        kind: "gap",
        id: Id::None,
        says: "Rows of a room are not replayed: read the room, its members and its history instead.",
        fields: shape::<Gap>,
        example: || json!({"room": ROOM, "from": 1, "to": 5000, "reason": "too_many"}),
    },
];

/// The frames of the server, with what they refer to added to `named`.
pub(super) fn frames(named: &mut Schemas) -> Vec<Frame> {
    let told = TOLD.iter().map(|told| told.frame(named));
    let mut frames: Vec<_> = told.collect();
    let events = shape::<EventFrame>();
    let each = events.named["EventFrame"]["oneOf"].as_array().cloned();
    for event in each.unwrap_or_default() {
        frames.push(event_frame(&event, &events.named, named));
    }
    frames
}

impl Told {
    fn frame(&self, named: &mut Schemas) -> Frame {
        let fields = (self.fields)();
        let payload = payload(self.kind, self.id, &fields);
        keep(&payload, fields.named, named);
        Frame {
            name: self.name.to_owned(),
            kind: self.kind.to_owned(),
            says: self.says.to_owned(),
            answers: &[],
            payload,
            example: filled(self.kind, self.id, (self.example)()),
        }
    }
}

fn event_frame(event: &Value, all: &Schemas, named: &mut Schemas) -> Frame {
    let kind = event["properties"]["type"]["enum"][0].as_str();
    let kind = kind.unwrap_or_default().to_owned();
    let fields = Shape {
        schema: event.clone(),
        named: Schemas::new(),
    };
    let payload = payload(&kind, Id::None, &fields);
    keep(&payload, all.clone(), named);
    Frame {
        name: kind.clone(),
        says: event["description"].as_str().unwrap_or_default().to_owned(),
        answers: &[],
        payload,
        example: filled(&kind, Id::None, event_example(&kind)),
        kind,
    }
}

fn event_example(kind: &str) -> Value {
    let ann = user();
    let mut event = match kind {
        "message" => json!({"message": message("hello, room")}),
        "message_updated" => json!({"message": message("hello, everybody")}),
        "message_deleted" => json!({"message": deleted()}),
        "reaction_added" | "reaction_removed" => {
            json!({"message": MESSAGE, "emoji": "👍", "user": ann})
        }
        "member_updated" => json!({"user": ann, "by": ann, "role": "admin", "rev": 2}),
        "room_updated" => json!({"by": ann, "rev": 2, "name": "lounge"}),
        "room_deleted" => json!({"by": ann, "rev": 3}),
        "member_joined" => json!({"user": ann, "by": ann, "role": "member", "rev": 1}),
        "member_left" => json!({"user": ann, "by": ann, "removed": false, "rev": 2}),
        "archived" => json!({"run": RUN, "through_seq": 17}),
        "notification" => return json!({"notification": notification()}),
        "receipt" => {
            return json!({"room": ROOM, "user": ann, "read": 40, "received": 42});
        }
        "typing" => return json!({"room": ROOM, "user": ann, "on": true}),
        "presence" => return json!({"user": ann, "state": "offline", "last_seen": AT}),
        "draining" => return json!({"retry_after_ms": 1500}),
        _ => return json!({}),
    };
    event["room"] = ROOM.into();
    event["seq"] = 42.into();
    event["at"] = AT.into();
    event
}

fn nothing() -> Shape {
    Shape {
        schema: json!({"type": "object"}),
        named: Schemas::new(),
    }
}

/// An error's fields, with the codes that there are.
fn error() -> Shape {
    let mut shape = shape::<ErrorView<'static>>();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    if let Some(view) = shape.named.get_mut("ErrorView") {
        view["properties"]["code"]["enum"] = codes.into();
    }
    shape
}

fn hello() -> Value {
    json!({
        "session": CLIENT,
        "server_time": AT,
        "heartbeat_ms": 25_000,
        "limits": domain::Limits::default(),
        "token_expires": AT,
        "user": user(),
        "epoch": USER,
        "rooms": [room()],
        "more": false,
    })
}
