use domain::{
    ClientId, Error, NewChange, NewRoom, NewRow, Room, RoomId, RoomKind, RoomName, RowId, RunId,
    TenantId, UserId,
};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{
    content::ContentRecord, incomplete, member::MemberRowRecord, row::ArchiveRowRecord,
    row::KindRecord,
};
use crate::values::{id, int, time, uint, uuid};

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
pub(crate) struct ChannelRecord {
    tenant: String,
    name: String,
}

impl ChannelRecord {
    /// The name of a tenant's channel.
    pub(crate) fn new(tenant: &TenantId, name: &RoomName) -> Self {
        Self {
            tenant: tenant.as_str().to_owned(),
            name: name.as_str().to_owned(),
        }
    }
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
    /// Of a room whose name is taken by it: unique among those that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel: Option<ChannelRecord>,
    pub(crate) created_by: Uuid,
    pub(crate) created_at: DateTime,
    pub(crate) rev: i64,
    /// The rows that a writer appends before its own first.
    #[serde(default)]
    pub(crate) init: Vec<NewRowRecord>,
}

impl RoomRecord {
    /// A room that is made at `at`.
    pub(crate) fn new(room: &NewRoom, at: DateTime) -> Self {
        let named = (room.kind == RoomKind::Channel).then_some(room.name.as_ref());
        let channel = named
            .flatten()
            .map(|name| ChannelRecord::new(&room.tenant, name));
        Self {
            channel,
            id: id(room.id.uuid()),
            tenant: room.tenant.as_str().to_owned(),
            kind: room.kind.into(),
            name: room.name.as_ref().map(|name| name.as_str().to_owned()),
            created_by: id(room.created_by.uuid()),
            created_at: at,
            rev: 1,
            init: room.init.iter().map(NewRowRecord::from).collect(),
        }
    }
}

impl TryFrom<RoomRecord> for Room {
    type Error = Error;

    fn try_from(record: RoomRecord) -> Result<Self, Error> {
        let init = record.init.into_iter().map(NewRow::try_from);
        Ok(Self {
            id: RoomId::from_uuid(uuid(record.id)),
            tenant: TenantId::new(record.tenant),
            kind: record.kind.into(),
            name: record.name.map(RoomName::stored),
            created_by: UserId::from_uuid(uuid(record.created_by)),
            created_at: time(record.created_at),
            rev: uint(record.rev),
            init: init.collect::<Result<_, _>>()?,
        })
    }
}

/// A row that is not in the log yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NewRowRecord {
    id: Uuid,
    client_id: Uuid,
    sender_id: Uuid,
    kind: KindRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<ContentRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Uuid>,
    /// Of a member row the revision that it makes, else the one that its target must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rev: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<MemberRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive: Option<ArchiveRowRecord>,
}

impl From<&NewRow> for NewRowRecord {
    fn from(row: &NewRow) -> Self {
        let mut record = Self {
            id: id(row.id.uuid()),
            client_id: id(row.client_id.uuid()),
            sender_id: id(row.sender.uuid()),
            kind: KindRecord::of(&row.change),
            content: None,
            target: None,
            rev: None,
            member: None,
            archive: None,
        };
        match &row.change {
            NewChange::Message { content } => record.content = Some(content.into()),
            NewChange::Edit {
                message,
                content,
                if_rev,
            } => {
                record.content = Some(content.into());
                (record.target, record.rev) = (Some(id(message.uuid())), if_rev.map(int));
            }
            NewChange::Deletion { message, if_rev } => {
                (record.target, record.rev) = (Some(id(message.uuid())), if_rev.map(int));
            }
            NewChange::Member(member) => {
                record.member = Some(member.into());
                (record.target, record.rev) = (Some(id(member.user.uuid())), Some(int(member.rev)));
            }
            NewChange::Archive { run, through } => {
                record.archive = Some(ArchiveRowRecord::new(*run, *through));
            }
        }
        record
    }
}

impl TryFrom<NewRowRecord> for NewRow {
    type Error = Error;

    fn try_from(record: NewRowRecord) -> Result<Self, Error> {
        Ok(Self {
            id: RowId::from_uuid(uuid(record.id)),
            client_id: ClientId::from_uuid(uuid(record.client_id)),
            sender: UserId::from_uuid(uuid(record.sender_id)),
            change: record.change()?,
        })
    }
}

impl NewRowRecord {
    fn change(self) -> Result<NewChange, Error> {
        let content = || self.content.clone().ok_or_else(|| incomplete("content"));
        let target = || self.target.ok_or_else(|| incomplete("a target"));
        let message = || target().map(|target| RowId::from_uuid(uuid(target)));
        Ok(match self.kind {
            KindRecord::Message => NewChange::Message {
                content: content()?.into(),
            },
            KindRecord::Edit => NewChange::Edit {
                message: message()?,
                content: content()?.into(),
                if_rev: self.rev.map(uint),
            },
            KindRecord::Deletion => NewChange::Deletion {
                message: message()?,
                if_rev: self.rev.map(uint),
            },
            KindRecord::Member => {
                let member = self.member.ok_or_else(|| incomplete("a membership"))?;
                let rev = self.rev.ok_or_else(|| incomplete("a revision"))?;
                NewChange::Member(member.row(target()?, rev))
            }
            KindRecord::Archive => {
                let archive = self.archive.ok_or_else(|| incomplete("a run"))?;
                NewChange::Archive {
                    run: RunId::from_uuid(uuid(archive.run)),
                    through: uint(archive.through),
                }
            }
        })
    }
}
