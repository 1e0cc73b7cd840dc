//! Frames of the server.

use domain::{Card, Cause, Change, Message, Notification, Page, Row, Username};
use serde::Serialize;
use uuid::Uuid;

use super::escape::json;
use crate::{Names, moment::Millis};

/// How many messages the history frame has at most.
pub const HISTORY: usize = 50;

/// A message, in the history and live. The first two fields are the document's, the rest is added.
#[derive(Serialize)]
struct MessageFrame<'a> {
    r#type: &'static str,
    content: &'a str,
    id: Uuid,
    seq: u64,
    sender_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    timestamp: Millis,
}

/// A notification. Names and order of the fields are the document's.
#[derive(Serialize)]
struct NotificationFrame<'a> {
    #[serde(rename = "ID")]
    id: Uuid,
    #[serde(rename = "Content")]
    content: &'a str,
    #[serde(rename = "SenderID")]
    sender: Uuid,
    #[serde(rename = "RoomID")]
    room: Uuid,
    #[serde(rename = "ReceiverID")]
    receiver: Uuid,
    #[serde(rename = "Seen")]
    seen: bool,
    #[serde(rename = "Timestamp")]
    timestamp: Millis,
}

/// A refusal. The socket stays open.
#[derive(Serialize)]
pub(super) struct ErrorFrame<'a> {
    pub(super) error: &'a str,
}

/// The first frame of a room's socket: the newest messages, newest first, at most [`HISTORY`].
/// `username` knows what people are called.
pub(super) fn history(page: &Page, username: Names<'_>) -> String {
    let said = page
        .messages
        .iter()
        .rev()
        .filter(|m| m.content().is_some())
        .take(HISTORY);
    let named: Vec<_> = said
        .map(|message| (message, username(message.sender)))
        .collect();
    let frames: Vec<_> = named
        .iter()
        .filter_map(|(message, name)| frame(message, name.as_ref().map(Username::as_str)))
        .collect();
    json(&frames)
}

/// What a row is to a room's socket: messages are told, the rest has no word here.
pub(super) fn row(row: &Row, actor: Option<&Card>) -> Option<String> {
    match &row.change {
        Change::Message(message) => {
            let actor = actor.filter(|card| card.user == message.sender);
            frame(message, actor.map(|card| card.username.as_str())).map(|frame| json(&frame))
        }
        Change::Edit(_)
        | Change::Deletion(_)
        | Change::Reaction(_)
        | Change::Member(_)
        | Change::Room(_)
        | Change::Archive { .. } => None,
    }
}

/// A notification of a message. The document knows no others.
pub(super) fn notification(notification: &Notification) -> Option<String> {
    let Cause::Message(message) = &notification.cause else {
        return None;
    };
    Some(json(&NotificationFrame {
        id: notification.id.uuid(),
        content: message.content().map_or("", |content| content.as_text()),
        sender: message.sender.uuid(),
        room: message.room.uuid(),
        receiver: notification.receiver.uuid(),
        seen: false,
        timestamp: notification.position.at.into(),
    }))
}

fn frame<'a>(message: &'a Message, username: Option<&'a str>) -> Option<MessageFrame<'a>> {
    Some(MessageFrame {
        r#type: "message",
        content: message.content()?.as_text(),
        id: message.id.uuid(),
        seq: message.seq,
        sender_id: message.sender.uuid(),
        username,
        timestamp: message.created_at.into(),
    })
}
