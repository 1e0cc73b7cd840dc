//! Bodies over HTTP.

use domain::{File, Message, Timestamp, User, UserId};
use serde::Serialize;
use serde_json::Value;

use super::frames::{Said, identifier};
use crate::{
    Viewer,
    drf::{Refusal, detail, json},
    moment::{Micros, Unzoned},
};

/// Somebody, as the document shows people.
#[derive(Debug, Clone, Serialize)]
pub struct Person<'a> {
    url: String,
    username: &'a str,
    email: &'a str,
    /// We have none.
    groups: [Value; 0],
    is_active: bool,
}

impl<'a> Person<'a> {
    /// Shows somebody by `base`, the address of this server, and the number that they have here.
    #[must_use]
    pub fn new(user: &'a User, base: &str, number: u64) -> Self {
        Self {
            url: format!("{base}/api/userauth/users/{number}/"),
            username: user.username.as_str(),
            email: user.email.as_ref().map_or("", |email| email.as_str()),
            groups: [],
            is_active: user.is_there(),
        }
    }
}

/// The two of a conversation, one of whom is told of it.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// Who is told.
    pub me: (UserId, Person<'a>),
    /// The other one.
    pub other: Person<'a>,
    /// The number of their room.
    pub room: u64,
}

impl Pair<'_> {
    /// What their room is called: both names, the same for either.
    fn name(&self) -> String {
        let mut names = [self.me.1.username, self.other.username];
        names.sort_unstable();
        names.join("-")
    }
}

/// A conversation in the list of all.
#[derive(Serialize)]
pub struct Conversation<'a> {
    id: u64,
    name: String,
    other_user: Person<'a>,
    last_message: Option<Told<'a>>,
}

impl<'a> Conversation<'a> {
    /// Shows a conversation and what was said in it last, if anything was.
    #[must_use]
    pub fn new(pair: &Pair<'a>, viewer: &Viewer, last: Option<&'a Message>) -> Self {
        Self {
            id: pair.room,
            name: pair.name(),
            other_user: pair.other.clone(),
            last_message: last.and_then(|message| Told::last(pair, viewer, message)),
        }
    }
}

/// A message of a conversation.
#[derive(Serialize)]
pub struct Told<'a> {
    id: u64,
    from_user: Person<'a>,
    to_user: Person<'a>,
    date_added: Micros,
    content: &'a str,
    /// Where something is shown with it; of a last message empty where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    multimedia_url: Option<String>,
}

impl<'a> Told<'a> {
    /// Shows a message; `None` for what is no longer there, and for one beyond all numbers.
    fn new(pair: &Pair<'a>, viewer: &Viewer, message: &'a Message) -> Option<Self> {
        let number = domain::MessageNumber {
            room: pair.room,
            seq: message.seq,
        };
        let said = Said::of(viewer, message)?;
        let (me, other) = (pair.me.1.clone(), pair.other.clone());
        let (from_user, to_user) = match message.sender == pair.me.0 {
            true => (me, other),
            false => (other, me),
        };
        Some(Self {
            id: number.number()?,
            from_user,
            to_user,
            date_added: message.created_at.into(),
            content: said.text,
            multimedia_url: Some(said.link).filter(|link| !link.is_empty()),
        })
    }

    /// What was said last, which always has a link here, as the document shows it.
    fn last(pair: &Pair<'a>, viewer: &Viewer, message: &'a Message) -> Option<Self> {
        let told = Self::new(pair, viewer, message)?;
        Some(Self {
            multimedia_url: Some(told.multimedia_url.unwrap_or_default()),
            ..told
        })
    }
}

/// The messages of a conversation, the oldest first.
#[must_use]
pub fn messages(pair: &Pair<'_>, viewer: &Viewer, messages: &[Message]) -> String {
    #[derive(Serialize)]
    struct Messages<'a> {
        messages: Vec<Told<'a>>,
    }
    let told = messages
        .iter()
        .filter_map(|message| Told::new(pair, viewer, message));
    json(&Messages {
        messages: told.collect(),
    })
}

/// The answer to an upload: where the file can be read, and until when.
#[must_use]
pub fn uploaded(file: &File, location: &str, until: Timestamp) -> String {
    #[derive(Serialize)]
    struct Uploaded<'a> {
        file_location: &'a str,
        expiration_time: Unzoned,
        file_identifier: String,
    }
    json(&Uploaded {
        file_location: location,
        expiration_time: Unzoned(until),
        file_identifier: identifier(file.id, file.name.as_str()),
    })
}

/// Whether the link that came with a message may have run out.
#[must_use]
pub fn checked(refresh_url: bool) -> String {
    #[derive(Serialize)]
    struct Checked {
        refresh_url: bool,
    }
    json(&Checked { refresh_url })
}

/// A fresh link.
#[must_use]
pub fn refreshed(file_location: &str) -> String {
    #[derive(Serialize)]
    struct Refreshed<'a> {
        file_location: &'a str,
    }
    json(&Refreshed { file_location })
}

/// A link of a message to be shown, fresh; `None` where it has none.
#[must_use]
pub fn link_of(viewer: &Viewer, message: &Message) -> Option<String> {
    let said = Said::of(viewer, message)?;
    Some(said.link).filter(|link| !link.is_empty())
}

/// There is nobody of that name, or not for the caller.
#[must_use]
pub fn no_such_user() -> Refusal {
    detail(404, "No User matches the given query.")
}

/// There is no such message, not for the caller, or nothing is shown with it.
#[must_use]
pub fn no_such_message() -> Refusal {
    detail(404, "No Message matches the given query.")
}

/// Nobody talks to themselves.
#[must_use]
pub fn oneself() -> Refusal {
    detail(400, "You cannot have a conversation with yourself.")
}
