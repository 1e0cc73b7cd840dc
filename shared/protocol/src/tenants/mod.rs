//! The `tenants` dialect: direct, group and channel conversations within a tenant, with
//! participants and roles, and one socket per client that has one conversation open at a time. What
//! its frames look like is told by `docs/protocols/tenants.md`.

mod decode;
mod draft;
mod frames;
pub mod http;
#[cfg(test)]
mod tests;
mod views;

use domain::{Card, Code, Error, Event, Page, Reaction, Reply, RoomId, Scene, Timestamp};

pub use draft::{Wanted, file_of};
pub use views::{
    ConversationView, MessageView, ParticipantView, PresenceView, ReactionView, title_of,
};

use crate::{Cards, Dialect, Refused, Request, Scope, Viewer};

/// The `tenants` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Tenants;

impl Dialect for Tenants {
    fn name(&self) -> &'static str {
        "tenants"
    }

    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused> {
        decode::request(scope, text)
    }

    fn encode(&self, _viewer: &Viewer, scene: &Scene) -> Option<String> {
        let actor = scene.actor.as_ref();
        match &scene.event {
            Event::Logged(row) => frames::row(row, actor),
            Event::Typing { user, on, .. } => Some(frames::typing(*user, *on, actor)),
            Event::Presence(presence) => Some(frames::presence(presence, actor)),
            // What is left unread, only one's own sessions are told.
            Event::Receipt {
                receipt,
                unread: None,
                more_read: true,
            } => Some(frames::read(receipt, actor)),
            // The document has no word for these.
            Event::Receipt { .. } | Event::Notified(_) | Event::Draining { .. } => None,
            Event::Visited { .. } | Event::Unread { .. } => None,
        }
    }

    /// Its frames do not say which conversation they are about.
    fn hears_one_room(&self) -> bool {
        true
    }

    fn greets_with(&self) -> usize {
        50
    }

    fn introduce(&self, who: &Card, tenant: &str, at: Timestamp) -> Option<String> {
        Some(frames::welcome(who, tenant, at))
    }

    fn entered(
        &self,
        room: RoomId,
        page: &Page,
        reactions: &[Reaction],
        cards: Cards<'_>,
    ) -> Option<String> {
        Some(frames::entered(room, page, reactions, cards))
    }

    fn left(&self) -> Option<String> {
        Some(frames::left())
    }

    /// What was asked says which answer it has: the document's frames have no ids.
    fn reply(&self, request: Option<&str>, reply: &Reply) -> Option<String> {
        match (reply, request) {
            (Reply::Sent { row, sender, .. }, _) => frames::sent(row, sender),
            (_, Some(decode::READ)) => Some(frames::marked_read()),
            (_, Some(request)) => {
                let status = decode::status_of(request)?;
                Some(frames::presence_updated(status))
            }
            _ => None,
        }
    }

    /// The socket stays, whatever a client sends.
    fn refuse(&self, request: Option<&str>, error: &Error) -> Option<String> {
        let text = match error.code() {
            Code::InvalidJson => "Invalid JSON",
            Code::RoomNotFound | Code::Forbidden => "Not authorized for this conversation",
            Code::MessageNotFound => "Message not found",
            Code::MessageEmpty => "Message content required",
            Code::MessageTooLong => "Message is too long",
            Code::RoomReadOnly => "Only admins can post in this channel",
            Code::NotTheSender => "Only the author can edit this message",
            Code::RateLimited => "Too many messages, slow down",
            Code::Busy | Code::Unavailable | Code::UnknownOutcome => "Try again",
            Code::Internal => "Internal server error",
            _ => error.message(),
        };
        Some(frames::error(text, request.map(decode::action_of)))
    }
}
