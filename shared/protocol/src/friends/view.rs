//! People, rooms and messages as clients see them, over HTTP and over the socket alike.

use domain::{Card, Message, Presence, PresenceState, UserId, command::RoomView};
use serde::Serialize;
use uuid::Uuid;

use crate::moment::Seconds;

/// Somebody.
#[derive(Serialize)]
pub(super) struct Person {
    id: String,
    full_name: String,
    is_online: bool,
    last_seen: Option<Seconds>,
    bg_color: String,
}

/// A room of two, as one of them sees it.
#[derive(Serialize)]
pub(super) struct RoomBody<'a> {
    id: Uuid,
    friend: Person,
    last_message_at: Option<Seconds>,
    unread_count: u64,
    last_message: &'a str,
}

/// A message, as one of two sees it.
#[derive(Serialize)]
pub(super) struct MessageBody<'a> {
    id: Uuid,
    user: Person,
    content: &'a str,
    created_at: Seconds,
    direction: &'static str,
    is_read: bool,
    room: Uuid,
}

impl Person {
    /// Somebody as they are seen.
    pub(super) fn seen(card: &Card, seen: &Presence) -> Self {
        Self {
            is_online: seen.state != PresenceState::Offline,
            last_seen: seen.last_seen.map(Seconds::from),
            ..Self::here(card)
        }
    }

    /// Somebody who does something just now.
    pub(super) fn here(card: &Card) -> Self {
        Self {
            id: card.foreign_id(),
            full_name: card.full_name(),
            is_online: true,
            last_seen: None,
            bg_color: color(card.user),
        }
    }
}

impl<'a> RoomBody<'a> {
    /// A room, whose newest message is `last`; `None` where it is not of two.
    pub(super) fn new(room: &RoomView, seen: &Presence, last: Option<&'a Message>) -> Option<Self> {
        Some(Self {
            id: room.room.id.uuid(),
            friend: Person::seen(room.peer.as_ref()?, seen),
            last_message_at: last.map(|last| last.created_at.into()),
            unread_count: room.unread,
            last_message: last.map_or("", text),
        })
    }
}

impl<'a> MessageBody<'a> {
    /// A message of `user`, as `viewer` sees it.
    pub(super) fn new(viewer: UserId, message: &'a Message, user: Person, is_read: bool) -> Self {
        let own = message.sender == viewer;
        Self {
            id: message.id.uuid(),
            user,
            content: text(message),
            created_at: message.created_at.into(),
            direction: if own { "sent" } else { "received" },
            is_read,
            room: message.room.uuid(),
        }
    }
}

/// What a message says; nothing of what was deleted elsewhere.
fn text(message: &Message) -> &str {
    message.content().map_or("", |content| content.as_text())
}

/// A colour that somebody always has, and that black can be read on.
fn color(user: UserId) -> String {
    let bytes = user.uuid().into_bytes();
    let [red, green, blue] = [bytes[13], bytes[14], bytes[15]].map(|byte| 0x60 + byte / 2);
    format!("#{red:02x}{green:02x}{blue:02x}")
}
