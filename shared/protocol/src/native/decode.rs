//! Frames of clients. Whatever comes, this answers with a request or with what is wrong.

use std::collections::BTreeMap;

use domain::{
    ClientId, Code, Command, Content, Error, Limits, Mark, Result, RoomId, RoomName, Seq,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{described, live::wish};
use crate::{Action, Refused, Request, Resume};

/// Longest id of a request, in bytes.
const ID_BYTES: usize = 64;

type Frame = Map<String, Value>;

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
    let command = match kind.as_str() {
        "send" => Command::Send {
            room: room(&mut frame)?,
            client_id: client_id(&mut frame)?,
            content: Content::text(text(&mut frame, "content")?, limits)?,
        },
        "join" => return join(limits, frame),
        "leave" => Command::Leave {
            room: room(&mut frame)?,
        },
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
        "resume" => return resume(frame),
        "ping" => return Ok(Action::Ping),
        "authenticate" => return Ok(Action::Authenticate(text(&mut frame, "token")?)),
        _ => return Err(Error::new(Code::UnknownType)),
    };
    Ok(Action::Command(command))
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

fn room(frame: &mut Frame) -> Result<RoomId> {
    room_id(&text(frame, "room")?, "room")
}

fn room_id(text: &str, field: &'static str) -> Result<RoomId> {
    text.parse()
        .map_err(|_| wrong(field, "The id of a room must be a UUID."))
}

/// The sender's own id; who gives none cannot repeat the send harmlessly.
fn client_id(frame: &mut Frame) -> Result<ClientId> {
    let invalid = || {
        let code = Code::InvalidClientId;
        Error::invalid(code, "client_id", code.info().title)
    };
    match frame.remove("client_id") {
        None | Some(Value::Null) => Ok(ClientId::new()),
        Some(Value::String(id)) => id.parse().map_err(|_| invalid()),
        Some(_) => Err(invalid()),
    }
}

fn seq(value: Option<Value>, field: &'static str) -> Result<Seq> {
    let seq = value.as_ref().and_then(Value::as_u64);
    // Beyond this, stores and JavaScript lose count.
    seq.filter(|seq| *seq < 1 << 53)
        .ok_or_else(|| wrong(field, "A seq must be a whole number from 0 up."))
}

fn flag(frame: &mut Frame, field: &'static str) -> Result<bool> {
    let flag = frame.remove(field).as_ref().and_then(Value::as_bool);
    flag.ok_or_else(|| wrong(field, "It must be `true` or `false`."))
}

fn text(frame: &mut Frame, field: &'static str) -> Result<String> {
    match frame.remove(field) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(wrong(field, "It must be a text.")),
        None => Err(wrong(field, "It is missing.")),
    }
}

fn wrong(field: &'static str, detail: &'static str) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}
