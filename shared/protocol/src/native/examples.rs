//! Things as the descriptions of the API show them. A test holds each to its schema.

use serde_json::{Value, json};

/// A room.
pub const ROOM: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A person.
pub const USER: &str = "01890a5d-0000-774b-bcce-b302099a8057";

/// A message.
pub const MESSAGE: &str = "01890a5d-ac96-774b-bcce-b302099a8099";

/// A client's own id for a message.
pub const CLIENT: &str = "6f1b1a34-5d57-4a6b-9df8-0f4e3c1c2b9a";

/// A file.
pub const FILE: &str = "01890a5d-ac96-774b-bcce-b302099a80f1";

/// A policy of the archive.
pub const POLICY: &str = "01890a5d-ac96-774b-bcce-b302099a80b0";

/// A run of the archive.
pub const RUN: &str = "01890a5d-ac96-774b-bcce-b302099a80aa";

/// When it was.
pub const AT: &str = "2027-03-01T09:30:00Z";

/// A token, cut short.
pub const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTg5MGE1ZCJ9.c2lnbmF0dXJl";

/// Somebody.
#[must_use]
pub fn user() -> Value {
    json!({"id": USER, "username": "ann"})
}

/// Somebody, with the names that they have said.
#[must_use]
pub fn person() -> Value {
    json!({"id": USER, "username": "ann", "first_name": "Ann", "last_name": "Lee"})
}

/// Oneself.
#[must_use]
pub fn me() -> Value {
    json!({
        "id": USER, "username": "ann", "email": "ann@example.com", "admin": false,
        "created_at": AT,
    })
}

/// What a login gives.
#[must_use]
pub fn token() -> Value {
    json!({
        "token": TOKEN, "expires_at": "2027-03-01T09:45:00Z", "refresh_token": TOKEN,
        "refresh_expires_at": "2027-04-01T09:30:00Z", "user": me(),
    })
}

/// A room.
#[must_use]
pub fn room() -> Value {
    json!({
        "id": ROOM, "name": "lobby", "kind": "channel", "rev": 1, "read_only": false,
        "head": 42, "member": true, "role": "member", "read": 40, "unread": 2,
        "unread_more": false,
        "created_at": "2027-02-01T08:00:00Z",
    })
}

/// A message that says this.
#[must_use]
pub fn message(text: &str) -> Value {
    json!({
        "id": MESSAGE, "room": ROOM, "seq": 42, "sender": user(), "client_id": CLIENT,
        "kind": "text", "content": text, "state": "present", "created_at": AT, "rev": 1, "archived": false,
    })
}

/// What is left of a message that was deleted.
#[must_use]
pub fn deleted() -> Value {
    let mut message = message("");
    message["state"] = "deleted".into();
    message["rev"] = 2.into();
    if let Value::Object(fields) = &mut message {
        fields.remove("content");
        fields.remove("kind");
    }
    message
}

/// News of a message.
#[must_use]
pub fn notification() -> Value {
    json!({
        "id": RUN, "room": ROOM, "seq": 42, "at": AT, "cause": "message",
        "message": message("hello, room"),
    })
}
