//! Frames of clients. Whatever comes, this answers with a request or with what is wrong.

use std::collections::BTreeMap;

use domain::{Code, Command, Emoji, Error, Limits, Mark, Result, Role, RoomName};
use serde_json::Value;
use uuid::Uuid;

use super::{
    described,
    fields::{
        Frame, client_id, flag, id as id_of, optional, rev, room, room_id, seq, text, text_if,
        wrong,
    },
    live::wish,
    requests::{EditMessage, SendMessage},
};
use crate::{Action, Refused, Request, Resume};

/// Longest id of a request, in bytes.
const ID_BYTES: usize = 64;

/// The form of `mentions`.
const MENTIONS: &str = "Those who are mentioned are a list of user ids.";

/// Reads a frame.
pub(super) fn request(limits: &Limits, text: &str) -> Result<Request, Refused> {
    let refused = |id, error| Refused { id, error };
    let value = serde_json::from_str(text);
    let Ok(Value::Object(mut frame)) = value else {
        let detail = "A frame is a JSON object.";
        return Err(refused(
            None,
            Error::new(Code::InvalidJson).with_detail(detail),
        ));
    };
    let id = id(&mut frame).map_err(|error| refused(None, error))?;
    match action(limits, frame) {
        Ok(action) => Ok(Request { id, action }),
        Err(error) => Err(refused(id, error)),
    }
}

fn id(frame: &mut Frame) -> Result<Option<String>> {
    match frame.remove("id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if id.len() <= ID_BYTES => Ok(Some(id)),
        Some(_) => Err(wrong("id", "The id must be a text of at most 64 bytes.")),
    }
}

fn action(limits: &Limits, mut frame: Frame) -> Result<Action> {
    let kind = text(&mut frame, "type")?;
    // What is not described cannot be asked.
    if !described::is_known(&kind) {
        return Err(Error::new(Code::UnknownType));
    }
    match kind.as_str() {
        "join" => return join(limits, frame),
        "resume" => return resume(frame),
        "ping" => return Ok(Action::Ping),
        "authenticate" => return Ok(Action::Authenticate(text(&mut frame, "token")?)),
        _ => {}
    }
    let command = match kind.as_str() {
        "send" | "edit" | "delete" | "react" | "unreact" => message(limits, &kind, &mut frame)?,
        "leave" | "add" | "remove" | "role" => member(&kind, &mut frame)?,
        "acknowledge" => raise(Mark::Notified, &mut frame)?,
        "read" => raise(Mark::Read, &mut frame)?,
        "received" => raise(Mark::Received, &mut frame)?,
        "typing" => Command::Type {
            room: room(&mut frame)?,
            on: flag(&mut frame, "on")?,
        },
        "presence" => Command::SetPresence {
            wish: wish(&text(&mut frame, "state")?)?,
        },
        _ => return Err(Error::new(Code::UnknownType)),
    };
    Ok(Action::Command(command))
}

/// What is said, and what becomes of it.
fn message(limits: &Limits, kind: &str, frame: &mut Frame) -> Result<Command> {
    let room = room(frame)?;
    Ok(match kind {
        "send" => Command::Send {
            room,
            client_id: client_id(frame)?,
            draft: sending(frame)?.draft(limits)?,
        },
        "edit" => Command::Edit {
            room,
            client_id: client_id(frame)?,
            message: id_of(frame, "message")?,
            edit: editing(frame)?.edit()?,
        },
        "delete" => Command::Delete {
            room,
            client_id: client_id(frame)?,
            message: id_of(frame, "message")?,
            if_rev: rev(frame)?,
        },
        _ => Command::React {
            room,
            message: id_of(frame, "message")?,
            emoji: Emoji::parse(&text(frame, "emoji")?)?,
            set: kind == "react",
        },
    })
}

fn sending(frame: &mut Frame) -> Result<SendMessage> {
    let kinds = "It is text, emoji, file, image or system.";
    Ok(SendMessage {
        content: text_if(frame, "content")?,
        client_id: None,
        kind: optional(frame, "kind", kinds)?,
        file: optional(frame, "file", "The id of a file must be a UUID.")?,
        reply_to: optional(frame, "reply_to", "The id of a message must be a UUID.")?,
        mentions: optional(frame, "mentions", MENTIONS)?.unwrap_or_default(),
    })
}

fn editing(frame: &mut Frame) -> Result<EditMessage> {
    Ok(EditMessage {
        content: text(frame, "content")?,
        mentions: optional(frame, "mentions", MENTIONS)?.unwrap_or_default(),
        rev: rev(frame)?,
        client_id: None,
    })
}

/// Who is in a room.
fn member(kind: &str, frame: &mut Frame) -> Result<Command> {
    let room = room(frame)?;
    let roles = "It is member, admin or owner.";
    Ok(match kind {
        "leave" => Command::Leave { room },
        "add" => Command::AddMember {
            room,
            user: id_of(frame, "user")?,
            role: optional(frame, "role", roles)?.unwrap_or(Role::Member),
        },
        "remove" => Command::RemoveMember {
            room,
            user: id_of(frame, "user")?,
        },
        _ => Command::SetRole {
            room,
            user: id_of(frame, "user")?,
            role: optional(frame, "role", roles)?.ok_or_else(|| wrong("role", "It is missing."))?,
        },
    })
}

fn raise(mark: Mark, frame: &mut Frame) -> Result<Command> {
    Ok(Command::RaiseMark {
        room: room(frame)?,
        mark,
        through: seq(frame.remove("seq"), "seq")?,
    })
}

/// `join` names a room by its id, or a channel by its name.
fn join(limits: &Limits, mut frame: Frame) -> Result<Action> {
    if frame.contains_key("room") {
        let room = room(&mut frame)?;
        return Ok(Action::Command(Command::Join { room }));
    }
    if !frame.contains_key("name") {
        return Err(wrong(
            "room",
            "It needs the id of a room, or the name of a channel.",
        ));
    }
    let name = text(&mut frame, "name")?;
    Ok(Action::JoinByName(RoomName::parse(&name, limits)?))
}

fn resume(mut frame: Frame) -> Result<Action> {
    let epoch = text(&mut frame, "epoch")?;
    let epoch = Uuid::parse_str(&epoch).map_err(|_| wrong("epoch", "The epoch must be a UUID."))?;
    let Some(Value::Object(positions)) = frame.remove("rooms") else {
        return Err(wrong(
            "rooms",
            "The rooms must be an object of room ids and seqs.",
        ));
    };
    let mut rooms = BTreeMap::new();
    for (room, since) in positions {
        rooms.insert(room_id(&room, "rooms")?, seq(Some(since), "rooms")?);
    }
    Ok(Action::Resume(Resume { epoch, rooms }))
}
