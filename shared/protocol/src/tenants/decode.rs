//! Frames of a client.

use domain::{
    ClientId, Code, Command, Edit, Emoji, Error, Mark, MessageId, Result, RoomId, Seq, Wish,
};
use serde_json::{Map, Value};

use super::draft::{Wanted, invalid};
use crate::{Action, Refused, Request, Scope};

/// The action that is answered with what is read.
pub(super) const READ: &str = "mark_read";

/// The action that is answered with the status that it sets, and what stands between the two in
/// what its answer has to know.
const PRESENCE: &str = "update_presence";
const STATUS: char = ':';

type Frame = Map<String, Value>;

/// Reads a frame. Keys that are not known are ignored.
/// What its answer has to know of it is its type, also where it is refused.
pub(super) fn request(scope: &Scope, text: &str) -> Result<Request, Refused> {
    let unreadable = || Refused {
        id: None,
        error: Error::new(Code::InvalidJson),
    };
    let Ok(Value::Object(frame)) = serde_json::from_str(text) else {
        return Err(unreadable());
    };
    let kind = text_of(&frame, "type").unwrap_or_default();
    let id = Some(asked(kind, &frame));
    match action(kind, scope, &frame) {
        Ok(action) => Ok(Request { id, action }),
        Err(error) => Err(Refused { id, error }),
    }
}

/// What the answer to a frame has to know of it.
fn asked(kind: &str, frame: &Frame) -> String {
    match (kind, text_of(frame, "status")) {
        (PRESENCE, Some(status)) => format!("{kind}{STATUS}{status}"),
        _ => kind.to_owned(),
    }
}

/// The status that a request has set.
pub(super) fn status_of(request: &str) -> Option<&str> {
    request.strip_prefix(PRESENCE)?.strip_prefix(STATUS)
}

/// What a request wanted to do.
pub(super) fn action_of(request: &str) -> &str {
    match status_of(request) {
        Some(_) => PRESENCE,
        None => request,
    }
}

fn action(kind: &str, scope: &Scope, frame: &Frame) -> Result<Action> {
    Ok(match kind {
        "join_conversation" => Action::Enter(named(frame)?.ok_or_else(no_conversation)?),
        "leave_conversation" => Action::Exit,
        PRESENCE => Action::Command(presence(frame)?),
        READ => Action::Command(read(scope, frame)?),
        other => Action::Command(command(other, scope, frame)?),
    })
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
fn read(scope: &Scope, frame: &Frame) -> Result<Command> {
    Ok(Command::RaiseMark {
        room: meant(scope, frame)?,
        mark: Mark::Read,
        through: Seq::MAX,
    })
}

fn presence(frame: &Frame) -> Result<Command> {
    let status = text_of(frame, "status").unwrap_or_default();
    let wish = wish(status)?;
    Ok(Command::SetPresence { wish })
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
