//! The frames of clients. The decoder takes no other: a `type` that is not listed here is unknown
//! to it, so that nothing can be asked that is not described.

use serde_json::{Value, json};

use super::{
    Frame, Id, filled, payload,
    shapes::{
        AddFrame, AuthenticateFrame, DeleteFrame, EditFrame, JoinFrame, MarkFrame, PingFrame,
        PresenceFrame, ReactFrame, RemoveFrame, ResumeFrame, RoleFrame, RoomFrame, SendFrame,
        TypingFrame,
    },
};
use crate::{
    native::examples::{CLIENT, MESSAGE, ROOM, TOKEN, USER},
    schema::{Schemas, Shape, shape},
};

/// What is known of one frame of clients.
pub(super) struct Asked {
    /// The value of its `type`.
    kind: &'static str,
    /// What it asks for.
    says: &'static str,
    /// The names of the frames that answer it, besides `error`.
    answers: &'static [&'static str],
    /// What it holds, besides `id` and `type`.
    fields: fn() -> Shape,
    /// One of it, without `id` and `type`.
    example: fn() -> Value,
}

/// Every frame that a client may send.
pub(super) const ASKED: &[Asked] = &[
    Asked {
        kind: "authenticate",
        says: "Says who you are, within 5 seconds, where the handshake did not: answered by `hello`. \
               On a socket that lives it brings a fresh token of the same user, by which the socket \
               lives from then on; one that is not good, or another user's, is refused, and changes \
               nothing.",
        answers: &["hello", "ack_authenticate"],
        fields: shape::<AuthenticateFrame>,
        example: || json!({"token": TOKEN}),
    },
    Asked {
        kind: "resume",
        says: "Asks for everything since these positions: first the rows, then `resumed` or `gap` \
               for each room, then the answer. Only as the first frame of a socket that was opened \
               with `?resume=true` is nothing told twice.",
        answers: &["ack_resume"],
        fields: shape::<ResumeFrame>,
        example: || json!({"epoch": USER, "rooms": {ROOM: 41}}),
    },
    Asked {
        kind: "send",
        says: "Says something in a room; answered once it is on disk. Sent again with the same \
               `client_id` it changes nothing and is answered with the original.",
        answers: &["ack_send"],
        fields: shape::<SendFrame>,
        example: || json!({"room": ROOM, "client_id": CLIENT, "content": "hello, room"}),
    },
    Asked {
        kind: "edit",
        says: "Replaces what you said. What it answers, its kind and its file stay. Answered and \
               repeated as `send` is.",
        answers: &["ack_change"],
        fields: shape::<EditFrame>,
        example: || {
            json!({"room": ROOM, "client_id": CLIENT, "message": MESSAGE, "content": "hi, room",
                "rev": 1})
        },
    },
    Asked {
        kind: "delete",
        says: "Takes back what you said, or, as an admin of the room, what others said.",
        answers: &["ack_change"],
        fields: shape::<DeleteFrame>,
        example: || json!({"room": ROOM, "client_id": CLIENT, "message": MESSAGE}),
    },
    Asked {
        kind: "react",
        says: "Sets your reaction to a message.",
        answers: &["ack_react"],
        fields: shape::<ReactFrame>,
        example: || json!({"room": ROOM, "message": MESSAGE, "emoji": "👍"}),
    },
    Asked {
        kind: "unreact",
        says: "Takes your reaction to a message back.",
        answers: &["ack_react"],
        fields: shape::<ReactFrame>,
        example: || json!({"room": ROOM, "message": MESSAGE, "emoji": "👍"}),
    },
    Asked {
        kind: "join",
        says: "Comes into a channel, named by `room` or by `name`. Joining twice changes nothing.",
        answers: &["ack_join"],
        fields: shape::<JoinFrame>,
        example: || json!({"room": ROOM}),
    },
    Asked {
        kind: "leave",
        says: "Leaves a room; a direct room is hidden from you until something new is said.",
        answers: &["ack"],
        fields: shape::<RoomFrame>,
        example: || json!({"room": ROOM}),
    },
    Asked {
        kind: "add",
        says: "Brings somebody into a channel or a group.",
        answers: &["ack_member"],
        fields: shape::<AddFrame>,
        example: || json!({"room": ROOM, "user": CLIENT, "role": "member"}),
    },
    Asked {
        kind: "remove",
        says: "Sends somebody away, who then comes back only by being added.",
        answers: &["ack"],
        fields: shape::<RemoveFrame>,
        example: || json!({"room": ROOM, "user": CLIENT}),
    },
    Asked {
        kind: "role",
        says: "Lets somebody do more or less in a room.",
        answers: &["ack_member"],
        fields: shape::<RoleFrame>,
        example: || json!({"room": ROOM, "user": CLIENT, "role": "admin"}),
    },
    Asked {
        kind: "acknowledge",
        says: "Settles the notifications of a room up to `seq`.",
        answers: &["ack"],
        fields: shape::<MarkFrame>,
        example: || json!({"room": ROOM, "seq": 42}),
    },
    Asked {
        kind: "read",
        says: "Everything in the room up to `seq` is read; `unread` counts from there.",
        answers: &["ack"],
        fields: shape::<MarkFrame>,
        example: || json!({"room": ROOM, "seq": 42}),
    },
    Asked {
        kind: "received",
        says: "Everything in the room up to `seq` has reached this device.",
        answers: &["ack"],
        fields: shape::<MarkFrame>,
        example: || json!({"room": ROOM, "seq": 42}),
    },
    Asked {
        kind: "typing",
        says: "Tells the others in the room that you type, or no longer do. It ends by itself \
               after 6 seconds unless it is said again.",
        answers: &["ack"],
        fields: shape::<TypingFrame>,
        example: || json!({"room": ROOM, "on": true}),
    },
    Asked {
        kind: "presence",
        says: "Says as what you want to be seen while you have sockets.",
        answers: &["ack"],
        fields: shape::<PresenceFrame>,
        example: || json!({"state": "away"}),
    },
    Asked {
        kind: "ping",
        says: "Asks whether the server is there.",
        answers: &["ack"],
        fields: shape::<PingFrame>,
        example: || json!({}),
    },
];

/// Whether clients may send a frame of this type.
pub(in crate::native) fn is_known(kind: &str) -> bool {
    ASKED.iter().any(|asked| asked.kind == kind)
}

impl Asked {
    /// The description, with what it refers to added to `named`.
    pub(super) fn frame(&self, named: &mut Schemas) -> Frame {
        let fields = (self.fields)();
        let frame = Frame {
            name: self.kind.to_owned(),
            kind: self.kind.to_owned(),
            says: self.says.to_owned(),
            answers: self.answers,
            payload: payload(self.kind, Id::Chosen, &fields),
            example: filled(self.kind, Id::Chosen, (self.example)()),
        };
        super::keep(&frame.payload, fields.named, named);
        frame
    }
}
