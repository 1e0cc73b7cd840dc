use domain::{Member, MemberChange, MemberRow, MemberState, Role, RoomId, Rule, UserId};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::rule::RuleRecord;
use crate::values::{int, time, uint, uuid};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleRecord {
    Member,
    Admin,
    Owner,
}

impl RoleRecord {
    /// As queries name those who own a room.
    pub(crate) const OWNER: &str = "owner";
}

impl From<Role> for RoleRecord {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

impl From<RoleRecord> for Role {
    fn from(record: RoleRecord) -> Self {
        match record {
            RoleRecord::Member => Self::Member,
            RoleRecord::Admin => Self::Admin,
            RoleRecord::Owner => Self::Owner,
        }
    }
}

/// Where a membership stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateRecord {
    Active,
    Left,
    Removed,
}

impl StateRecord {
    /// As queries name those who are in a room.
    pub(crate) const ACTIVE: &str = "active";
}

impl From<StateRecord> for MemberState {
    fn from(record: StateRecord) -> Self {
        match record {
            StateRecord::Active => Self::Active,
            StateRecord::Left => Self::Left,
            StateRecord::Removed => Self::Removed,
        }
    }
}

/// What becomes of a membership: where it comes to stand, unless it is the role that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MoveRecord {
    Active,
    Left,
    Removed,
    RoleChanged,
}

impl From<MemberChange> for MoveRecord {
    fn from(change: MemberChange) -> Self {
        match change {
            MemberChange::Joined => Self::Active,
            MemberChange::Left => Self::Left,
            MemberChange::Removed => Self::Removed,
            MemberChange::RoleChanged => Self::RoleChanged,
        }
    }
}

impl From<MoveRecord> for MemberChange {
    fn from(record: MoveRecord) -> Self {
        match record {
            MoveRecord::Active => Self::Joined,
            MoveRecord::Left => Self::Left,
            MoveRecord::Removed => Self::Removed,
            MoveRecord::RoleChanged => Self::RoleChanged,
        }
    }
}

impl MoveRecord {
    /// Where the membership then stands; `None` where it was.
    pub(crate) fn state(self) -> Option<StateRecord> {
        match self {
            Self::Active => Some(StateRecord::Active),
            Self::Left => Some(StateRecord::Left),
            Self::Removed => Some(StateRecord::Removed),
            Self::RoleChanged => None,
        }
    }
}

/// What a member row of the log says, beyond its target and target_rev.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRowRecord {
    pub(crate) state: MoveRecord,
    pub(crate) role: RoleRecord,
}

impl From<&MemberRow> for MemberRowRecord {
    fn from(row: &MemberRow) -> Self {
        Self {
            state: row.change.into(),
            role: row.role.into(),
        }
    }
}

impl MemberRowRecord {
    /// The row about `user` that makes revision `rev`.
    pub(super) fn row(self, user: Uuid, rev: i64) -> MemberRow {
        MemberRow {
            user: UserId::from_uuid(uuid(user)),
            change: self.state.into(),
            role: self.role.into(),
            rev: uint(rev),
        }
    }
}

/// A user's place in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRecord {
    pub(crate) room_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) role: RoleRecord,
    pub(crate) state: StateRecord,
    pub(crate) rev: i64,
    pub(crate) joined_seq: i64,
    pub(crate) joined_at: DateTime,
    pub(crate) read: i64,
    pub(crate) received: i64,
    pub(crate) notified: i64,
    #[serde(default)]
    pub(crate) hidden: i64,
    /// What they want to be told of; absent for what everybody begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<RuleRecord>,
}

impl MemberRecord {
    /// The place of somebody of whom the room knows nothing but this first row.
    pub(crate) fn begin(room: RoomId, row: &MemberRow, seq: i64, at: DateTime) -> Self {
        let row_record = MemberRowRecord::from(row);
        let joins = row.change == MemberChange::Joined;
        Self {
            room_id: crate::values::id(room.uuid()),
            user_id: crate::values::id(row.user.uuid()),
            role: row_record.role,
            state: row_record.state.state().unwrap_or(StateRecord::Left),
            rev: int(row.rev),
            joined_seq: if joins { seq } else { 0 },
            joined_at: at,
            read: 0,
            received: 0,
            notified: 0,
            hidden: 0,
            rule: None,
        }
    }
}

impl From<MemberRecord> for Member {
    fn from(record: MemberRecord) -> Self {
        Self {
            room: RoomId::from_uuid(uuid(record.room_id)),
            user: UserId::from_uuid(uuid(record.user_id)),
            role: record.role.into(),
            state: record.state.into(),
            rev: uint(record.rev),
            joined_seq: uint(record.joined_seq),
            joined_at: time(record.joined_at),
            read: uint(record.read),
            received: uint(record.received),
            notified: uint(record.notified),
            hidden: uint(record.hidden),
            rule: record.rule.map(Rule::from).unwrap_or_default(),
        }
    }
}
