use domain::{
    HoldId, RoomId, RowId,
    archive::{Hold, Key},
};
use mongodb::bson::{Binary, DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{content::ContentRecord, row::RowRecord};
use crate::values::{copy_id, date, id, int, time, uint, uuid};

/// A body that was moved away: a whole document that can be read without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopyRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    pub(crate) message_id: Uuid,
    pub(crate) rev: i64,
    pub(crate) place: i64,
    pub(crate) room_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) sender_id: Uuid,
    pub(crate) created_at: DateTime,
    pub(crate) run: Uuid,
    pub(crate) archived_at: DateTime,
    pub(crate) content: ContentRecord,
    /// There until a key was seen to point to it: garbage, or waiting for its swing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loose: Option<bool>,
}

impl CopyRecord {
    /// A copy of what a key says at `rev`, at the place where the key is.
    pub(crate) fn of(
        key: &RowRecord,
        (rev, content): (i64, ContentRecord),
        run: Uuid,
        at: DateTime,
    ) -> Self {
        Self {
            id: copy_id_of(key.id, [rev, key.place]),
            message_id: key.id,
            rev,
            place: key.place,
            room_id: key.room_id,
            seq: key.seq,
            sender_id: key.sender_id,
            created_at: key.created_at,
            run,
            archived_at: at,
            content,
            loose: Some(true),
        }
    }
}

/// The id of the copy that a key calls (rev, place).
pub(crate) fn copy_id_of(message: Uuid, [rev, place]: [i64; 2]) -> Binary {
    copy_id(RowId::from_uuid(uuid(message)), uint(rev), uint(place))
}

/// The part of a message's row that movers compare.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) place: i64,
    pub(crate) body_bytes: i64,
}

impl From<KeyRecord> for Key {
    fn from(record: KeyRecord) -> Self {
        Self {
            id: RowId::from_uuid(uuid(record.id)),
            seq: uint(record.seq),
            rev: uint(record.rev),
            place: uint(record.place),
            bytes: uint(record.body_bytes),
        }
    }
}

/// What must not be moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HoldRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    room_id: Uuid,
    pub(crate) from_seq: i64,
    pub(crate) through_seq: i64,
    reason: String,
    held_by: String,
    since: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime>,
}

impl From<&Hold> for HoldRecord {
    fn from(hold: &Hold) -> Self {
        Self {
            id: id(hold.id.uuid()),
            room_id: id(hold.room.uuid()),
            from_seq: int(hold.from),
            through_seq: int(hold.through),
            reason: hold.reason.clone(),
            held_by: hold.by.clone(),
            since: date(hold.since),
            until: hold.until.map(date),
        }
    }
}

impl From<HoldRecord> for Hold {
    fn from(record: HoldRecord) -> Self {
        Self {
            id: HoldId::from_uuid(uuid(record.id)),
            room: RoomId::from_uuid(uuid(record.room_id)),
            from: uint(record.from_seq),
            through: uint(record.through_seq),
            reason: record.reason,
            by: record.held_by,
            since: time(record.since),
            until: record.until.map(time),
        }
    }
}
