//! Frames of a client: a type, and what it needs.

use domain::{ClientId, Code, Content, Error, Result};
use serde_json::{Map, Value};

use crate::{Deed, Refused, Scope};

/// Reads what is to be done, and in which room: of the id that it has, or that the other one has.
/// Each frame gets an id of its own, so that it can be repeated until its outcome is known.
pub(super) fn aimed(scope: &Scope, text: &str) -> Result<(String, Deed), Refused> {
    let nowhere = |error| Refused { id: None, error };
    let frame = serde_json::from_str(text);
    let frame: Map<String, Value> = frame.map_err(|_| nowhere(Error::new(Code::InvalidJson)))?;
    let data = frame.get("data").and_then(Value::as_object);
    let field = |name: &str| data.and_then(|data| data.get(name)?.as_str());
    let room = field("room").ok_or_else(|| nowhere(senseless("room")))?;
    let kind = frame.get("type").and_then(Value::as_str);
    let said = field("content").unwrap_or_default();
    match deed(scope, kind, said) {
        Ok(deed) => Ok((room.to_owned(), deed)),
        Err(error) => Err(Refused {
            id: Some(room.to_owned()),
            error,
        }),
    }
}

fn deed(scope: &Scope, kind: Option<&str>, said: &str) -> Result<Deed> {
    Ok(match kind {
        Some("chat.message") => {
            let content = Content::text(said.to_owned(), &scope.limits)?;
            Deed::Say(ClientId::new(), Box::new(content.into()))
        }
        Some("friend.typing.start") => Deed::Type(true),
        Some("friend.typing.stop") => Deed::Type(false),
        Some("chat.read") => Deed::Read,
        _ => return Err(senseless("type")),
    })
}

fn senseless(field: &'static str) -> Error {
    Error::invalid(
        Code::InvalidField,
        field,
        "It says nothing that is known here.",
    )
}
