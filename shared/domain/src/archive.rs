//! What should be archived when (policy), one execution of it (run), and what must not be touched
//! (hold).

mod policy;
mod rule;
mod run;

use serde::{Deserialize, Serialize};

pub use self::{
    policy::{Action, CatchUp, Policy, PolicySource, Scope},
    rule::{RoomOverride, RoomRule, RuledBy},
    run::{Phase, RestoreOrder, RoomCount, Run, Totals, Trigger},
};
use crate::{HoldId, MessageId, Rev, RoomId, Seq, Timestamp};

/// Why something must not be touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The room.
    pub room: RoomId,
    /// The first row it covers.
    pub from: Seq,
    /// The last row it covers.
    pub through: Seq,
    /// Why, in words or `restored`.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` is until it is released.
    pub until: Option<Timestamp>,
}

/// The immovable part of a message, with the two numbers that every mover compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The message.
    pub id: MessageId,
    /// Its number in the room.
    pub seq: Seq,
    /// The revision of its content. Only changes of content raise it.
    pub rev: Rev,
    /// Where its body has been: raised by every archive, restore, hold and erasure.
    pub place: u64,
    /// Bytes of its content.
    pub bytes: u64,
}

/// Which messages of a room are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The room.
    pub room: RoomId,
    /// Said before this store time.
    pub cutoff: Timestamp,
    /// Only beyond this row.
    pub after: Seq,
}

/// What a room holds that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DueCount {
    /// Messages that are due and not held.
    pub due: u64,
    /// Messages that would be due but are held.
    pub held: u64,
    /// Bytes of content of those that are due.
    pub bytes: u64,
    /// When the oldest of them was said.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    pub newest: Option<Timestamp>,
    /// The sum of the revisions of those that are due.
    pub revs: u64,
}

impl DueCount {
    /// With what a later part of the same log holds.
    #[must_use]
    pub fn followed_by(self, later: Self) -> Self {
        Self {
            due: self.due + later.due,
            held: self.held + later.held,
            bytes: self.bytes + later.bytes,
            oldest: self.oldest.or(later.oldest),
            newest: later.newest.or(self.newest),
            revs: self.revs + later.revs,
        }
    }
}
