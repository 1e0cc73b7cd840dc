//! The frames of a conversation's socket.

use domain::{
    Card, Change, ClientId, Code, Command, Content, ContentKind, Draft, Error, FileId, Mark,
    Message, Result, Row, Says, Scene, Seq,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Scope, Viewer, drf::json, moment::Micros};

/// How long the text of an id is, with which a file's identifier begins.
const ID_CHARS: usize = 36;

/// The kinds of frames that a client sends.
const MESSAGE: &str = "chat_message";
const READ: &str = "read_messages";

/// A message, as one viewer is told of it.
#[derive(Serialize)]
struct MessageFrame<'a> {
    r#type: &'static str,
    message: &'a str,
    multimedia_url: String,
    date_added: Micros,
    from_user: Named<'a>,
    room: &'a str,
    seq: Seq,
}

#[derive(Serialize)]
struct Named<'a> {
    username: &'a str,
}

#[derive(Serialize)]
struct Visitor<'a> {
    r#type: &'static str,
    user: &'a str,
}

#[derive(Serialize)]
struct Visitors<'a> {
    r#type: &'static str,
    users: Vec<&'a str>,
}

#[derive(Serialize)]
struct ErrorFrame<'a> {
    r#type: &'static str,
    message: &'a str,
}

/// What a message says here: the text, and a link to what is shown with it, empty where there is
/// nothing.
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) link: String,
}

impl<'a> Said<'a> {
    /// What `viewer` is told of a message; `None` for what is no longer there.
    pub(super) fn of(viewer: &Viewer, message: &'a Message) -> Option<Self> {
        let content = message.content()?;
        Some(match &content.attachment {
            Some(attachment) => Self {
                text: &content.text,
                link: viewer.link(attachment),
            },
            None => Self::words(content),
        })
    }

    /// A link that stands alone in the last line of several is what the text comes with.
    fn words(content: &'a Content) -> Self {
        let last = content.text.rsplit_once('\n');
        match last.filter(|(text, link)| !text.is_empty() && is_link(link)) {
            Some((text, link)) if content.kind == ContentKind::Text => Self {
                text,
                link: link.to_owned(),
            },
            _ => Self {
                text: &content.text,
                link: String::new(),
            },
        }
    }
}

/// Reads what a client wants; `None` for a kind of frame that is not known.
pub(super) fn read(scope: &Scope, text: &str) -> Result<Option<Command>> {
    let frame = serde_json::from_str(text);
    let frame: Map<String, Value> = frame.map_err(|_| Error::new(Code::InvalidJson))?;
    let kind = frame.get("type").and_then(Value::as_str);
    let room = scope.room.ok_or_else(|| Error::new(Code::RoomNotFound))?;
    match kind.ok_or_else(|| Error::new(Code::InvalidJson))? {
        MESSAGE => Ok(Some(Command::Send {
            room,
            // Each frame gets an id of its own, to be repeated with until its outcome is known.
            client_id: ClientId::new(),
            draft: draft(scope, &frame)?,
        })),
        // All that is there: the log's end is a lower number.
        READ => Ok(Some(Command::RaiseMark {
            room,
            mark: Mark::Read,
            through: Seq::MAX,
        })),
        _ => Ok(None),
    }
}

fn draft(scope: &Scope, frame: &Map<String, Value>) -> Result<Draft> {
    let field = |name| frame.get(name).and_then(Value::as_str).unwrap_or_default();
    // What is no text says nothing.
    let text = frame.get("message").and_then(Value::as_str);
    let text = text.ok_or_else(|| Error::new(Code::MessageEmpty))?;
    let identifier = field("file_identifier");
    if identifier.is_empty() {
        let link = field("multimedia_url");
        return Ok(Content::text(with_link(text, link), &scope.limits)?.into());
    }
    Ok(Draft {
        says: Says::Upload {
            file: file(identifier)?,
            caption: text.to_owned(),
        },
        reply_to: None,
        mentions: Vec::new(),
    })
}

/// A link that is given beside a text goes into its last line, where every front end shows it.
/// What is no link of the web is left out.
fn with_link(text: &str, link: &str) -> String {
    match (text.is_empty(), is_link(link)) {
        (_, false) => text.to_owned(),
        (true, true) => link.to_owned(),
        (false, true) => format!("{text}\n{link}"),
    }
}

/// Whether a text is a link of the web, and nothing else.
fn is_link(text: &str) -> bool {
    let address = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    address.is_some_and(|address| {
        !address.is_empty() && !address.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

/// The file that an identifier of ours stands for: it begins with the id.
fn file(identifier: &str) -> Result<FileId> {
    let id = identifier.get(..ID_CHARS).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Code::FileNotFound.into())
}

/// By what a client names an uploaded file.
pub(super) fn identifier(id: FileId, name: &str) -> String {
    format!("{id}_{name}")
}

/// What a row is to a conversation's socket: messages are told, the rest has no word here.
pub(super) fn row(viewer: &Viewer, scene: &Scene, row: &Row) -> Option<String> {
    match &row.change {
        Change::Message(message) => frame(viewer, scene, message),
        Change::Edit(_)
        | Change::Deletion(_)
        | Change::Reaction(_)
        | Change::Member(_)
        | Change::Room(_)
        | Change::Archive { .. } => None,
    }
}

fn frame(viewer: &Viewer, scene: &Scene, message: &Message) -> Option<String> {
    let peer = viewer.peer.as_ref()?;
    let sender = scene
        .actor
        .as_ref()
        .map_or("", |card| card.username.as_str());
    let said = Said::of(viewer, message)?;
    Some(json(&MessageFrame {
        r#type: MESSAGE,
        message: said.text,
        multimedia_url: said.link,
        date_added: message.created_at.into(),
        from_user: Named { username: sender },
        room: peer.username.as_str(),
        seq: message.seq,
    }))
}

/// That somebody has opened the conversation, or closed it.
pub(super) fn visited(card: &Card, here: bool) -> String {
    json(&Visitor {
        r#type: if here { "user_join" } else { "user_leave" },
        user: card.username.as_str(),
    })
}

/// Who has the conversation open besides.
pub(super) fn online(there: &[Card]) -> String {
    json(&Visitors {
        r#type: "online_user_list",
        users: there.iter().map(|card| card.username.as_str()).collect(),
    })
}

/// Why something was not done.
pub(super) fn error(message: &str) -> String {
    let r#type = "error";
    json(&ErrorFrame { r#type, message })
}
