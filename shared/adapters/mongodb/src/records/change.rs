use domain::{Emoji, MessageId, ReactionRow, RoomChange, RoomName};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use crate::values::{id, uuid};

/// What a reaction row of the log says, beyond who sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReactionRowRecord {
    pub(crate) message: Uuid,
    pub(crate) emoji: String,
    pub(crate) set: bool,
}

impl From<&ReactionRow> for ReactionRowRecord {
    fn from(row: &ReactionRow) -> Self {
        Self {
            message: id(row.message.uuid()),
            emoji: row.emoji.as_str().to_owned(),
            set: row.set,
        }
    }
}

impl From<ReactionRowRecord> for ReactionRow {
    fn from(record: ReactionRowRecord) -> Self {
        Self {
            message: MessageId::from_uuid(uuid(record.message)),
            emoji: Emoji::stored(record.emoji),
            set: record.set,
        }
    }
}

/// One person's reaction with one emoji, under the id that its rows aim at. Kept when it was taken
/// back, so that its seq goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReactionRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) message_id: Uuid,
    pub(crate) emoji: String,
    pub(crate) user_id: Uuid,
    pub(crate) set: bool,
    pub(crate) seq: i64,
    /// When the row of that number was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<DateTime>,
}

/// What a room row of the log says, beyond its target and target_rev.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum RoomRowRecord {
    /// Early versions said either part under a name of its own.
    #[serde(alias = "renamed", alias = "read_only")]
    Changed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read_only: Option<bool>,
    },
    Deleted,
}

impl From<&RoomChange> for RoomRowRecord {
    fn from(change: &RoomChange) -> Self {
        match change {
            RoomChange::Changed { name, read_only } => Self::Changed {
                name: name.as_ref().map(|name| name.as_str().to_owned()),
                read_only: *read_only,
            },
            RoomChange::Deleted => Self::Deleted,
        }
    }
}

impl From<RoomRowRecord> for RoomChange {
    fn from(record: RoomRowRecord) -> Self {
        match record {
            RoomRowRecord::Changed { name, read_only } => Self::Changed {
                name: name.map(RoomName::stored),
                read_only,
            },
            RoomRowRecord::Deleted => Self::Deleted,
        }
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{deserialize_from_document, doc};

    use super::*;

    #[test]
    fn changes_of_rooms_that_early_versions_stored_are_read() {
        let read = |stored| deserialize_from_document::<RoomRowRecord>(stored).unwrap();
        let name = RoomName::stored("hall".into());
        let renamed = read(doc! {"what": "renamed", "name": "hall"});
        assert_eq!(RoomChange::from(renamed), RoomChange::renamed(name));
        let closed = read(doc! {"what": "read_only", "read_only": true});
        assert_eq!(RoomChange::from(closed), RoomChange::read_only(true));
    }
}
