//! The limits that a schema can show, as the server that serves the document has them.

use domain::{Limits, MENTIONS};
use protocol::schema::Schemas;
use serde_json::Value;

/// Which field of which schema is bounded by what.
struct Bound {
    schema: &'static str,
    field: &'static str,
    keyword: &'static str,
    value: fn(&Limits) -> u64,
}

const BOUNDS: &[Bound] = &[
    Bound {
        schema: "SendMessage",
        field: "content",
        keyword: "minLength",
        value: |_| 1,
    },
    Bound {
        // Bytes, and so at least as many as characters.
        schema: "SendMessage",
        field: "content",
        keyword: "maxLength",
        value: |limits| limits.message_bytes as u64,
    },
    Bound {
        schema: "SendMessage",
        field: "mentions",
        keyword: "maxItems",
        value: |_| MENTIONS as u64,
    },
    Bound {
        schema: "EditMessage",
        field: "content",
        keyword: "maxLength",
        value: |limits| limits.message_bytes as u64,
    },
    Bound {
        schema: "EditMessage",
        field: "mentions",
        keyword: "maxItems",
        value: |_| MENTIONS as u64,
    },
    Bound {
        schema: "CreateRoom",
        field: "members",
        keyword: "maxItems",
        value: |limits| limits.room_members,
    },
    Bound {
        schema: "CreateRoom",
        field: "name",
        keyword: "maxLength",
        value: |limits| limits.room_name_chars as u64,
    },
    Bound {
        schema: "Messages",
        field: "messages",
        keyword: "maxItems",
        value: |limits| limits.page_max as u64,
    },
    Bound {
        schema: "Rooms",
        field: "rooms",
        keyword: "maxItems",
        value: |limits| limits.page_max as u64,
    },
    Bound {
        schema: "Members",
        field: "members",
        keyword: "maxItems",
        value: |limits| limits.page_max as u64,
    },
    Bound {
        schema: "Notifications",
        field: "notifications",
        keyword: "maxItems",
        value: |limits| limits.page_max as u64,
    },
];

/// Writes the limits into the schemas that they bound.
pub(crate) fn apply(named: &mut Schemas, limits: &Limits) {
    for bound in BOUNDS {
        let schema = named.get_mut(bound.schema);
        let field = schema.and_then(|schema| schema["properties"].get_mut(bound.field));
        if let Some(field) = field {
            field[bound.keyword] = Value::from((bound.value)(limits));
        }
    }
}
