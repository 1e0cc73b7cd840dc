//! The AsyncAPI 3.0 document: the socket, put together from the frames of the protocol.

use std::collections::BTreeMap;

use domain::{Code, Limits};
use protocol::native::{
    SUBPROTOCOL, TOKEN_PROTOCOL,
    described::{Frame, frames},
};
use serde_json::{Map, Value, json};

use crate::limits;

const INTRODUCTION: &str = "\
The socket of Hubbub's native API: one per client, for all its rooms, on the host and port of the \
REST API (which `/openapi.json` describes). Frames are JSON objects in text messages, and each has \
a `type`. What you send carries an `id` of yours, which comes back in `ack` or `error`; a frame \
without one is an event. Being a member of a room is hearing it. Take fields and events that you do \
not know. The sockets of the dialects (`/ws/…`) are described by their own documents.";

/// The document.
#[must_use]
pub fn asyncapi(limits: &Limits) -> Value {
    let mut frames = frames();
    limits::apply(&mut frames.named, limits);
    let (client, server) = (&frames.client, &frames.server);
    let mut messages = Map::new();
    messages.extend(
        client
            .iter()
            .map(|frame| (key(CLIENT, frame), message(frame))),
    );
    messages.extend(
        server
            .iter()
            .map(|frame| (key(SERVER, frame), message(frame))),
    );
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hubbub, the socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": INTRODUCTION,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "channels": {"socket": channel(messages.keys())},
        "operations": operations(client, server),
        "components": {
            "messages": messages,
            "schemas": frames.named,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// Before the names of messages: both sides may say the same word.
const CLIENT: &str = "client";
const SERVER: &str = "server";

fn key(side: &str, frame: &Frame) -> String {
    format!("{side}.{}", frame.name)
}

fn message(frame: &Frame) -> Value {
    json!({
        "name": frame.kind,
        "title": frame.name,
        "summary": frame.says,
        "payload": frame.payload,
        "examples": [{"name": frame.name, "payload": frame.example}],
    })
}

fn channel<'a>(messages: impl Iterator<Item = &'a String>) -> Value {
    let refer = |name: &String| {
        let reference = json!({ "$ref": format!("#/components/messages/{name}") });
        (name.clone(), reference)
    };
    json!({
        "address": "/api/v1/ws",
        "title": "One socket per client, for all its rooms.",
        "description": description(),
        "messages": messages.map(refer).collect::<Map<_, _>>(),
        "bindings": {"ws": {"method": "GET", "query": query(), "headers": headers()}},
    })
}

fn query() -> Value {
    json!({
        "type": "object",
        "properties": {
            "events": {
                "type": "string",
                "enum": ["messages", "notifications", "messages,notifications"],
                "default": "messages",
                "description": "What is heard: rooms, notifications, or both.",
            },
            "resume": {
                "type": "boolean",
                "default": false,
                "description": "Whether a `resume` comes first: rooms are held until then, for 5 \
                                seconds at most, whatever else is sent.",
            },
            "ticket": {
                "type": "string",
                "description": "A ticket of `POST /api/v1/ws-ticket`, good for one socket and 30 \
                                seconds, in place of a token.",
            },
        },
    })
}

fn headers() -> Value {
    json!({
        "type": "object",
        "properties": {
            "Authorization": {"type": "string", "description": "`Bearer` and the token."},
            "Sec-WebSocket-Protocol": {
                "type": "string",
                "description": format!(
                    "`{SUBPROTOCOL}`; browsers add `{TOKEN_PROTOCOL}` and the token in unpadded \
                     base64url."
                ),
            },
        },
    })
}

/// What no schema says: how to say who one is, and what the close codes mean.
fn description() -> String {
    format!(
        "The subprotocol is `{SUBPROTOCOL}`. Say who you are by `Authorization`, by a subprotocol, \
         by a ticket, or by a first frame `authenticate` within 5 seconds. A handshake that offers \
         `{SUBPROTOCOL}` and may not have a socket is taken all the same, and closed at once with the \
         code that says why. The server pings; two misses close the socket. The reason of a close is \
         the name of its code. Close codes from 4000 to 4399 say to come back, 4400 and those from \
         4500 on not to as you are:\n\n{}\n{PROTOCOL_CLOSES}",
        closes()
    )
}

/// The close codes of the protocol itself (RFC 6455, 7.4.1).
const PROTOCOL_CLOSES: &str = "\
- 4400: `invalid_field`, for the query of the handshake: mend it
- 1002: the frames break the protocol
- 1003: `binary_frame`
- 1007: a text is no UTF-8
- 1009: `body_too_large`
- 1011: `internal`: come back
- 1012: the server is restarted: come back";

/// The close codes that are ours, and the codes of errors that end a session with them. What is
/// wrong with a request ends none.
fn closes() -> String {
    let mut closes = BTreeMap::<u16, Vec<String>>::new();
    let ends = Code::ALL.iter().map(|code| code.info());
    for info in ends.filter(|info| info.close >= 4000 && info.close != 4400) {
        closes
            .entry(info.close)
            .or_default()
            .push(format!("`{}`", info.name));
    }
    let lines = closes
        .iter()
        .map(|(close, names)| format!("- {close}: {}", names.join(", ")));
    lines.collect::<Vec<_>>().join("\n")
}

fn operations(client: &[Frame], server: &[Frame]) -> Value {
    let mut operations = Map::new();
    for frame in client {
        let answers = frame.answers.iter().copied().chain(["error"]);
        let answers: Vec<_> = answers.map(|name| of_channel(SERVER, name)).collect();
        let operation = json!({
            "action": "receive",
            "channel": {"$ref": "#/channels/socket"},
            "summary": frame.says,
            "messages": [of_channel(CLIENT, &frame.name)],
            "reply": {"channel": {"$ref": "#/channels/socket"}, "messages": answers},
            "security": [{"$ref": "#/components/securitySchemes/bearer"}],
        });
        operations.insert(frame.name.clone(), operation);
    }
    let told: Vec<_> = server
        .iter()
        .map(|frame| of_channel(SERVER, &frame.name))
        .collect();
    let events = json!({
        "action": "send",
        "channel": {"$ref": "#/channels/socket"},
        "summary": "What the server says: answers and events.",
        "messages": told,
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    });
    operations.insert("hear".to_owned(), events);
    Value::Object(operations)
}

fn of_channel(side: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/channels/socket/messages/{side}.{name}") })
}
