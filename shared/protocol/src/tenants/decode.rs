//! Frames of a client.

use domain::{
    ClientId, Code, Command, Edit, Emoji, Error, Mark, MessageId, Result, RoomId, Seq, Wish,
};
use serde_json::{Map, Value};

use super::draft::{Wanted, invalid};
use crate::{Action, Request, Scope};

/// What a request for a mark is called, for its answer.
pub(super) const READ: &str = "read";

/// With what a request for a status is called, before the status.
pub(super) const PRESENCE: &str = "presence:";

type Frame = Map<String, Value>;

/// Reads a frame. Keys that are not known are ignored.
pub(super) fn request(scope: &Scope, text: &str) -> Result<Request> {
    let frame: Value = serde_json::from_str(text).map_err(|_| Error::new(Code::InvalidJson))?;
    let Value::Object(frame) = frame else {
        return Err(Code::InvalidJson.into());
    };
    let kind = text_of(&frame, "type").unwrap_or_default();
    let action = match kind {
        "join_conversation" => Action::Enter(named(&frame)?.ok_or_else(no_conversation)?),
        "leave_conversation" => Action::Exit,
        "update_presence" => return presence(&frame),
        "mark_read" => return read(scope, &frame),
        other => Action::Command(command(other, scope, &frame)?),
    };
    Ok(Request { id: None, action })
}

fn command(kind: &str, scope: &Scope, frame: &Frame) -> Result<Command> {
    match kind {
        "send_message" => send(scope, frame),
        "edit_message" => edit(scope, frame),
        "delete_message" => Ok(Command::Delete {
            room: open(scope)?,
            client_id: ClientId::new(),
            message: message(frame, "message_id required")?,
            if_rev: None,
        }),
        "add_reaction" => react(scope, frame, true),
        "remove_reaction" => react(scope, frame, false),
        "start_typing" => Ok(Command::Type {
            room: meant(scope, frame)?,
            on: true,
        }),
        "stop_typing" => Ok(Command::Type {
            room: meant(scope, frame)?,
            on: false,
        }),
        other => Err(invalid("type", format!("Unknown message type: {other}"))),
    }
}

fn send(scope: &Scope, frame: &Frame) -> Result<Command> {
    let owned = |key: &str| text_of(frame, key).map(str::to_owned);
    let wanted = Wanted {
        kind: owned("message_type"),
        content: owned("content").unwrap_or_default(),
        file_url: owned("file_url"),
        reply_to: owned("reply_to"),
    };
    Ok(Command::Send {
        room: meant(scope, frame)?,
        client_id: ClientId::new(),
        draft: wanted.draft(&scope.limits)?,
    })
}

fn edit(scope: &Scope, frame: &Frame) -> Result<Command> {
    let missing = "message_id and content required";
    let text = text_of(frame, "content").ok_or_else(|| invalid("content", missing))?;
    Ok(Command::Edit {
        room: open(scope)?,
        client_id: ClientId::new(),
        message: message(frame, missing)?,
        edit: Edit {
            text: text.to_owned(),
            mentions: Vec::new(),
            if_rev: None,
        },
    })
}

fn react(scope: &Scope, frame: &Frame, set: bool) -> Result<Command> {
    let missing = "message_id and emoji required";
    let emoji = text_of(frame, "emoji").ok_or_else(|| invalid("emoji", missing))?;
    Ok(Command::React {
        room: open(scope)?,
        message: message(frame, missing)?,
        emoji: Emoji::parse(emoji)?,
        set,
    })
}

/// Reads up to the end: a message that is named counts as the conversation that is open.
fn read(scope: &Scope, frame: &Frame) -> Result<Request> {
    let command = Command::RaiseMark {
        room: meant(scope, frame)?,
        mark: Mark::Read,
        through: Seq::MAX,
    };
    Ok(Request {
        id: Some(READ.to_owned()),
        action: Action::Command(command),
    })
}

fn presence(frame: &Frame) -> Result<Request> {
    let status = text_of(frame, "status").unwrap_or_default();
    let wish = wish(status)?;
    Ok(Request {
        id: Some(format!("{PRESENCE}{status}")),
        action: Action::Command(Command::SetPresence { wish }),
    })
}

/// As what somebody wants to be seen who says this. Whoever is there is not offline: away is what
/// comes nearest.
pub(super) fn wish(status: &str) -> Result<Wish> {
    match status {
        "online" => Ok(Wish::Online),
        "away" | "offline" => Ok(Wish::Away),
        "busy" => Ok(Wish::Busy),
        _ => Err(invalid("status", "Invalid status")),
    }
}

/// The conversation that a frame names, or else the one that is open.
fn meant(scope: &Scope, frame: &Frame) -> Result<RoomId> {
    match named(frame)? {
        Some(room) => Ok(room),
        None => open(scope),
    }
}

fn open(scope: &Scope) -> Result<RoomId> {
    let none = || invalid("conversation_id", "Not in a conversation");
    scope.room.ok_or_else(none)
}

/// What is no id is the id of no conversation.
fn named(frame: &Frame) -> Result<Option<RoomId>> {
    match frame.get("conversation_id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => match id.parse() {
            Ok(room) => Ok(Some(room)),
            Err(_) => Err(Code::RoomNotFound.into()),
        },
        Some(_) => Err(Code::RoomNotFound.into()),
    }
}

fn message(frame: &Frame, missing: &'static str) -> Result<MessageId> {
    let id = text_of(frame, "message_id").ok_or_else(|| invalid("message_id", missing))?;
    id.parse().map_err(|_| Code::MessageNotFound.into())
}

fn no_conversation() -> Error {
    invalid("conversation_id", "conversation_id required")
}

fn text_of<'a>(frame: &'a Frame, key: &str) -> Option<&'a str> {
    frame.get(key)?.as_str().filter(|text| !text.is_empty())
}
