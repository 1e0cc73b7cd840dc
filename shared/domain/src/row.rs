//! The log of a room: what durably happened in it, one immutable row each, numbered by `seq`
//! from 1 without holes. One cursor therefore says all that a client missed, and a hole in the
//! seqs says that something was lost on the way.
//!
//! Messages and archive rows stay. The others, the changes, are dropped when they are old: they
//! were applied long ago, and only who has been away since before them asks for them. What is
//! stored is dense, so a hole in what a store shows below a row that it shows is always such a
//! drop ([`missing_after`]).
//!
//! A [`NewRow`] is what a writer wants to append; a [`Row`] is what a reader sees. A message's
//! row doubles as the message's state, so a row that tells of a message shows it as it is *now*.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ClientId, Content, ContentHash, Emoji, Message, MessageId, Rev, Role, RoomId, RoomName, RowId,
    RunId, Sent, Seq, Timestamp, UserId, Words,
};

/// A row that somebody wants to append. It keeps its `id` and `client_id` over all attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRow {
    /// The row's id, and the message's if it is one.
    pub id: RowId,
    /// Unique for this sender in this room, for ever.
    pub client_id: ClientId,
    /// Who did it.
    pub sender: UserId,
    /// What they did.
    pub change: NewChange,
}

/// What a new row does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewChange {
    /// Says something.
    Message {
        /// What is said.
        content: Content,
    },
    /// Replaces what a message says.
    Edit {
        /// Which message.
        message: MessageId,
        /// What it says from now on.
        content: Content,
        /// Only if the message still has this revision (If-Match).
        if_rev: Option<Rev>,
    },
    /// Takes away what a message says and leaves a tombstone.
    Deletion {
        /// Which message.
        message: MessageId,
        /// Only if the message still has this revision (If-Match).
        if_rev: Option<Rev>,
    },
    /// Sets or takes back the sender's reaction to a message.
    Reaction(ReactionRow),
    /// Changes who is in the room, or what somebody may do in it.
    Member(MemberRow),
    /// Changes the room itself.
    Room(RoomRow),
    /// Tells that messages were moved to the archive.
    Archive {
        /// By which run.
        run: RunId,
        /// All through this seq that is neither held nor exempt.
        through: Seq,
    },
}

/// A change of who is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Whose membership.
    pub user: UserId,
    /// What becomes of it.
    pub change: MemberChange,
    /// The role from now on.
    pub role: Role,
    /// The member document's revision plus one: the decision was made looking at that document.
    pub rev: Rev,
}

/// What becomes of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// Comes in, of their own will or added by another.
    Joined,
    /// Goes.
    Left,
    /// Was sent away.
    Removed,
    /// Stays, and may do more or less than before.
    RoleChanged,
}

/// One person's reaction to a message. No part of the message: it raises neither its rev nor the
/// generation of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionRow {
    /// To which message.
    pub message: MessageId,
    /// With which emoji.
    pub emoji: Emoji,
    /// Whether it is set, or taken back.
    pub set: bool,
}

/// Where the ids of reactions are derived. Never changes.
const REACTIONS: Uuid = Uuid::from_u128(0x6b0c_91d4_2e5f_4a87_b3f8_5c1d_e09a_7726);

impl ReactionRow {
    /// What the row sets when `user` sends it, as an id: the same for the same message, user and
    /// emoji.
    #[must_use]
    pub fn target(&self, user: UserId) -> Uuid {
        let of_message = Uuid::new_v5(&REACTIONS, self.message.uuid().as_bytes());
        let of_user = Uuid::new_v5(&of_message, user.uuid().as_bytes());
        Uuid::new_v5(&of_user, self.emoji.as_str().as_bytes())
    }
}

/// A change of the room itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRow {
    /// What becomes of it.
    pub change: RoomChange,
    /// The room document's revision plus one: the decision was made looking at that document.
    pub rev: Rev,
}

/// What becomes of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RoomChange {
    /// Is called otherwise, is read-only or no longer, or both: one request is one row, so that
    /// it happens whole or not at all. Rows of early versions said either under a name of its own.
    #[serde(alias = "renamed", alias = "read_only")]
    Changed {
        /// The new name, if it gets one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<RoomName>,
        /// Whether only admins and owners may write in it from now on, if that changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read_only: Option<bool>,
    },
    /// Is gone. The last row of its log.
    Deleted,
}

impl RoomChange {
    /// It is called otherwise.
    #[must_use]
    pub fn renamed(name: RoomName) -> Self {
        Self::Changed {
            name: Some(name),
            read_only: None,
        }
    }

    /// Only admins and owners may write in it from now on, or everybody again.
    #[must_use]
    pub fn read_only(read_only: bool) -> Self {
        Self::Changed {
            name: None,
            read_only: Some(read_only),
        }
    }

    /// The name that it gives the room.
    #[must_use]
    pub fn new_name(&self) -> Option<&RoomName> {
        match self {
            Self::Changed { name, .. } => name.as_ref(),
            Self::Deleted => None,
        }
    }
}

impl NewChange {
    /// The hash of what was sent, without what depends on the moment (revisions, the name of a
    /// file).
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        match self {
            Self::Message { content } => Sent::Message(content.into()).hash(),
            Self::Edit {
                message, content, ..
            } => {
                let words = Words::edited(&content.text, &content.mentions);
                Sent::Edit(*message, words).hash()
            }
            Self::Deletion { message, .. } => Sent::Deletion(*message).hash(),
            Self::Reaction(reaction) => ContentHash::of(&("reaction", reaction)),
            Self::Member(MemberRow {
                user, change, role, ..
            }) => ContentHash::of(&("member", user, change, role)),
            Self::Room(RoomRow { change, .. }) => ContentHash::of(&("room", change)),
            Self::Archive { run, through } => ContentHash::of(&("archive", run, through)),
        }
    }

    /// Whether older rows show something else after it, so that its seq is a new generation.
    #[must_use]
    pub fn raises_generation(&self) -> bool {
        match self {
            Self::Edit { .. } | Self::Deletion { .. } | Self::Archive { .. } => true,
            Self::Message { .. } | Self::Reaction(_) | Self::Member(_) | Self::Room(_) => false,
        }
    }

    /// Whether only members do this. Rows about the room and its members come also from those who
    /// come and go, and from the server itself.
    #[must_use]
    pub fn is_for_members(&self) -> bool {
        match self {
            Self::Message { .. }
            | Self::Edit { .. }
            | Self::Deletion { .. }
            | Self::Reaction(_) => true,
            Self::Member(_) | Self::Room(_) | Self::Archive { .. } => false,
        }
    }

    /// Its weight in a batch, in bytes of content.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Message { content } | Self::Edit { content, .. } => content.bytes(),
            Self::Deletion { .. }
            | Self::Reaction(_)
            | Self::Member(_)
            | Self::Room(_)
            | Self::Archive { .. } => 0,
        }
    }
}

/// A row of a room's log, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The row's own id.
    pub id: RowId,
    /// The room whose log it is in.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The seq of the last row at or before it that changed what older rows show (edit, deletion,
    /// erasure, archive, restore); 0 if there was none. Copied from row to row.
    pub generation: Seq,
    /// Who did it.
    pub sender: UserId,
    /// The sender's own id for it.
    pub client_id: ClientId,
    /// Store time; never before the row before it.
    pub created_at: Timestamp,
    /// What happened.
    pub change: Change,
}

/// What a row tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Something was said: the message as it is now.
    Message(Message),
    /// A message was changed: the message as it is now.
    Edit(Message),
    /// A message was deleted: its tombstone.
    Deletion(Message),
    /// Somebody reacted to a message, or took that back.
    Reaction(ReactionRow),
    /// Somebody came or went, or may do more or less.
    Member(MemberRow),
    /// The room itself changed.
    Room(RoomRow),
    /// Messages were moved to the archive.
    Archive {
        /// By which run.
        run: RunId,
        /// All through this seq that is neither held nor exempt.
        through: Seq,
    },
}

impl Row {
    /// Whether this is the end of its log: the room was deleted.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(&self.change, Change::Room(room) if room.change == RoomChange::Deleted)
    }

    /// Whether somebody says something in it, so that it can be news for somebody; for whom,
    /// [`crate::notifies`] decides. Changes of messages are no news, nor is what was deleted.
    #[must_use]
    pub fn is_news(&self) -> bool {
        matches!(&self.change, Change::Message(message) if message.content().is_some())
    }

    /// The message that this row tells of.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match &self.change {
            Change::Message(message) | Change::Edit(message) | Change::Deletion(message) => {
                Some(message)
            }
            Change::Reaction(_) | Change::Member(_) | Change::Room(_) | Change::Archive { .. } => {
                None
            }
        }
    }
}

/// The first row after `after` that a store has no more; `rows` are the next that it has. Changes
/// are dropped when they are old, and nothing else is ever missing below a stored row.
#[must_use]
pub fn missing_after(after: Seq, rows: &[Row]) -> Option<Seq> {
    let mut numbered = (after + 1..).zip(rows);
    let (missing, _) = numbered.find(|(seq, row)| row.seq != *seq)?;
    Some(missing)
}

/// The end of a room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// The room.
    pub room: RoomId,
    /// The highest seq; 0 for an empty log.
    pub seq: Seq,
    /// The newest row's generation.
    pub generation: Seq,
}

/// What became of one row of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is stored, durable and applied.
    Stored(Row),
    /// Its `client_id` is stored already, with the same content: the original row, showing its
    /// message as it is now.
    Repeat(Row),
    /// Its `client_id` is stored already, with other content. Nothing changed.
    Mismatch,
    /// Somebody else changed the target first; `current` is its revision now. Nothing changed.
    Conflict {
        /// The target's revision now.
        current: Rev,
    },
    /// The target does not allow it. Nothing changed.
    Refused(Refusal),
    /// It is so already, and no row was written: a reaction that is set, or is not there.
    Unchanged,
    /// It may or may not be stored: append it again, unchanged.
    Unknown,
}

/// Why a target does not allow a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The room has no such message.
    Missing,
    /// The message was deleted.
    Deleted,
    /// The message is in the archive.
    Archived,
    /// The message has as many different emoji as it may have ([`MESSAGE_EMOJI`]).
    TooManyEmoji,
    /// Another channel of the tenant has the name.
    NameTaken,
    /// The room was deleted: its log has come to its end.
    RoomDeleted,
    /// Who sends it has left the room, or was removed.
    SenderGone,
    /// Others are in the room, and nobody else of them owns it.
    LastOwner,
}

/// How many different emoji people may set on one message. Where several processes write to one
/// room, simultaneous reactions may pass it by as many as they are.
pub const MESSAGE_EMOJI: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_what_was_sent_and_not_of_when() {
        let message = MessageId::new();
        let edit = |text: &str, if_rev| NewChange::Edit {
            message,
            content: Content::plain(text),
            if_rev,
        };
        assert_eq!(edit("a", None).hash(), edit("a", Some(3)).hash());
        assert_ne!(edit("a", None).hash(), edit("b", None).hash());
    }

    #[test]
    fn changes_of_rooms_that_early_versions_stored_are_read() {
        let read = |text| serde_json::from_str::<RoomChange>(text).unwrap();
        let name = RoomName::stored("hall".into());
        let renamed = read(r#"{"what":"renamed","name":"hall"}"#);
        assert_eq!(renamed, RoomChange::renamed(name));
        let closed = read(r#"{"what":"read_only","read_only":true}"#);
        assert_eq!(closed, RoomChange::read_only(true));
        assert_eq!(read(r#"{"what":"deleted"}"#), RoomChange::Deleted);
    }

    #[test]
    fn a_message_and_an_edit_of_the_same_text_differ() {
        let content = Content::plain("a");
        let said = NewChange::Message {
            content: content.clone(),
        };
        let edited = NewChange::Edit {
            message: MessageId::new(),
            content,
            if_rev: None,
        };
        assert_ne!(said.hash(), edited.hash());
    }
}
