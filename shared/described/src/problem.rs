//! How refusals are described: one schema, the headers that come with it, and per status the codes
//! that an operation can answer.

use std::fmt::Write;

use domain::{Code, Error};
use protocol::{
    native::Problem,
    schema::{Schemas, reference, shape},
};
use serde_json::{Value, json};

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
    let text = |says: &str| json!({"description": says, "schema": {"type": "string"}});
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

/// A refusal with one of these codes.
pub(crate) fn response(status: u16, codes: &[Code]) -> Value {
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
        "headers": with_headers(status),
        "content": {"application/problem+json": content},
    })
}

fn with_headers(status: u16) -> Value {
    let mut headers = json!({"X-Request-Id": header("X-Request-Id")});
    if status == 401 {
        headers["WWW-Authenticate"] = header("WWW-Authenticate");
    }
    if matches!(status, 429 | 503) {
        headers["Retry-After"] = header("Retry-After");
    }
    headers
}

fn example(code: Code) -> Value {
    let request = Some("01890a5d-ac96-774b-bcce-b302099a8057".to_owned());
    json!(Problem::new(&Error::new(code), request))
}
