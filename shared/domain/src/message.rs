//! A message as it is now, and pages of them.

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Content, Emoji, MessageId, NewRow, Refusal, Rev, RoomId, Seq, Timestamp, UserId,
};

/// A message as it is now: the row's immutable part, and its current body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The id of its row.
    pub id: MessageId,
    /// The room it was said in.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// Who said it.
    pub sender: UserId,
    /// The sender's own id for it.
    pub client_id: ClientId,
    /// When it was said, in store time.
    pub created_at: Timestamp,
    /// When it was edited last, in store time. Also `None` of what was edited before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// The revision of the content: 1 as sent, raised by each edit and by deletion.
    pub rev: Rev,
    /// What it says, if it still says something.
    pub body: Body,
    /// Whether the body lies in the archive.
    pub archived: bool,
}

/// What is left of a message's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Body {
    /// All of it.
    Present {
        /// What it says.
        content: Content,
    },
    /// Nothing: it was deleted or erased.
    Deleted,
    /// Nothing: the policy of the room purged it.
    Purged,
}

impl Message {
    /// The message that a new row says, as the row `seq` of a room.
    #[must_use]
    pub fn said(
        room: RoomId,
        seq: Seq,
        created_at: Timestamp,
        new: &NewRow,
        content: Content,
    ) -> Self {
        Self {
            id: new.id,
            room,
            seq,
            sender: new.sender,
            client_id: new.client_id,
            created_at,
            edited_at: None,
            rev: 1,
            body: Body::Present { content },
            archived: false,
        }
    }

    /// The message once it says something else, since `at`.
    ///
    /// # Errors
    /// [`Refusal::Archived`]: what lies in the archive is not changed.
    pub fn edited(self, content: Content, at: Timestamp) -> Result<Self, Refusal> {
        if self.archived {
            return Err(Refusal::Archived);
        }
        Ok(Self {
            rev: self.rev + 1,
            edited_at: Some(at),
            body: Body::Present { content },
            ..self
        })
    }

    /// The tombstone that a deletion leaves.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self {
            rev: self.rev + 1,
            body: Body::Deleted,
            archived: false,
            ..self
        }
    }

    /// When what it says was written last; `None` where it says what it always did, or nothing any
    /// more. Of an edit whose time was not kept, when the message was said.
    #[must_use]
    pub fn revised_at(&self) -> Option<Timestamp> {
        let revised = self.rev > 1 && self.content().is_some();
        revised.then(|| self.edited_at.unwrap_or(self.created_at))
    }

    /// What it says, unless it was deleted or purged.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        match &self.body {
            Body::Present { content } => Some(content),
            Body::Deleted | Body::Purged => None,
        }
    }
}

/// How many people reacted to a message with one emoji, as one of them sees it. No part of the
/// message: it changes without the message's rev.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// To which message.
    pub message: MessageId,
    /// With which emoji.
    pub emoji: Emoji,
    /// How many people.
    pub count: u64,
    /// The first of them, by when they did.
    pub people: Vec<Reactor>,
    /// Whether who asks is one of them.
    pub me: bool,
}

impl Reaction {
    /// Those of [`Self::people`].
    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.people.iter().map(|one| one.user)
    }
}

/// Somebody who reacted to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reactor {
    /// Who.
    pub user: UserId,
    /// When, in store time; `None` of who did before this was kept.
    pub at: Option<Timestamp>,
}

/// How many people are named beside each emoji of a message.
pub const SHOWN_REACTORS: usize = 20;

/// Which part of a room's history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// The newest messages.
    Newest,
    /// The newest messages before this seq.
    Before(Seq),
    /// The oldest messages after this seq.
    After(Seq),
    /// Half of the page at or before this seq, half after it.
    Around(Seq),
}

impl Cursor {
    /// The page of `size` messages that this asks for, as two runs that meet at a row.
    #[must_use]
    pub fn split(self, size: usize) -> Split {
        let (at, older) = match self {
            Self::Newest => (Seq::MAX, size),
            Self::Before(seq) => (seq.saturating_sub(1), size),
            Self::After(seq) => (seq, 0),
            Self::Around(seq) => (seq, size.div_ceil(2)),
        };
        let newer = match self {
            Self::Newest | Self::Before(_) => 0,
            Self::After(_) | Self::Around(_) => size - older,
        };
        Split { at, older, newer }
    }
}

/// In which order messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Rising,
    /// The newest first.
    Falling,
}

/// A page as two runs of messages that meet at a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// The last row of the older run; the newer one begins behind it.
    pub at: Seq,
    /// How many messages the older run has at most.
    pub older: usize,
    /// How many the newer.
    pub newer: usize,
}

/// A part of a room's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Messages in rising order of seq, hot and archived alike, tombstones included.
    pub messages: Vec<Message>,
    /// The head of the log that the page belongs to: a session may go on live after it.
    pub head: Seq,
    /// Whether there are messages before the first.
    pub more_before: bool,
    /// Whether there are messages after the last.
    pub more_after: bool,
}
