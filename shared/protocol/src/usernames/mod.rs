//! The `usernames` dialect: one socket per conversation, named by whom it is with, two sockets that
//! ring when something is said, and files behind links that run out. What its frames look like is
//! told by `docs/protocols/usernames.md`.

mod bells;
mod frames;
pub mod http;
#[cfg(test)]
mod tests;

use domain::{Card, Code, Error, Event, Reply, Scene};

pub use bells::{AllBell, OneBell};

use crate::{Action, Dialect, Refused, Request, Scope, Viewer};

/// With what the document's system closes where its handler cannot go on with a frame.
const UNREADABLE: u16 = 1011;

/// The `usernames` dialect, on the socket of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Usernames;

impl Dialect for Usernames {
    fn name(&self) -> &'static str {
        "usernames"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        let asked = frames::read(scope, text);
        let action = asked.map_err(|error| Refused { id: None, error })?;
        Ok(Request {
            id: None,
            // What is not known is ignored, as in the document's system.
            action: action.map_or(Action::Ping, Action::Command),
        })
    }

    /// A frame names the other one, and links are made for who hears them.
    fn is_personal(&self) -> bool {
        true
    }

    fn tells_visits(&self) -> bool {
        true
    }

    fn encode(&self, viewer: &Viewer, scene: &Scene) -> Option<String> {
        match &scene.event {
            Event::Logged(row) => frames::row(viewer, scene, row),
            Event::Visited { here, .. } => {
                let card = scene.actor.as_ref()?;
                Some(frames::visited(card, *here))
            }
            // The document has no word for these on this socket.
            Event::Notified(_) | Event::Receipt { .. } | Event::Unread { .. } => None,
            Event::Typing { .. } | Event::Presence(_) | Event::Draining { .. } => None,
        }
    }

    /// Who is there, and then that its own user has come.
    fn welcome(&self, me: &Card, there: &[Card]) -> Vec<String> {
        vec![frames::online(there), frames::visited(me, true)]
    }

    /// Nothing is acknowledged: the sender hears its own message like the other one.
    fn reply(&self, _request: Option<&str>, _reply: &Reply) -> Option<String> {
        None
    }

    /// An added frame. What makes no sense is answered by the end of the socket alone.
    fn refuse(&self, _request: Option<&str>, error: &Error) -> Option<String> {
        refusal(error)
    }

    fn breaks_off(&self, error: &Error) -> Option<u16> {
        is_senseless(error).then_some(UNREADABLE)
    }
}

/// Whether the document's system falls over what a client sent.
fn is_senseless(error: &Error) -> bool {
    matches!(error.code(), Code::InvalidJson | Code::MessageEmpty)
}

fn refusal(error: &Error) -> Option<String> {
    let text = match error.code() {
        Code::InvalidJson | Code::MessageEmpty => return None,
        Code::FileNotFound => "There is no such file.",
        Code::MessageTooLong => "Message is too long.",
        Code::RateLimited => "Too many messages, slow down.",
        Code::Busy | Code::Unavailable | Code::UnknownOutcome | Code::Internal => "Try again.",
        _ => error.message(),
    };
    Some(frames::error(text))
}
