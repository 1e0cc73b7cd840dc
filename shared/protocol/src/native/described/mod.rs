//! The socket's frames, described: what the AsyncAPI document and the tests that hold the codec to
//! it are made from.

mod asked;
mod shapes;
#[cfg(test)]
mod tests;
mod told;

use serde_json::{Map, Value, json};

pub(super) use asked::is_known;

use crate::schema::{self, Schemas, Shape};

/// Every frame there is.
#[derive(Debug)]
pub struct Frames {
    /// Those of clients.
    pub client: Vec<Frame>,
    /// Those of the server: first those that answer, then events.
    pub server: Vec<Frame>,
    /// What their payloads refer to.
    pub named: Schemas,
}

/// One frame.
#[derive(Debug)]
pub struct Frame {
    /// Its name in the document; answers of different content share a `type`.
    pub name: String,
    /// The value of its `type`.
    pub kind: String,
    /// What it is for.
    pub says: String,
    /// The names of the frames that answer it, besides `error`.
    pub answers: &'static [&'static str],
    /// Its schema.
    pub payload: Value,
    /// One of it.
    pub example: Value,
}

/// Every frame there is.
#[must_use]
pub fn frames() -> Frames {
    let mut named = Schemas::new();
    let client = asked::ASKED.iter().map(|asked| asked.frame(&mut named));
    let client = client.collect();
    let server = told::frames(&mut named);
    Frames {
        client,
        server,
        named,
    }
}

/// Whose frames carry an `id`.
#[derive(Clone, Copy)]
enum Id {
    /// A request: the client chooses it.
    Chosen,
    /// An answer: it is the request's.
    Echoed,
    /// An event, or a frame before any request.
    None,
}

/// The schema of a frame that holds these fields.
fn payload(kind: &str, id: Id, fields: &Shape) -> Value {
    let (mut own, mut required) = fields.properties();
    own.remove("type");
    required.retain(|name| name != "type");
    required.insert(0, "type".into());
    let mut properties = Map::new();
    properties.extend(id.property().map(|schema| ("id".to_owned(), schema)));
    properties.insert("type".to_owned(), json!({"type": "string", "const": kind}));
    properties.extend(own);
    json!({"type": "object", "required": required, "properties": properties})
}

/// Adds to `named` what a payload refers to.
fn keep(payload: &Value, known: Schemas, named: &mut Schemas) {
    schema::referred(payload, &known, named);
}

/// The frame with these fields.
fn filled(kind: &str, id: Id, fields: Value) -> Value {
    let mut frame = Map::new();
    if !matches!(id, Id::None) {
        frame.insert("id".to_owned(), "c1".into());
    }
    frame.insert("type".to_owned(), kind.into());
    if let Value::Object(fields) = fields {
        frame.extend(fields);
    }
    Value::Object(frame)
}

impl Id {
    fn property(self) -> Option<Value> {
        let says = match self {
            Self::Chosen => {
                "Yours: it comes back in the answer. Without one there is no telling answers apart."
            }
            Self::Echoed => "The request's; absent if it had none.",
            Self::None => return None,
        };
        Some(json!({"type": "string", "maxLength": 64, "description": says}))
    }
}
