//! By which records are known, in every store.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Emoji, MessageId, Rev, RoomId, RowId, Seq, UserId};

/// What a record is known by, and where a store goes on behind it. In which order the records of
/// a part come is each store's own affair.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// One id: of what has one, and of what somebody or some room has one of.
    Id(Uuid),
    /// The name of a token.
    Token(String),
    /// Two ids: (room, user), (run, room), (file, message).
    Pair(Uuid, Uuid),
    /// A row of a log.
    Row {
        /// The room.
        room: RoomId,
        /// Its number there.
        seq: Seq,
        /// Its id.
        id: RowId,
    },
    /// A copy in the archive.
    Copy {
        /// Of which message.
        message: MessageId,
        /// At which revision.
        rev: Rev,
        /// At which place.
        place: u64,
    },
    /// Somebody's reaction to a message.
    Reaction {
        /// The room.
        room: RoomId,
        /// To which message.
        message: MessageId,
        /// With which emoji.
        emoji: Emoji,
        /// Whose.
        user: UserId,
    },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            // The name of a token is as good as secret.
            Self::Token(_) => f.write_str("a revoked token"),
            Self::Pair(one, other) => write!(f, "{one} and {other}"),
            Self::Row { room, seq, .. } => write!(f, "row {seq} of room {room}"),
            Self::Copy { message, .. } => write!(f, "a copy of message {message}"),
            Self::Reaction { message, user, .. } => {
                write!(f, "a reaction of {user} to message {message}")
            }
        }
    }
}
