//! The fields of a client's frame, read one by one so that each can be refused by name.

use std::str::FromStr;

use domain::{ClientId, Code, Error, Result, Rev, RoomId, Seq};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A frame, of which fields are taken.
pub(super) type Frame = Map<String, Value>;

pub(super) fn wrong(field: &'static str, detail: &'static str) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}

pub(super) fn text(frame: &mut Frame, field: &'static str) -> Result<String> {
    text_if(frame, field)?.ok_or_else(|| wrong(field, "It is missing."))
}

/// A text that may be absent.
pub(super) fn text_if(frame: &mut Frame, field: &'static str) -> Result<Option<String>> {
    match frame.remove(field) {
        Some(Value::String(text)) => Ok(Some(text)),
        None => Ok(None),
        Some(_) => Err(wrong(field, "It must be a text.")),
    }
}

pub(super) fn room(frame: &mut Frame) -> Result<RoomId> {
    room_id(&text(frame, "room")?, "room")
}

pub(super) fn room_id(text: &str, field: &'static str) -> Result<RoomId> {
    text.parse()
        .map_err(|_| wrong(field, "The id of a room must be a UUID."))
}

/// An id of anything but a room.
pub(super) fn id<T: FromStr>(frame: &mut Frame, field: &'static str) -> Result<T> {
    let text = text(frame, field)?;
    text.parse()
        .map_err(|_| wrong(field, "It must be an id, which is a UUID."))
}

/// Something that may be absent, or `null`, and has one form.
pub(super) fn optional<T: DeserializeOwned>(
    frame: &mut Frame,
    field: &'static str,
    form: &'static str,
) -> Result<Option<T>> {
    let value = frame.remove(field).unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|_| wrong(field, form))
}

/// The sender's own id; who gives none cannot repeat the request harmlessly.
pub(super) fn client_id(frame: &mut Frame) -> Result<ClientId> {
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

pub(super) fn seq(value: Option<Value>, field: &'static str) -> Result<Seq> {
    let seq = value.as_ref().and_then(Value::as_u64);
    // Beyond this, stores and JavaScript lose count.
    seq.filter(|seq| *seq < 1 << 53)
        .ok_or_else(|| wrong(field, "A seq must be a whole number from 0 up."))
}

/// The revision that something must still have, if one is named.
pub(super) fn rev(frame: &mut Frame) -> Result<Option<Rev>> {
    let form = "A revision must be a whole number from 1 up.";
    optional(frame, "rev", form)
}

pub(super) fn flag(frame: &mut Frame, field: &'static str) -> Result<bool> {
    let flag = frame.remove(field).as_ref().and_then(Value::as_bool);
    flag.ok_or_else(|| wrong(field, "It must be `true` or `false`."))
}
