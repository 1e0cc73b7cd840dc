//! The frames of a conversation's socket, which look the same both ways.

use domain::{Change, ClientId, Code, Command, Content, Error, Message, Result, Row, UserId};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Scope, Viewer, drf::json};

/// A message, and whom it is for.
#[derive(Serialize)]
struct MessageFrame<'a> {
    message: &'a str,
    recipient_id: Uuid,
}

/// Reads what is to be said. Each frame gets an id of its own, so that it can be repeated until
/// its outcome is known.
pub(super) fn send(scope: &Scope, text: &str) -> Result<Command> {
    let frame = serde_json::from_str(text);
    let frame: Map<String, Value> = frame.map_err(|_| Error::new(Code::InvalidJson))?;
    let room = scope.room.ok_or_else(|| Error::new(Code::RoomNotFound))?;
    let peer = scope.peer.as_ref().map(|peer| peer.user);
    if peer.is_none() || recipient(&frame) != peer {
        return Err(Code::UserNotFound.into());
    }
    // What is no text says nothing.
    let said = frame.get("message").and_then(Value::as_str);
    let content = Content::text(said.unwrap_or_default().to_owned(), &scope.limits)?;
    Ok(Command::Send {
        room,
        client_id: ClientId::new(),
        draft: content.into(),
    })
}

/// Whom a frame names; `None` also for what is no id.
fn recipient(frame: &Map<String, Value>) -> Option<UserId> {
    frame.get("recipient_id")?.as_str()?.parse().ok()
}

/// What a row is to a conversation's socket: messages are told, the rest has no word here.
pub(super) fn row(viewer: &Viewer, row: &Row) -> Option<String> {
    match &row.change {
        Change::Message(message) => frame(viewer, message),
        Change::Edit(_)
        | Change::Deletion(_)
        | Change::Reaction(_)
        | Change::Member(_)
        | Change::Room(_)
        | Change::Archive { .. } => None,
    }
}

fn frame(viewer: &Viewer, message: &Message) -> Option<String> {
    let peer = viewer.peer.as_ref()?.user;
    let own = message.sender == viewer.user;
    let recipient = if own { peer } else { viewer.user };
    Some(json(&MessageFrame {
        message: message.content()?.as_text(),
        recipient_id: recipient.uuid(),
    }))
}
