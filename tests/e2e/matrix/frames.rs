//! What is asked by frames: every one that the native socket takes, and those of the dialects'
//! documents.

use e2e::{Server, described::Described};
use serde_json::{Value, json};

use super::{
    rows::{Asks, Row, named},
    scene::Kind,
};

/// Every frame of clients that is described.
pub(super) async fn native(server: &Server) -> Vec<Row> {
    let text = server.rest().get("/asyncapi.yaml").await.text;
    let described = Described::new(serde_saphyr::from_str(&text).expect("YAML"));
    let messages = &described.document()["components"]["messages"];
    let messages = messages.as_object().into_iter().flatten();
    let asked = messages.filter_map(|(name, said)| Some((name.strip_prefix("client.")?, said)));
    let rows = asked.map(|(name, said)| Row {
        section: ("Frames of the native socket", Kind::Group),
        name: name.to_owned(),
        asks: Asks::Native {
            frame: example(name, &said["examples"][0]["payload"]),
        },
    });
    rows.collect()
}

fn example(kind: &str, payload: &Value) -> Value {
    let frame = named(&payload.to_string());
    let mut frame: Value = serde_json::from_str(&frame).expect("a frame");
    match kind {
        "add" | "remove" | "role" => frame["user"] = json!("{user}"),
        "authenticate" => frame["token"] = json!("{token}"),
        _ => {}
    }
    (frame["id"], frame["type"]) = (json!("asked"), json!(kind));
    frame
}

/// The frames of the dialects' documents, by the sockets that take them.
pub(super) fn dialects() -> Vec<Row> {
    let mut rows = tenants();
    rows.extend(friends());
    let said = |section, path, name, frame| row((section, Kind::Direct), path, name, vec![frame]);
    rows.extend([
        row(
            ("Frames of the rooms dialect", Kind::Channel),
            "/ws/join/?name={title}",
            "{\"content\"}",
            vec![json!({"content": "own"})],
        ),
        said(
            "Frames of the recipients dialect",
            "/ws/chat/{room}/",
            "{\"message\", \"recipient_id\"}",
            json!({"message": "own", "recipient_id": "{user}"}),
        ),
        said(
            "Frames of the usernames dialect",
            "/ws/{username}/",
            "chat_message",
            json!({"type": "chat_message", "message": "own", "multimedia_url": ""}),
        ),
        said(
            "Frames of the usernames dialect",
            "/ws/{username}/",
            "read_messages",
            json!({"type": "read_messages"}),
        ),
    ]);
    rows
}

fn row(section: (&'static str, Kind), path: &str, name: &str, frames: Vec<Value>) -> Row {
    Row {
        section,
        name: name.to_owned(),
        asks: Asks::Frames {
            path: path.to_owned(),
            frames,
        },
    }
}

fn tenants() -> Vec<Row> {
    let join = json!({"type": "join_conversation", "conversation_id": "{room}"});
    let frames = [
        json!({"type": "leave_conversation"}),
        json!({"type": "send_message", "conversation_id": "{room}", "content": "own"}),
        json!({"type": "edit_message", "message_id": "{message}", "content": "own"}),
        json!({"type": "delete_message", "message_id": "{message}"}),
        json!({"type": "add_reaction", "message_id": "{message}", "emoji": "+1"}),
        json!({"type": "remove_reaction", "message_id": "{message}", "emoji": "+1"}),
        json!({"type": "start_typing", "conversation_id": "{room}"}),
        json!({"type": "stop_typing", "conversation_id": "{room}"}),
        json!({"type": "mark_read", "conversation_id": "{room}"}),
        json!({"type": "update_presence", "status": "busy"}),
    ];
    let before = |frame: &Value| match frame["type"].as_str() {
        Some("remove_reaction") => {
            vec![
                join.clone(),
                json!({"type": "add_reaction", "message_id": "{message}", "emoji": "+1"}),
            ]
        }
        Some("stop_typing") => {
            vec![
                join.clone(),
                json!({"type": "start_typing", "conversation_id": "{room}"}),
            ]
        }
        _ => vec![join.clone()],
    };
    let all = frames
        .iter()
        .map(|frame| [before(frame), vec![frame.clone()]].concat());
    let all = std::iter::once(vec![join.clone()]).chain(all);
    let section = ("Frames of the tenants dialect", Kind::Group);
    let rows = all.map(|frames| {
        let name = frames.last().and_then(|frame| frame["type"].as_str());
        let name = name.unwrap_or_default().to_owned();
        row(section, "/ws/chat/{tenant}/", &name, frames)
    });
    rows.collect()
}

fn friends() -> Vec<Row> {
    let frame = |kind: &str| json!({"type": kind, "data": {"room": "{room}", "content": "own"}});
    let section = ("Frames of the friends dialect", Kind::Direct);
    let kinds = [
        "chat.message",
        "chat.read",
        "friend.typing.start",
        "friend.typing.stop",
    ];
    let rows = kinds.into_iter().map(|kind| {
        let frames = match kind {
            "friend.typing.stop" => vec![frame("friend.typing.start"), frame(kind)],
            _ => vec![frame(kind)],
        };
        row(section, "/api/chat/ws/chat/", kind, frames)
    });
    rows.collect()
}
