//! Frames of clients, read as tolerantly as the document's system reads them: keys in any case,
//! the last of duplicates wins, unknown ones are ignored, `null` is as good as absent.

use std::fmt;

use domain::{ClientId, Code, Command, Content, Error, Result};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::Scope;

/// Reads what is to be said. Each frame gets an id of its own, so that it can be repeated until
/// its outcome is known.
pub(super) fn send(scope: &Scope, text: &str) -> Result<Command> {
    let frame: Frame = serde_json::from_str(text).map_err(|_| Error::new(Code::InvalidJson))?;
    let room = scope.room.ok_or_else(|| Error::new(Code::RoomNotFound))?;
    Ok(Command::Send {
        room,
        client_id: ClientId::new(),
        draft: Content::text(frame.content, &scope.limits)?.into(),
    })
}

#[derive(Debug, Default)]
struct Frame {
    content: String,
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tolerant)
    }
}

struct Tolerant;

impl<'de> Visitor<'de> for Tolerant {
    type Value = Frame;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `content`")
    }

    /// `null` is an empty frame.
    fn visit_unit<E>(self) -> Result<Frame, E> {
        Ok(Frame::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Frame, A::Error> {
        let mut frame = Frame::default();
        while let Some(key) = map.next_key::<String>()? {
            if key.eq_ignore_ascii_case("content") {
                if let Some(content) = map.next_value::<Option<String>>()? {
                    frame.content = content;
                }
            } else if key.eq_ignore_ascii_case("type") {
                // Never looked at, but it must be a text.
                map.next_value::<Option<String>>()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(frame)
    }
}
