use domain::{ClientId, RoomId, Row, RowId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{change::ChangeRecord, millis, moment};

/// A row of a room's log, whole.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowRecord {
    id: Uuid,
    room: Uuid,
    seq: u64,
    r#gen: u64,
    sender: Uuid,
    client_id: Uuid,
    /// In milliseconds since 1970.
    at: i64,
    change: ChangeRecord,
}

impl From<&Row> for RowRecord {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id.uuid(),
            room: row.room.uuid(),
            seq: row.seq,
            r#gen: row.generation,
            sender: row.sender.uuid(),
            client_id: row.client_id.uuid(),
            at: millis(row.created_at),
            change: (&row.change).into(),
        }
    }
}

impl From<RowRecord> for Row {
    fn from(record: RowRecord) -> Self {
        Self {
            id: RowId::from_uuid(record.id),
            room: RoomId::from_uuid(record.room),
            seq: record.seq,
            generation: record.r#gen,
            sender: UserId::from_uuid(record.sender),
            client_id: ClientId::from_uuid(record.client_id),
            created_at: moment(record.at),
            change: record.change.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    /// One row of every kind, as it was first written.
    #[test]
    fn rows_are_read_and_written_as_they_always_were() {
        let message = format!(
            r#"{{"id":"{ID}","room":"{ID}","seq":7,"sender":"{ID}","client_id":"{ID}","at":5,"rev":2,"body":{{"state":"present","content":{{"kind":"text","text":"hello"}}}},"archived":false}}"#
        );
        let gone = message.replace(
            r#"{"state":"present","content":{"kind":"text","text":"hello"}}"#,
            r#"{"state":"deleted"}"#,
        );
        let changes = [
            format!(r#"{{"kind":"message","message":{message}}}"#),
            format!(r#"{{"kind":"edit","message":{message}}}"#),
            format!(r#"{{"kind":"deletion","message":{gone}}}"#),
            format!(r#"{{"kind":"reaction","message":"{ID}","emoji":"+1","set":true}}"#),
            format!(
                r#"{{"kind":"member","user":"{ID}","what":"removed","role":"member","rev":3}}"#
            ),
            r#"{"kind":"room_changed","name":"den","rev":3}"#.to_owned(),
            r#"{"kind":"room_changed","read_only":true,"rev":3}"#.to_owned(),
            r#"{"kind":"room_deleted","rev":4}"#.to_owned(),
            format!(r#"{{"kind":"archive","run":"{ID}","through":6}}"#),
        ];
        for change in changes {
            let stored = format!(
                r#"{{"id":"{ID}","room":"{ID}","seq":8,"gen":2,"sender":"{ID}","client_id":"{ID}","at":1700000000000,"change":{change}}}"#
            );
            let record: RowRecord = serde_json::from_str(&stored).unwrap();
            let again = RowRecord::from(&Row::from(record));
            assert_eq!(serde_json::to_string(&again).unwrap(), stored);
        }
    }
}
