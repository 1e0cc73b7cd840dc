//! What is asked: every operation of the description, and every path of the dialects.

use std::collections::BTreeSet;

use e2e::{
    Server,
    described::{Described, Operation, filled},
};
use protocol::native::examples;
use serde_json::{Value, json};

use super::scene::{FORM, Kind, form};

/// One row of the table: a request or a frame.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Under which heading it stands.
    pub(super) section: Section,
    /// What it is called there.
    pub(super) name: String,
    /// How it is asked.
    pub(super) asks: Asks,
}

/// The part of the table that a row stands in.
pub(super) type Section = (&'static str, Kind);

/// How something is asked. Names in braces stand for things of the scene.
#[derive(Debug, Clone)]
pub(super) enum Asks {
    /// Over HTTP.
    Http {
        method: String,
        path: String,
        /// Its type, and what it says.
        body: Option<(&'static str, String)>,
    },
    /// By opening a socket.
    Socket { path: String },
    /// By a frame of the native socket.
    Native { frame: Value },
    /// By frames of a dialect's socket, of which the last one counts.
    Frames { path: String, frames: Vec<Value> },
}

const JSON: &str = "application/json";

/// Every operation on a group, and those on a room also on the others.
pub(super) async fn native(server: &Server) -> Vec<Row> {
    let described = Described::of(&server.rest()).await;
    let kinds = [
        ("The native API", Kind::Group),
        ("The native API, of a channel", Kind::Channel),
        ("The native API, of a direct room", Kind::Direct),
    ];
    let rows = kinds.into_iter().flat_map(|section| {
        let operations = described.operations().into_iter();
        let meant =
            operations.filter(move |operation| section.1 == Kind::Group || is_of_room(operation));
        meant.map(move |operation| operation_row(section, &operation))
    });
    rows.collect()
}

fn is_of_room(operation: &Operation) -> bool {
    operation.path.contains("{room}") && !operation.path.contains("/admin/")
        || ["list_rooms", "open_direct", "read_file"].contains(&operation.id())
}

fn operation_row(section: Section, operation: &Operation) -> Row {
    let path = filled(&operation.path, |name| match name {
        "emoji" => "%F0%9F%91%8D".to_owned(),
        "name" => "a.txt".to_owned(),
        "action" => "friend.created".to_owned(),
        known => format!("{{{known}}}"),
    });
    let asks = match operation.id() {
        "open_socket" => Asks::Socket { path },
        _ => Asks::Http {
            method: operation.method.clone(),
            path: path + query(operation),
            body: body(operation),
        },
    };
    Row {
        section,
        name: format!("{} {}", operation.method, operation.path),
        asks,
    }
}

/// What must stand in the query, or else shows more.
fn query(operation: &Operation) -> &'static str {
    match operation.id() {
        "read_linked_file" => "?{query}",
        "explain_notification" => "?message={message}",
        "explain_archive" => "?room={room}",
        "find_user" => "?name={username}",
        "list_presence" => "?users={user}",
        "list_people" => "?limit=100",
        _ => "",
    }
}

fn body(operation: &Operation) -> Option<(&'static str, String)> {
    if operation.id() == "upload_file" {
        return Some((FORM, form("own")));
    }
    let unique = json!({"name": "{unique}"});
    let body = match operation.id() {
        "sign_up" => json!({"username": "{unique}", "password": "correct horse battery"}),
        "log_in" => json!({"username": "{me}", "password": "correct horse battery"}),
        "change_password" => json!({"current": "correct horse battery", "new": "battery staple"}),
        "change_me" => json!({"first_name": "Ann"}),
        "create_room" | "change_room" => unique,
        "create_policy" => json!({
            "name": "{unique}", "older_than": "3650d", "action": "archive",
            "schedule": "every day at 02:00",
        }),
        _ => operation.body()?.clone(),
    };
    Some((JSON, named(&body.to_string())))
}

/// The names of things in the place of the examples of them.
pub(super) fn named(text: &str) -> String {
    [
        (examples::ROOM, "{room}"),
        (examples::USER, "{user}"),
        (examples::MESSAGE, "{message}"),
        (examples::FILE, "{file}"),
        (examples::RUN, "{run}"),
        (examples::CLIENT, "{id}"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (example, name)| {
        text.replace(example, name)
    })
}

/// Below what each dialect has its paths, and its rooms.
const DIALECTS: [(&str, Section); 20] = [
    ("/api/user/", ("The rooms dialect", Kind::Channel)),
    ("/api/room/", ("The rooms dialect", Kind::Channel)),
    ("/ws/join/", ("The rooms dialect", Kind::Channel)),
    (
        "/ws/join-notification/",
        ("The rooms dialect", Kind::Channel),
    ),
    (
        "/api/notifications/chat/",
        ("The tenants dialect", Kind::Group),
    ),
    ("/ws/chat/{tenant}/", ("The tenants dialect", Kind::Group)),
    ("/api/register/", ("The recipients dialect", Kind::Direct)),
    ("/api/login/", ("The recipients dialect", Kind::Direct)),
    ("/api/logout/", ("The recipients dialect", Kind::Direct)),
    ("/api/token/", ("The recipients dialect", Kind::Direct)),
    ("/api/users/", ("The recipients dialect", Kind::Direct)),
    (
        "/ws/chat/{conversation}/",
        ("The recipients dialect", Kind::Direct),
    ),
    ("/api/chat/", ("The friends dialect", Kind::Direct)),
    ("/api/auth/token/", ("The usernames dialect", Kind::Direct)),
    ("/api/userauth/", ("The usernames dialect", Kind::Direct)),
    (
        "/api/conversations/",
        ("The usernames dialect", Kind::Direct),
    ),
    ("/api/rooms/", ("The usernames dialect", Kind::Direct)),
    (
        "/ws/notifications/",
        ("The usernames dialect", Kind::Direct),
    ),
    ("/ws/{username}/", ("The usernames dialect", Kind::Direct)),
    (
        "/ws/notifications/{username}/",
        ("The usernames dialect", Kind::Direct),
    ),
];

/// Every method of every path of the dialects, those that are there with a slash and without it
/// once.
pub(super) fn dialects(server: &Server) -> Vec<Row> {
    let paths = server.paths().into_iter();
    let paths = paths.filter(|(_, path)| !path.starts_with("/api/v1/"));
    let paths = paths.filter(|(_, path)| !["/setup", "/files/{file}/{name}"].contains(path));
    let slashed = paths.map(|(method, path)| (format!("{}/", path.trim_end_matches('/')), method));
    let once: BTreeSet<_> = slashed.collect();
    once.iter()
        .map(|(path, method)| of_dialect(path, method))
        .collect()
}

fn of_dialect(path: &str, method: &str) -> Row {
    let mut known = DIALECTS.iter();
    let section = known.find(|(prefix, _)| path.starts_with(prefix));
    let (_, section) = section.unwrap_or_else(|| panic!("{path}: whose is it?"));
    let means = |name: &str| match (name, section.0) {
        ("id" | "conversation", _) => "{room}".to_owned(),
        ("tenant", _) => "default".to_owned(),
        ("user", "The usernames dialect") => "{person}".to_owned(),
        (known, _) => format!("{{{known}}}"),
    };
    let asked = filled(path, means);
    let is_socket = path.starts_with("/ws/") || path == "/api/chat/ws/chat/";
    let asks = match is_socket {
        true => Asks::Socket {
            path: asked
                + if path == "/ws/join/" {
                    "?name={title}"
                } else {
                    ""
                },
        },
        false => Asks::Http {
            method: method.to_owned(),
            body: dialect_body(method, path),
            path: asked + dialect_query(path),
        },
    };
    Row {
        section: *section,
        name: format!("{method} {path}"),
        asks,
    }
}

fn dialect_query(path: &str) -> &'static str {
    match path {
        "/api/rooms/check-url/" | "/api/rooms/refresh-url/" => "?message_id={number}",
        _ => "",
    }
}

/// With what a path is asked.
///
/// # Panics
/// When nothing is said of it here: a new path needs a line.
fn dialect_body(method: &str, path: &str) -> Option<(&'static str, String)> {
    let password = "correct horse battery";
    let body = match (method, path) {
        ("GET" | "DELETE", _) | (_, "/api/user/logout/" | "/api/users/") => return None,
        (_, "/api/users/{user}/chat/" | "/api/chat/{id}/messages/") => return None,
        (_, "/api/rooms/upload/" | "/api/notifications/chat/upload/") => {
            return Some((FORM, form("own")));
        }
        (_, "/api/user/signup/") => json!({
            "username": "{unique}", "email": "{unique}@example.org", "password": password,
        }),
        (_, "/api/user/login/" | "/api/auth/token/") => {
            json!({"username": "{me}", "password": password})
        }
        (_, "/api/room/create/") => json!({"name": "{unique}"}),
        (_, "/api/register/") => json!({
            "first_name": "Ann", "last_name": "Lee", "email": "{short}@example.org",
            "password": password, "confirm_password": password,
        }),
        (_, "/api/login/") => json!({"email": "{me}", "password": password}),
        (_, "/api/logout/" | "/api/token/refresh/" | "/api/auth/token/refresh/") => {
            json!({"refresh": "none of ours"})
        }
        (_, path) => tenants_body(path.trim_start_matches("/api/notifications/chat")),
    };
    Some((JSON, body.to_string()))
}

fn tenants_body(path: &str) -> Value {
    match path {
        "/conversations/" => json!({"conversation_type": "direct", "target_user_id": "{user}"}),
        "/conversations/{id}/" => json!({"title": "{unique}"}),
        "/conversations/{id}/participants/" => json!({"user_id": "{user}", "role": "member"}),
        "/conversations/{id}/participants/{user}/" => json!({"role": "member"}),
        "/conversations/{id}/messages/" | "/conversations/{id}/messages/{message}/" => {
            json!({"content": "own"})
        }
        "/messages/{message}/reactions/" => json!({"emoji": "+1"}),
        "/presence/me/" => json!({"status": "away"}),
        other => panic!("{other}: with what is it asked?"),
    }
}
