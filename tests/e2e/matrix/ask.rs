//! One cell: somebody asks, and what comes of it.

use domain::Code;
use e2e::{Answer, SignedIn, Socket, socket::Refused};
use hyper::Method;
use serde_json::{Value, json};

use super::{
    people::unique,
    rows::Asks,
    scene::{Marks, Scene},
};

/// What came of it.
pub(super) struct Outcome {
    /// What stands in the cell.
    pub(super) word: String,
    /// What was answered, but for ids: what is answered alike is the same.
    pub(super) told: String,
    /// Whether something has been done.
    pub(super) did: bool,
}

impl Outcome {
    fn new(word: impl Into<String>, told: String) -> Self {
        let word = word.into();
        let did = word.starts_with("done") || word == "opened";
        Self { word, told, did }
    }

    /// A refusal, by its status and, where it has one, its code.
    fn refused(status: u16, code: &str, told: String) -> Self {
        let word = match (status, code) {
            (401, _) => "sign in".to_owned(),
            (403, _) => "no".to_owned(),
            (404, _) => "unknown".to_owned(),
            (_, "") => status.to_string(),
            (_, code) => code.to_owned(),
        };
        Self::new(word, told)
    }
}

/// Asks as somebody, about the things of `marks`.
pub(super) async fn ask(scene: &Scene, marks: &Marks, who: &SignedIn, asks: &Asks) -> Outcome {
    let fill = |text: &str| own(who, &marks.fill(text));
    let filled =
        |frame: &Value| -> Value { serde_json::from_str(&fill(&frame.to_string())).expect("JSON") };
    match asks {
        Asks::Http { method, path, body } => {
            let body = body.as_ref().map(|(kind, body)| (*kind, fill(body)));
            http(marks, who, method, &fill(path), body).await
        }
        Asks::Socket { path } => open(who, &fill(path))
            .await
            .map_or_else(|outcome| outcome, |_| Outcome::new("opened", String::new())),
        Asks::Native { frame } => native(marks, who, &filled(frame)).await,
        Asks::Frames { path, frames } => {
            let frames: Vec<Value> = frames.iter().map(filled).collect();
            said(scene, marks, who, &fill(path), &frames).await
        }
    }
}

/// The names of what is the asker's own, and of what is new.
fn own(who: &SignedIn, text: &str) -> String {
    let unique = unique("new");
    let short = unique.get(unique.len() - 12..).unwrap_or_default();
    [
        ("{me}", who.name.as_str()),
        ("{token}", &who.token),
        ("{tenant}", "default"),
        ("{unique}", &unique),
        ("{short}", short),
        ("{id}", &domain::RowId::new().uuid().to_string()),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, thing)| {
        text.replace(name, thing)
    })
}

async fn http(
    marks: &Marks,
    who: &SignedIn,
    method: &str,
    path: &str,
    body: Option<(&str, String)>,
) -> Outcome {
    let verb = Method::from_bytes(method.as_bytes()).expect("a method");
    let headers: Vec<_> = body
        .iter()
        .map(|(kind, _)| ("content-type", *kind))
        .collect();
    let bytes = body.as_ref().map(|(_, body)| body.clone().into());
    let answer = who.rest.send(verb, path, &headers, bytes).await;
    let told = told(marks, &answer);
    if answer.status.as_u16() >= 400 {
        return Outcome::refused(answer.status.as_u16(), &answer.code(), told);
    }
    let word = match (method, marks.are_read_in(&answer.text)) {
        ("GET", true) => "reads",
        ("GET", false) if marks.are_in(&answer.text) => "sees",
        ("GET", false) => "nothing",
        (_, true) => "done, reads",
        (_, false) => "done",
    };
    Outcome::new(word, told)
}

/// What an answer says, but for ids and for what is new in every answer.
fn told(marks: &Marks, answer: &Answer) -> String {
    let mut body = answer.json();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    let body = match body {
        Value::Null => answer.text.clone(),
        body => body.to_string(),
    };
    format!("{} {}", answer.status, marks.hide(&body))
}

/// Opens a socket with the token wherever a dialect may look for it.
pub(super) async fn open(who: &SignedIn, path: &str) -> Result<Socket, Outcome> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let opened = match who.token.as_str() {
        "" => Socket::open_with(who.rest.addr(), path, &[]).await,
        token if path.starts_with(NATIVE) => Socket::open(who.rest.addr(), path, token).await,
        token => {
            Socket::open(
                who.rest.addr(),
                &format!("{path}{joint}token={token}"),
                token,
            )
            .await
        }
    };
    match opened {
        Err(Refused { status, body }) => Err(Outcome::refused(status, "", body)),
        // Which is opened for everybody, and waits for a token.
        Ok(socket) if path.starts_with(NATIVE) && who.token.is_empty() => {
            Err(unnamed(socket).await)
        }
        Ok(socket) => Ok(socket),
    }
}

const NATIVE: &str = "/api/v1/ws";

async fn unnamed(mut socket: Socket) -> Outcome {
    socket.send(&json!({"id": "asked", "type": "ping"})).await;
    let closed = socket.closed().await;
    match closed {
        Some(4501 | 4401) => Outcome::refused(401, "", String::new()),
        other => Outcome::new(format!("closed {other:?}"), String::new()),
    }
}

async fn native(marks: &Marks, who: &SignedIn, frame: &Value) -> Outcome {
    let mut socket = match open(who, NATIVE).await {
        Ok(socket) => socket,
        Err(outcome) => return outcome,
    };
    socket.next_of("hello").await;
    socket.send(frame).await;
    let mut gap = None;
    let answer = loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("gap") => gap = frame["reason"].as_str().map(str::to_owned),
            Some("ack" | "error") if frame["id"] == "asked" => break frame,
            _ => {}
        }
    };
    let told = marks.hide(&answer.to_string());
    match (answer["code"].as_str(), gap) {
        (Some(code), _) => Outcome::refused(status(code), code, told),
        (None, Some(reason)) => Outcome::new(reason, told),
        (None, None) => Outcome::new("done", told),
    }
}

fn status(code: &str) -> u16 {
    let mut all = Code::ALL.iter().map(|code| code.info());
    let info = all.find(|info| info.name == code);
    info.expect("a code of the table").status
}

/// Says frames through a dialect's socket. What they did is what Pat sees of it.
async fn said(
    scene: &Scene,
    marks: &Marks,
    who: &SignedIn,
    path: &str,
    frames: &[Value],
) -> Outcome {
    let (mut witness, _) = scene.pat.native().await;
    let mut socket = match open(who, path).await {
        Ok(socket) => socket,
        Err(outcome) => return outcome,
    };
    for frame in frames {
        socket.send(frame).await;
    }
    let mut words = match path.starts_with("/ws/chat/default/") {
        true => until_asked(&mut socket).await,
        false => Vec::new(),
    };
    words.extend(socket.last_words().await);
    let errors = words.iter().filter(|frame| frame["type"] == "error");
    let told = marks.hide(&errors.map(Value::to_string).collect::<String>());
    let last = frames
        .last()
        .map_or(Value::Null, |frame| frame["type"].clone());
    let answered = |kind: &str| words.iter().any(|frame| frame["type"] == kind);
    let word = match last.as_str() {
        Some("join_conversation") if answered("conversation_joined") => "done, reads",
        Some("leave_conversation") if answered("conversation_left") => "done",
        _ if is_seen(scene, &mut witness, who).await => "done",
        _ => "nothing",
    };
    Outcome::new(word, told)
}

/// The frames until the answer to what no socket understands: whatever was asked before is done.
async fn until_asked(socket: &mut Socket) -> Vec<Value> {
    socket.send(&json!({"type": "dance"})).await;
    let mut words = Vec::new();
    loop {
        let frame = socket.next().await;
        if frame["message"] == "Unknown message type: dance" {
            return words;
        }
        words.push(frame);
    }
}

/// Whether Pat sees that anything was done.
async fn is_seen(scene: &Scene, witness: &mut Socket, who: &SignedIn) -> bool {
    let end = unique("that is all");
    scene.pat.say(&scene.room, &end).await;
    let mut seen = false;
    loop {
        let frame = witness.next().await;
        if frame["message"]["content"] == end.as_str() {
            return seen;
        }
        seen |= is_deed(&frame, scene, who);
    }
}

/// Whether a frame tells of a deed in the room, or of a wish of the asker's.
fn is_deed(frame: &Value, scene: &Scene, who: &SignedIn) -> bool {
    let kind = frame["type"].as_str().unwrap_or_default();
    let pats = frame["user"] == scene.pat.id.as_str();
    match kind {
        "presence" => frame["user"] == who.id.as_str() && frame["state"] == "busy",
        "receipt" | "typing" => frame["room"] == scene.room.as_str() && !pats,
        "message" | "message_updated" | "message_deleted" | "reaction_added"
        | "reaction_removed" => frame["room"] == scene.room.as_str(),
        _ => false,
    }
}
