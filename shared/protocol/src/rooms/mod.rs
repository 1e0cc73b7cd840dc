//! The `rooms` dialect: named rooms, one socket per room, and a socket for notifications. What
//! its frames look like is told by `docs/protocols/rooms.md`.

mod decode;
mod escape;
mod frames;
pub mod http;
#[cfg(test)]
mod tests;

use domain::{Code, Error, Event, Page, Reply, Scene};

pub use frames::HISTORY;

use self::escape::json;
use crate::{Action, Dialect, Names, Refused, Request, Scope, Viewer};

/// The `rooms` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Rooms;

impl Dialect for Rooms {
    fn name(&self) -> &'static str {
        "rooms"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        let refused = |error| Refused { id: None, error };
        let command = decode::send(scope, text).map_err(refused)?;
        Ok(Request {
            id: None,
            action: Action::Command(command),
        })
    }

    fn encode(&self, _viewer: &Viewer, scene: &Scene) -> Option<String> {
        let actor = scene.actor.as_ref();
        match &scene.event {
            Event::Logged(row) => frames::row(row, actor),
            Event::Notified(notification) => frames::notification(notification),
            // The document has no word for these.
            Event::Receipt { .. } | Event::Typing { .. } | Event::Presence(_) => None,
            Event::Visited { .. } | Event::Unread { .. } | Event::Draining { .. } => None,
        }
    }

    fn greets_with(&self) -> usize {
        HISTORY
    }

    /// The room's history, also of an empty one.
    fn greet(&self, page: &Page, names: Names<'_>) -> Option<String> {
        Some(frames::history(page, names))
    }

    /// Nothing is acknowledged: the sender hears its own message like everybody else.
    fn reply(&self, _request: Option<&str>, _reply: &Reply) -> Option<String> {
        None
    }

    fn refuse(&self, _request: Option<&str>, error: &Error) -> Option<String> {
        Some(json(&frames::ErrorFrame {
            error: words(error),
        }))
    }
}

/// What the document's system says, where it says something.
fn words(error: &Error) -> &str {
    match error.code() {
        Code::InvalidJson => "Invalid JSON format",
        Code::MessageEmpty => "Message content is required",
        Code::MessageTooLong => "Message is too long",
        Code::RateLimited => "Too many messages, slow down",
        Code::Busy | Code::Unavailable | Code::UnknownOutcome | Code::Internal => "Try again",
        _ => error.message(),
    }
}
