//! The OpenAPI 3.1 document, put together from what the services say of their operations.

use std::collections::BTreeMap;

use domain::{Code, Limits, Rate};
use protocol::schema::{Schemas, Shape, referred};
use serde_json::{Map, Value, json};

use crate::{
    limits,
    operation::{Answer, Content, Operation, Who},
    parameter::{self, Parameter},
    problem, rates,
};

/// The groups of operations, in the order in which they are shown.
pub const TAGS: &[(&str, &str)] = &[
    ("accounts", "Signing up, logging in, and who one is."),
    ("rooms", "Rooms and who is in them."),
    ("messages", "What is said in rooms."),
    ("files", "Files that messages carry."),
    ("presence", "Who is there."),
    ("notifications", "What one was told while one was away."),
    (
        "socket",
        "The WebSocket. Its frames are described by AsyncAPI.",
    ),
    (
        "archive",
        "Retention: policies, plans, runs and restores. For administrators.",
    ),
    (
        "administration",
        "People, and work that was set aside. For administrators.",
    ),
    (
        "operations",
        "For machines: probes, metrics, and this description.",
    ),
];

const INTRODUCTION: &str = "\
The native API of Hubbub, a self-hosted chat backend. Bodies are JSON in UTF-8. A token goes into \
`Authorization: Bearer`. Refusals are `application/problem+json` (RFC 9457) with a stable `code`; \
the codes are a promise, the texts are not. Take fields that you do not know. `HEAD` answers where \
`GET` does. Ids are UUIDs, times are RFC 3339 in UTC, and a `seq` is the number of a row in the log \
of its room: 1, 2, 3…

The socket `/api/v1/ws` is described at `/asyncapi.yaml`. The dialects of other backends \
(`/api/user/…`, `/api/room/…`, `/ws/…`) are not described here: their own documents do that.";

/// The document. The limits are those of the server that serves it.
#[must_use]
pub fn openapi(operations: &[Operation], limits: &Limits) -> Value {
    let mut named = problem::schemas();
    let mut paths = Map::new();
    for operation in operations {
        let method = operation.method.to_lowercase();
        let described = describe(operation, &mut named);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[method] = described;
    }
    limits::apply(&mut named, limits);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hubbub",
            "summary": "A self-hosted chat backend.",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": "/", "description": "This server."}],
        "tags": tags(operations),
        "paths": paths,
        "components": {
            "schemas": named,
            "headers": problem::headers(),
            "securitySchemes": {"bearer": bearer()},
        },
    })
}

fn bearer() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "description": "The token that signing up or logging in gave.",
    })
}

fn tags(operations: &[Operation]) -> Vec<Value> {
    let used = |tag: &str| operations.iter().any(|operation| operation.tag == tag);
    let tags = TAGS.iter().filter(|(name, _)| used(name));
    tags.map(|(name, says)| json!({"name": name, "description": says}))
        .collect()
}

fn describe(operation: &Operation, named: &mut Schemas) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.says,
        "parameters": parameters(operation),
        "responses": responses(operation, named),
    });
    if matches!(operation.who, Who::Bearer | Who::Administrator) {
        described["security"] = json!([{"bearer": []}]);
    }
    if !operation.bodies.is_empty() {
        let bodies = operation.bodies.iter();
        let content: Map<_, _> = bodies.map(|body| content(body, named)).collect();
        described["requestBody"] = json!({"required": true, "content": content});
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let segments = operation.segments().map(|name| {
        let (says, schema) = parameter::segment(name);
        json!({"in": "path", "name": name, "required": true, "description": says, "schema": schema})
    });
    let others = operation.parameters.iter().map(|parameter| {
        let Parameter {
            place,
            name,
            says,
            schema,
            required,
        } = parameter;
        json!({
            "in": place, "name": name, "required": required, "description": says, "schema": schema,
        })
    });
    segments.chain(others).collect()
}

fn responses(operation: &Operation, named: &mut Schemas) -> Value {
    let mut responses = BTreeMap::new();
    for (status, answer) in &operation.answers {
        let response = response(answer, &operation.rates, named);
        responses.insert(status.to_string(), response);
    }
    let mut refusals = BTreeMap::<u16, Vec<Code>>::new();
    for code in operation.all_codes() {
        let status = code.info().status;
        refusals.entry(status).or_default().push(code);
    }
    for (status, codes) in refusals {
        let response = problem::response(status, &codes, &operation.rates);
        responses.insert(status.to_string(), response);
    }
    json!(responses)
}

fn response(answer: &Answer, rates: &[Rate], named: &mut Schemas) -> Value {
    let mut headers = rates::headers(rates);
    headers.insert("X-Request-Id".to_owned(), problem::header("X-Request-Id"));
    let own = answer.headers.iter();
    headers.extend(own.map(|header| (header.name.to_owned(), header.described())));
    let mut response = json!({"description": answer.says, "headers": headers});
    if let Some(body) = &answer.content {
        response["content"] = Map::from_iter([content(body, named)]).into();
    }
    response
}

/// A body with its media type; what it refers to is added to `named`.
fn content(content: &Content, named: &mut Schemas) -> (String, Value) {
    let schema = match &content.shape {
        Some(Shape { schema, named: all }) => {
            referred(schema, all, named);
            schema.clone()
        }
        None if content.media_type.starts_with("text/") => json!({"type": "string"}),
        None => json!({}),
    };
    let mut body = json!({ "schema": schema });
    if let Some(example) = &content.example {
        body["example"] = example.clone();
    }
    (content.media_type.to_owned(), body)
}
