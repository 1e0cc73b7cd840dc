//! Old changes, which are dropped.

use domain::{RoomId, Timestamp, notification::Position};
use rusqlite::{Connection, Result, named_params};

use crate::columns::{blob, int, limit, millis, time, uint, uuid};

/// A change from before some moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct OldChange {
    pub(super) position: Position,
    /// Whether nothing needs it any more. That stays so.
    pub(super) may_go: bool,
}

/// Up to `count` changes from before a moment after a position, oldest first.
pub(super) fn changes(
    conn: &Connection,
    before: Timestamp,
    after: Option<Position>,
    count: usize,
) -> Result<Vec<OldChange>> {
    let sql = "SELECT created_at, room, seq, mark IS NULL AND EXISTS (
            SELECT 1 FROM messages n WHERE n.room = m.room AND n.seq > m.seq)
        FROM messages m INDEXED BY messages_changes
        WHERE kind IN ('edit', 'deletion', 'reaction', 'member', 'room')
            AND created_at < :before AND (created_at, room, seq) > (:at, :room, :seq)
        ORDER BY created_at, room, seq LIMIT :count";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(
        named_params! {
            ":before": millis(before),
            ":at": after.map_or(i64::MIN, |after| millis(after.at)),
            ":room": after.map_or([0; 16], |after| blob(after.room.uuid())),
            ":seq": after.map_or(0, |after| int(after.seq)),
            ":count": limit(count),
        },
        read,
    )?;
    found.collect()
}

fn read(row: &rusqlite::Row<'_>) -> Result<OldChange> {
    Ok(OldChange {
        position: Position {
            at: time(row, 0)?,
            room: RoomId::from_uuid(uuid(row, 1)?),
            seq: uint(row, 2)?,
        },
        may_go: row.get(3)?,
    })
}

/// Removes rows; says how many were still there.
pub(super) fn remove(conn: &Connection, rows: &[Position]) -> Result<u64> {
    let mut statement = conn.prepare_cached("DELETE FROM messages WHERE room = ?1 AND seq = ?2")?;
    let mut removed = 0;
    for row in rows {
        removed += statement.execute((blob(row.room.uuid()), int(row.seq)))?;
    }
    Ok(removed as u64)
}
