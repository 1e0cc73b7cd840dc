//! Rooms and who is in them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{NewRow, Rev, RoomId, RoomName, Rule, Seq, Standing, TenantId, Timestamp, UserId};

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Open to everybody of the tenant, with a unique name.
    Channel,
    /// For those who were added.
    Group,
    /// For two.
    Direct,
}

/// A room as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Never used again.
    pub id: RoomId,
    /// The world it belongs to.
    pub tenant: TenantId,
    /// What kind of room it is.
    pub kind: RoomKind,
    /// A channel's unique name; other kinds may have one.
    pub name: Option<RoomName>,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by every change of the room itself.
    pub rev: Rev,
    /// Whether only admins and the owner may write in it.
    pub read_only: bool,
    /// When it was deleted. Its id is never used again, its name is free.
    pub deleted_at: Option<Timestamp>,
}

/// A room that somebody wants to make.
#[derive(Debug, Clone)]
pub struct NewRoom {
    /// The id it will have. Repeating a creation with the same id changes nothing.
    pub id: RoomId,
    /// The world it belongs to.
    pub tenant: TenantId,
    /// What kind of room it is.
    pub kind: RoomKind,
    /// A channel's wanted name.
    pub name: Option<RoomName>,
    /// Whether only admins and the owner may write in it.
    pub read_only: bool,
    /// Who makes it.
    pub created_by: UserId,
    /// The first rows of its log, which a writer appends before its own first row: the creator's
    /// membership, and that of those with whom it begins. So a room and who is in it are one commit.
    pub init: Vec<NewRow>,
}

/// What a member may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Also adds and removes.
    Admin,
    /// Made the room, or was given it.
    Owner,
}

/// Whether somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// In it.
    Active,
    /// Was in it, and left.
    Left,
    /// Was in it, and was removed.
    Removed,
}

/// One user's place in one room. It outlives leaving, so that its `rev` goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The room.
    pub room: RoomId,
    /// The user.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// Whether they are in it.
    pub state: MemberState,
    /// The number of member rows about this user in this room.
    pub rev: Rev,
    /// The seq of the newest join row. It bounds unread and inbox only: a member reads the whole
    /// history.
    pub joined_seq: Seq,
    /// When they joined last.
    pub joined_at: Timestamp,
    /// Read up to here. Only rises.
    pub read: Seq,
    /// Received up to here. Only rises.
    pub received: Seq,
    /// Notifications acknowledged up to here. Only rises.
    pub notified: Seq,
    /// A direct room is not shown to them up to here: they deleted it then, for themselves alone.
    /// Only rises.
    pub hidden: Seq,
    /// What they want to be told of.
    pub rule: Rule,
}

impl Member {
    /// Whether they are in the room.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == MemberState::Active
    }

    /// How they stand to the room.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            rev: self.rev,
            there: self.is_active(),
            role: Some(self.role),
        }
    }

    /// Where a new notification listener of theirs begins: what is at or before it is settled.
    #[must_use]
    pub fn notified_through(&self) -> Seq {
        self.notified.max(self.joined_seq).max(self.hidden)
    }

    /// Where unread messages begin.
    #[must_use]
    pub fn read_through(&self) -> Seq {
        self.read.max(self.joined_seq).max(self.hidden)
    }
}

/// One of a member's positions in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// What they have read.
    Read,
    /// What has reached one of their devices.
    Received,
    /// The notifications they have acknowledged.
    Notified,
    /// What they do not want to see any more of a direct room.
    Hidden,
}
