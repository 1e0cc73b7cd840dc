//! What happened, as a dialect is told of it.

use crate::{Notification, Presence, Receipt, RoomId, Row, UserId, Username};

/// How a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Card {
    /// Who.
    pub user: UserId,
    /// What they are called now.
    pub username: Username,
}

/// Something that happened, in the past tense. Dialects match it without `_ =>`, so that a new
/// event makes the compiler ask each of them for its word.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all events are rows, and a box would cost each an allocation"
)]
pub enum Event {
    /// A row was appended to a room's log.
    Logged(Row),
    /// There is news for the session's user.
    Notified(Notification),
    /// A member has received or read more of a room. In no log.
    Receipt {
        /// How far they are.
        receipt: Receipt,
        /// What is left unread, for their own sessions alone.
        unread: Option<u64>,
    },
    /// Somebody types in a room, or no longer does. In no log.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Whether they do.
        on: bool,
    },
    /// Somebody is there now, or is seen differently. In no log.
    Presence(Presence),
    /// The server is about to stop: come back after so many milliseconds.
    Draining {
        /// How long to wait before connecting again.
        retry_after_ms: u64,
    },
}

/// An event with what is needed to show it, looked up once for all who see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// What happened.
    pub event: Event,
    /// Who did it, if somebody did.
    pub actor: Option<Card>,
    /// Whom it was done to, for member rows.
    pub subject: Option<Card>,
}

impl Scene {
    /// The room it happened in.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match &self.event {
            Event::Logged(row) => Some(row.room),
            Event::Notified(notification) => Some(notification.position.room),
            Event::Receipt { receipt, .. } => Some(receipt.room),
            Event::Typing { room, .. } => Some(*room),
            Event::Presence(_) | Event::Draining { .. } => None,
        }
    }

    /// The row of a log that it shows, if it shows one.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        match &self.event {
            Event::Logged(row) => Some(row),
            Event::Notified(_)
            | Event::Receipt { .. }
            | Event::Typing { .. }
            | Event::Presence(_)
            | Event::Draining { .. } => None,
        }
    }
}
