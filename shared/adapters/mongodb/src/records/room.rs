use domain::{Error, NewRoom, Room, RoomId, RoomKind, RoomName, TenantId, UserId};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{change::RoomRowRecord, incomplete, new_row::NewRowRecord, row::RowRecord};
use crate::values::{id, time, uint, uuid};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoomKindRecord {
    Channel,
    Group,
    Direct,
}

impl RoomKindRecord {
    /// As queries name rooms that are open to everybody.
    pub(crate) const CHANNEL: &str = "channel";
}

impl From<RoomKind> for RoomKindRecord {
    fn from(kind: RoomKind) -> Self {
        match kind {
            RoomKind::Channel => Self::Channel,
            RoomKind::Group => Self::Group,
            RoomKind::Direct => Self::Direct,
        }
    }
}

impl From<RoomKindRecord> for RoomKind {
    fn from(record: RoomKindRecord) -> Self {
        match record {
            RoomKindRecord::Channel => Self::Channel,
            RoomKindRecord::Group => Self::Group,
            RoomKindRecord::Direct => Self::Direct,
        }
    }
}

/// A name that only one room has. As one value, since a compound index that leaves out some rooms
/// would have to be partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NameRecord {
    pub(crate) tenant: String,
    pub(crate) name: String,
}

impl NameRecord {
    /// The name of a tenant's channel.
    pub(crate) fn new(tenant: &TenantId, name: &RoomName) -> Self {
        Self {
            tenant: tenant.as_str().to_owned(),
            name: name.as_str().to_owned(),
        }
    }
}

/// That a name is about to be taken by renaming: when it was claimed last. It holds while the room
/// keeps its revision, and is as good as gone some minutes later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClaimRecord {
    pub(crate) name: String,
    pub(crate) at: DateTime,
}

/// A room.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoomRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) tenant: String,
    pub(crate) kind: RoomKindRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Of a channel the names that no other may have: its own, and those that it is about to take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<NameRecord>,
    /// The names that it is about to take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<ClaimRecord>,
    pub(crate) created_by: Uuid,
    pub(crate) created_at: DateTime,
    pub(crate) rev: i64,
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<DateTime>,
    /// The rows that a writer appends before its own first.
    #[serde(default)]
    pub(crate) init: Vec<NewRowRecord>,
    /// There when it was deleted, and nothing but this record is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cleared: Option<bool>,
}

impl RoomRecord {
    /// A room that is made at `at`.
    pub(crate) fn new(room: &NewRoom, at: DateTime) -> Self {
        let mut record = Self {
            id: id(room.id.uuid()),
            tenant: room.tenant.as_str().to_owned(),
            kind: room.kind.into(),
            name: room.name.as_ref().map(|name| name.as_str().to_owned()),
            created_by: id(room.created_by.uuid()),
            created_at: at,
            rev: 1,
            read_only: room.read_only,
            deleted_at: None,
            names: Vec::new(),
            claims: Vec::new(),
            init: room.init.iter().map(NewRowRecord::from).collect(),
            cleared: None,
        };
        record.names = record.own_name().into_iter().collect();
        record
    }

    /// The name that no other room may have, if it is a channel and not deleted.
    pub(crate) fn own_name(&self) -> Option<NameRecord> {
        let takes = self.kind == RoomKindRecord::Channel && self.deleted_at.is_none();
        takes.then_some(())?;
        Some(NameRecord {
            tenant: self.tenant.clone(),
            name: self.name.clone()?,
        })
    }

    /// The room as it is after a row of its log. What it was about to be called is void.
    pub(crate) fn after(mut self, change: &RowRecord) -> Result<Self, Error> {
        (_, self.rev) = change.aimed();
        match change.room.clone().ok_or_else(|| incomplete("a change"))? {
            RoomRowRecord::Changed { name, read_only } => {
                self.name = name.or(self.name);
                self.read_only = read_only.unwrap_or(self.read_only);
            }
            RoomRowRecord::Deleted => self.deleted_at = Some(change.created_at),
        }
        self.names = self.own_name().into_iter().collect();
        self.claims.clear();
        Ok(self)
    }
}

impl From<RoomRecord> for Room {
    fn from(record: RoomRecord) -> Self {
        Self {
            id: RoomId::from_uuid(uuid(record.id)),
            tenant: TenantId::new(record.tenant),
            kind: record.kind.into(),
            name: record.name.map(RoomName::stored),
            created_by: UserId::from_uuid(uuid(record.created_by)),
            created_at: time(record.created_at),
            rev: uint(record.rev),
            read_only: record.read_only,
            deleted_at: record.deleted_at.map(time),
        }
    }
}
