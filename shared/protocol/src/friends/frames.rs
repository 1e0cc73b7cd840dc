//! Frames of the socket: a type, and what happened.

use domain::{Card, Change, Message, Presence, PresenceState, RoomId, Row, command::RoomView};
use serde::Serialize;
use uuid::Uuid;

use super::view::{MessageBody, Person, RoomBody};
use crate::{Viewer, drf::json};

#[derive(Serialize)]
struct Frame<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    data: T,
}

/// Who did something, and in which room.
#[derive(Serialize)]
struct Doing {
    room: Uuid,
    user: String,
}

/// Why a message was not taken, and in which room, as the client named it.
#[derive(Serialize)]
struct Refusal<'a> {
    room: Option<&'a str>,
    message: &'a str,
}

/// What a row is here: messages are told, the rest has no word.
pub(super) fn row(viewer: &Viewer, row: &Row, sender: &Card) -> Option<String> {
    match &row.change {
        Change::Message(message) => {
            message.content()?;
            let data = MessageBody::new(viewer.user, message, Person::here(sender), false);
            Some(frame("chat.message", data))
        }
        Change::Edit(_)
        | Change::Deletion(_)
        | Change::Reaction(_)
        | Change::Member(_)
        | Change::Room(_)
        | Change::Archive { .. } => None,
    }
}

pub(super) fn typing(room: RoomId, on: bool, who: &Card) -> String {
    let kind = match on {
        true => "friend.typing.start",
        false => "friend.typing.stop",
    };
    doing(kind, room, who)
}

pub(super) fn read(room: RoomId, who: Option<&Card>) -> Option<String> {
    who.map(|who| doing("chat.read", room, who))
}

/// A friend has come, or has gone.
pub(super) fn met(room: &RoomView, seen: &Presence, last: Option<&Message>) -> Option<String> {
    let kind = match seen.state {
        PresenceState::Offline => "friend.offline",
        PresenceState::Online | PresenceState::Away | PresenceState::Busy => "friend.online",
    };
    Some(frame(kind, RoomBody::new(room, seen, last)?))
}

/// A message was not taken. Added to the document, which has no word for it.
pub(super) fn error(room: Option<&str>, message: &str) -> String {
    frame("error", Refusal { room, message })
}

fn doing(kind: &'static str, room: RoomId, who: &Card) -> String {
    let data = Doing {
        room: room.uuid(),
        user: who.foreign_id(),
    };
    frame(kind, data)
}

fn frame<T: Serialize>(kind: &'static str, data: T) -> String {
    json(&Frame { kind, data })
}
