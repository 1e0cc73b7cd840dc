//! How refusals are described: one schema, the headers that come with it, and per status the codes
//! that an operation can answer.

use std::fmt::Write;

use domain::{Code, Error, Rate};
use protocol::{
    native::Problem,
    schema::{Schemas, reference, shape},
};
use serde_json::{Map, Value, json};

use crate::{parameter::CONTENT_RANGE, rates};

/// The schemas of a refusal, with the codes that there are.
pub(crate) fn schemas() -> Schemas {
    let mut named = shape::<Problem<'static>>().named;
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    if let Some(problem) = named.get_mut("Problem") {
        problem["properties"]["code"]["enum"] = codes.into();
    }
    named
}

/// The headers that answers share.
pub(crate) fn headers() -> Value {
    let text =
        |says: &str| json!({"description": says, "required": true, "schema": {"type": "string"}});
    json!({
        "X-Request-Id": text("The request's name in the server's log: yours, if you gave one."),
        "WWW-Authenticate": text("How to say who you are."),
        "Retry-After": {
            "description": "How long to wait before trying again, in seconds.",
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}

/// A header that answers share.
pub(crate) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// A refusal with one of these codes, of what is counted by these rates.
pub(crate) fn response(status: u16, codes: &[Code], rates: &[Rate]) -> Value {
    let mut says = String::new();
    for code in codes {
        let _ = writeln!(says, "- `{}`: {}", code.name(), code.info().title);
    }
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    let mut schema = reference("Problem");
    schema["properties"] = json!({"code": {"enum": names}, "status": {"const": status}});
    let content = json!({"schema": schema, "example": codes.first().map(|code| example(*code))});
    json!({
        "description": says.trim_end(),
        "headers": with_headers(status, rates),
        "content": {"application/problem+json": content},
    })
}

fn with_headers(status: u16, rates: &[Rate]) -> Map<String, Value> {
    let mut headers = rates::headers(rates);
    let mut insert = |name: &str| headers.insert(name.to_owned(), header(name));
    insert("X-Request-Id");
    if status == 401 {
        insert("WWW-Authenticate");
    }
    if matches!(status, 429 | 503) {
        insert("Retry-After");
    }
    if status == 416 {
        let range = CONTENT_RANGE;
        headers.insert(range.name.to_owned(), range.described());
    }
    headers
}

fn example(code: Code) -> Value {
    let request = Some("01890a5d-ac96-774b-bcce-b302099a8057".to_owned());
    json!(Problem::new(&Error::new(code), request))
}
