use domain::{
    Cause, MemberChange, Notification, NotificationId, RoomId, UserId,
    notification::{MembershipNews, Position},
};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::member::RoleRecord;
use crate::values::{date, id, int, time, uint, uuid};

/// A notification that no log tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotificationRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) receiver_id: Uuid,
    pub(crate) at: DateTime,
    pub(crate) room_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) by: Uuid,
    pub(crate) change: ChangeRecord,
    pub(crate) role: RoleRecord,
    /// There until it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<bool>,
}

/// What was done to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeRecord {
    Joined,
    Left,
    Removed,
    RoleChanged,
}

impl NotificationRecord {
    /// A notification as it is kept first; `None` for one of a message.
    pub(crate) fn new(notification: &Notification) -> Option<Self> {
        let Cause::Membership(news) = &notification.cause else {
            return None;
        };
        Some(Self {
            id: id(notification.id.uuid()),
            receiver_id: id(notification.receiver.uuid()),
            at: date(notification.position.at),
            room_id: id(notification.position.room.uuid()),
            seq: int(notification.position.seq),
            by: id(news.by.uuid()),
            change: news.change.into(),
            role: news.role.into(),
            waiting: Some(true),
        })
    }
}

impl From<NotificationRecord> for Notification {
    fn from(record: NotificationRecord) -> Self {
        Self {
            id: NotificationId::from_uuid(uuid(record.id)),
            receiver: UserId::from_uuid(uuid(record.receiver_id)),
            position: Position {
                at: time(record.at),
                room: RoomId::from_uuid(uuid(record.room_id)),
                seq: uint(record.seq),
            },
            cause: Cause::Membership(MembershipNews {
                by: UserId::from_uuid(uuid(record.by)),
                change: record.change.into(),
                role: record.role.into(),
            }),
        }
    }
}

impl From<MemberChange> for ChangeRecord {
    fn from(change: MemberChange) -> Self {
        match change {
            MemberChange::Joined => Self::Joined,
            MemberChange::Left => Self::Left,
            MemberChange::Removed => Self::Removed,
            MemberChange::RoleChanged => Self::RoleChanged,
        }
    }
}

impl From<ChangeRecord> for MemberChange {
    fn from(record: ChangeRecord) -> Self {
        match record {
            ChangeRecord::Joined => Self::Joined,
            ChangeRecord::Left => Self::Left,
            ChangeRecord::Removed => Self::Removed,
            ChangeRecord::RoleChanged => Self::RoleChanged,
        }
    }
}
