//! Whether people are there, over all their sessions in all processes.

use crate::{RoomId, Timestamp, UserId};

/// How somebody is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PresenceState {
    /// There.
    Online,
    /// Connected, and not at it.
    Away,
    /// There, and not to be disturbed.
    Busy,
    /// Not connected.
    Offline,
}

/// As what somebody wants to be seen, for as long as they have sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Wish {
    /// As there: what everybody is seen as who wishes nothing.
    #[default]
    Online,
    /// As not at it.
    Away,
    /// As not to be disturbed.
    Busy,
}

impl From<Wish> for PresenceState {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Online => Self::Online,
            Wish::Away => Self::Away,
            Wish::Busy => Self::Busy,
        }
    }
}

/// Somebody who has the socket of a conversation open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visit {
    /// The conversation.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
}

/// Whether one user is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// How they are seen.
    pub state: PresenceState,
    /// When their last session ended; `None` for who is there, who never was, and strangers.
    pub last_seen: Option<Timestamp>,
}

impl Presence {
    /// What a stranger sees of somebody, whether they are there or not.
    #[must_use]
    pub fn hidden(user: UserId) -> Self {
        Self {
            user,
            state: PresenceState::Offline,
            last_seen: None,
        }
    }
}
