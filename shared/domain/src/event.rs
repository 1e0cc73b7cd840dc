//! What happened, as a dialect is told of it.

use crate::{
    FullName, Notification, Presence, Receipt, RoomId, Row, User, UserId, Username, Visit,
};

/// How a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Card {
    /// Who.
    pub user: UserId,
    /// What they are called now.
    pub username: Username,
    /// What they are called besides.
    pub names: FullName,
    /// What another system calls them, whose clients know them by that.
    pub alias: Option<String>,
}

impl Card {
    /// Somebody of whom nothing is known but the username.
    #[must_use]
    pub fn named(user: UserId, username: Username) -> Self {
        Self {
            user,
            username,
            names: FullName::default(),
            alias: None,
        }
    }

    /// The id by which clients of another system know them; ours for who came to us.
    #[must_use]
    pub fn foreign_id(&self) -> String {
        self.alias.clone().unwrap_or_else(|| self.user.to_string())
    }

    /// First and last name, or else the username.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.names.written(&self.username)
    }
}

impl From<&User> for Card {
    fn from(user: &User) -> Self {
        Self {
            user: user.id,
            username: user.username.clone(),
            names: user.names.clone(),
            alias: user.alias.clone(),
        }
    }
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
        /// Whether they have read more; else they have only received more.
        more_read: bool,
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
    /// Somebody has opened the socket of a conversation, or closed their last one. In no log.
    Visited {
        /// Who, and which.
        visit: Visit,
        /// Whether it is open now.
        here: bool,
    },
    /// The session's user has read something, or begins to listen. In no log.
    Unread {
        /// How many messages are not read: of all conversations, or of the one that the session
        /// listens to.
        unread: u64,
    },
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
            Event::Visited { visit, .. } => Some(visit.room),
            Event::Presence(_) | Event::Unread { .. } | Event::Draining { .. } => None,
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
            | Event::Visited { .. }
            | Event::Unread { .. }
            | Event::Draining { .. } => None,
        }
    }
}
