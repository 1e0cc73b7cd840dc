//! The `friends` dialect: one socket for all of somebody's rooms of two, friends who come and go,
//! lists in numbered pages, and people and friendships that other services tell of. What its frames
//! look like is told by `docs/protocols/friends.md`.

mod decode;
pub mod events;
mod frames;
pub mod http;
#[cfg(test)]
mod tests;
mod view;

use domain::{Code, Error, Event, Message, Presence, Reply, Scene, command::RoomView};

use crate::{Action, Dialect, Refused, Request, Scope, Viewer};

/// With what the document's system closes where its handler cannot read a frame.
const UNREADABLE: u16 = 1011;

/// "Try again later" of the registry of close codes: what was sent last is not stored. There is no
/// frame that could say so.
const TRY_AGAIN: u16 = 1013;

/// The `friends` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Friends;

impl Dialect for Friends {
    fn name(&self) -> &'static str {
        "friends"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        let (room, deed) = decode::aimed(scope, text)?;
        Ok(Request {
            id: None,
            action: Action::Aimed { room, deed },
        })
    }

    /// Everything is sent or received, by who looks at it.
    fn is_personal(&self) -> bool {
        true
    }

    fn shows_friends(&self) -> bool {
        true
    }

    fn encode(&self, viewer: &Viewer, scene: &Scene) -> Option<String> {
        match &scene.event {
            Event::Logged(row) => frames::row(viewer, row, scene.actor.as_ref()?),
            Event::Typing { room, on, .. } => {
                Some(frames::typing(*room, *on, scene.actor.as_ref()?))
            }
            Event::Receipt {
                receipt, more_read, ..
            } => more_read
                .then(|| frames::read(receipt.room, scene.actor.as_ref()))
                .flatten(),
            // Who comes and goes is told with the room that one has with them.
            Event::Presence(_) | Event::Notified(_) | Event::Draining { .. } => None,
            Event::Visited { .. } | Event::Unread { .. } => None,
        }
    }

    fn meet(&self, room: &RoomView, seen: &Presence, last: Option<&Message>) -> Option<String> {
        frames::met(room, seen, last)
    }

    /// Nothing is acknowledged, and nothing comes back to the socket that said it.
    fn reply(&self, _request: Option<&str>, _reply: &Reply) -> Option<String> {
        None
    }

    /// What makes no sense is passed over; a message that is not taken is told of, with the room as
    /// the client named it.
    fn refuse(&self, request: Option<&str>, error: &Error) -> Option<String> {
        let text = match error.code() {
            Code::MessageTooLong => "Message is too long.",
            Code::RateLimited => "Too many messages, slow down.",
            _ => return None,
        };
        Some(frames::error(request, text))
    }

    fn breaks_off(&self, error: &Error) -> Option<u16> {
        match error.code() {
            Code::InvalidJson => Some(UNREADABLE),
            Code::RateLimited => None,
            code if code.temporary() || code == Code::Internal => Some(TRY_AGAIN),
            _ => None,
        }
    }
}
