//! The `recipients` dialect: accounts by e-mail address, a conversation of two, and one socket per
//! conversation whose frames name their recipient. What its frames look like is told by
//! `docs/protocols/recipients.md`.

mod frames;
pub mod http;
#[cfg(test)]
mod tests;

use domain::{Code, Error, Event, Reply, Scene};

use crate::{Action, Dialect, Refused, Request, Scope, Viewer};

/// With what the document's system closes where its handler cannot read a frame.
const UNREADABLE: u16 = 1011;

/// The `recipients` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Recipients;

impl Dialect for Recipients {
    fn name(&self) -> &'static str {
        "recipients"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        let refused = |error| Refused { id: None, error };
        let command = frames::send(scope, text).map_err(refused)?;
        Ok(Request {
            id: None,
            action: Action::Command(command),
        })
    }

    /// A frame names who is meant, which is the one of two who has not said it.
    fn is_personal(&self) -> bool {
        true
    }

    fn encode(&self, viewer: &Viewer, scene: &Scene) -> Option<String> {
        match &scene.event {
            Event::Logged(row) => frames::row(viewer, row),
            // The document has no word for these.
            Event::Notified(_) | Event::Receipt { .. } => None,
            Event::Typing { .. } | Event::Presence(_) | Event::Draining { .. } => None,
            Event::Visited { .. } | Event::Unread { .. } => None,
        }
    }

    /// Nothing is acknowledged: the sender hears its own message like the other one.
    fn reply(&self, _request: Option<&str>, _reply: &Reply) -> Option<String> {
        None
    }

    /// Plain text. What cannot be read is answered by the end of the socket alone.
    fn refuse(&self, _request: Option<&str>, error: &Error) -> Option<String> {
        let text = match error.code() {
            Code::InvalidJson => return None,
            Code::UserNotFound => "Invalid recipient.",
            Code::MessageEmpty => "Message is required.",
            Code::MessageTooLong => "Message is too long.",
            Code::RateLimited => "Too many messages, slow down.",
            Code::Busy | Code::Unavailable | Code::UnknownOutcome | Code::Internal => "Try again.",
            _ => error.message(),
        };
        Some(text.to_owned())
    }

    fn breaks_off(&self, error: &Error) -> Option<u16> {
        (error.code() == Code::InvalidJson).then_some(UNREADABLE)
    }
}
