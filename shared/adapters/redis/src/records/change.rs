use domain::{
    Change, Emoji, MemberChange, MemberRow, ReactionRow, Role, RoomChange, RoomName, RoomRow,
    RowId, RunId, UserId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::message::MessageStateRecord;

/// What a row tells.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ChangeRecord {
    Message {
        message: MessageStateRecord,
    },
    Edit {
        message: MessageStateRecord,
    },
    Deletion {
        message: MessageStateRecord,
    },
    Reaction {
        message: Uuid,
        emoji: String,
        set: bool,
    },
    Member {
        user: Uuid,
        what: MemberChangeRecord,
        role: RoleRecord,
        rev: u64,
    },
    RoomChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read_only: Option<bool>,
        rev: u64,
    },
    RoomDeleted {
        rev: u64,
    },
    Archive {
        run: Uuid,
        through: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberChangeRecord {
    Joined,
    Left,
    Removed,
    RoleChanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleRecord {
    Member,
    Admin,
    Owner,
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        match change {
            Change::Message(message) => Self::Message {
                message: message.into(),
            },
            Change::Edit(message) => Self::Edit {
                message: message.into(),
            },
            Change::Deletion(message) => Self::Deletion {
                message: message.into(),
            },
            Change::Reaction(reaction) => Self::Reaction {
                message: reaction.message.uuid(),
                emoji: reaction.emoji.as_str().to_owned(),
                set: reaction.set,
            },
            Change::Member(member) => Self::Member {
                user: member.user.uuid(),
                what: member.change.into(),
                role: member.role.into(),
                rev: member.rev,
            },
            Change::Room(room) => room.into(),
            Change::Archive { run, through } => Self::Archive {
                run: run.uuid(),
                through: *through,
            },
        }
    }
}

impl From<&RoomRow> for ChangeRecord {
    fn from(row: &RoomRow) -> Self {
        let rev = row.rev;
        match &row.change {
            RoomChange::Changed { name, read_only } => Self::RoomChanged {
                name: name.as_ref().map(|name| name.as_str().to_owned()),
                read_only: *read_only,
                rev,
            },
            RoomChange::Deleted => Self::RoomDeleted { rev },
        }
    }
}

impl From<ChangeRecord> for Change {
    fn from(record: ChangeRecord) -> Self {
        let room = |change, rev| Self::Room(RoomRow { change, rev });
        match record {
            ChangeRecord::Message { message } => Self::Message(message.into()),
            ChangeRecord::Edit { message } => Self::Edit(message.into()),
            ChangeRecord::Deletion { message } => Self::Deletion(message.into()),
            ChangeRecord::Reaction {
                message,
                emoji,
                set,
            } => Self::Reaction(ReactionRow {
                message: RowId::from_uuid(message),
                emoji: Emoji::stored(emoji),
                set,
            }),
            ChangeRecord::Member {
                user,
                what,
                role,
                rev,
            } => Self::Member(MemberRow {
                user: UserId::from_uuid(user),
                change: what.into(),
                role: role.into(),
                rev,
            }),
            ChangeRecord::RoomChanged {
                name,
                read_only,
                rev,
            } => {
                let name = name.map(RoomName::stored);
                room(RoomChange::Changed { name, read_only }, rev)
            }
            ChangeRecord::RoomDeleted { rev } => room(RoomChange::Deleted, rev),
            ChangeRecord::Archive { run, through } => Self::Archive {
                run: RunId::from_uuid(run),
                through,
            },
        }
    }
}

impl From<MemberChange> for MemberChangeRecord {
    fn from(change: MemberChange) -> Self {
        match change {
            MemberChange::Joined => Self::Joined,
            MemberChange::Left => Self::Left,
            MemberChange::Removed => Self::Removed,
            MemberChange::RoleChanged => Self::RoleChanged,
        }
    }
}

impl From<MemberChangeRecord> for MemberChange {
    fn from(record: MemberChangeRecord) -> Self {
        match record {
            MemberChangeRecord::Joined => Self::Joined,
            MemberChangeRecord::Left => Self::Left,
            MemberChangeRecord::Removed => Self::Removed,
            MemberChangeRecord::RoleChanged => Self::RoleChanged,
        }
    }
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
