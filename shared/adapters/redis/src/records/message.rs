use domain::{Body, ClientId, Message, RoomId, RowId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{content::ContentRecord, millis, moment};

/// A message as it is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageStateRecord {
    id: Uuid,
    room: Uuid,
    seq: u64,
    sender: Uuid,
    client_id: Uuid,
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<i64>,
    rev: u64,
    body: BodyRecord,
    archived: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum BodyRecord {
    Present { content: ContentRecord },
    Deleted,
    Purged,
}

impl From<&Message> for MessageStateRecord {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.uuid(),
            room: message.room.uuid(),
            seq: message.seq,
            sender: message.sender.uuid(),
            client_id: message.client_id.uuid(),
            at: millis(message.created_at),
            edited_at: message.edited_at.map(millis),
            rev: message.rev,
            body: (&message.body).into(),
            archived: message.archived,
        }
    }
}

impl From<MessageStateRecord> for Message {
    fn from(record: MessageStateRecord) -> Self {
        Self {
            id: RowId::from_uuid(record.id),
            room: RoomId::from_uuid(record.room),
            seq: record.seq,
            sender: UserId::from_uuid(record.sender),
            client_id: ClientId::from_uuid(record.client_id),
            created_at: moment(record.at),
            edited_at: record.edited_at.map(moment),
            rev: record.rev,
            body: record.body.into(),
            archived: record.archived,
        }
    }
}

impl From<&Body> for BodyRecord {
    fn from(body: &Body) -> Self {
        match body {
            Body::Present { content } => Self::Present {
                content: content.into(),
            },
            Body::Deleted => Self::Deleted,
            Body::Purged => Self::Purged,
        }
    }
}

impl From<BodyRecord> for Body {
    fn from(record: BodyRecord) -> Self {
        match record {
            BodyRecord::Present { content } => Self::Present {
                content: content.into(),
            },
            BodyRecord::Deleted => Self::Deleted,
            BodyRecord::Purged => Self::Purged,
        }
    }
}
