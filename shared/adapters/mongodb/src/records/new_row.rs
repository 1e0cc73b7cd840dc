use domain::{ClientId, Error, NewChange, NewRow, RoomRow, RowId, RunId, UserId};
use mongodb::bson::Uuid;
use serde::{Deserialize, Serialize};

use super::{
    change::{ReactionRowRecord, RoomRowRecord},
    content::ContentRecord,
    incomplete,
    member::MemberRowRecord,
    row::{ArchiveRowRecord, KindRecord},
};
use crate::values::{id, int, uint, uuid};

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
    /// Of a member or a room row the revision that it makes, else the one that its target must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rev: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reaction: Option<ReactionRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<MemberRowRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<RoomRowRecord>,
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
            reaction: None,
            member: None,
            room: None,
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
            NewChange::Reaction(reaction) => record.reaction = Some(reaction.into()),
            NewChange::Room(room) => {
                record.room = Some((&room.change).into());
                record.rev = Some(int(room.rev));
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
        let rev = || self.rev.ok_or_else(|| incomplete("a revision"));
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
            KindRecord::Reaction => {
                let reaction = self.reaction.ok_or_else(|| incomplete("a reaction"))?;
                NewChange::Reaction(reaction.into())
            }
            KindRecord::Member => {
                let member = self.member.ok_or_else(|| incomplete("a membership"))?;
                NewChange::Member(member.row(target()?, rev()?))
            }
            KindRecord::Room => {
                let rev = uint(rev()?);
                let change = self.room.ok_or_else(|| incomplete("a change"))?.into();
                NewChange::Room(RoomRow { change, rev })
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
