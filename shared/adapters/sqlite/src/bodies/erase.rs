//! Taking away for good: what a message said, and copies that nothing needs.

use domain::{MessageId, RoomId};
use rusqlite::{Connection, Result};

use crate::columns::{blob, limit};

/// Leaves a tombstone and no copy. Says whether the room has the message.
pub(super) fn erase(conn: &Connection, room: RoomId, message: MessageId) -> Result<bool> {
    let (room, id) = (blob(room.uuid()), blob(message.uuid()));
    let sql = "UPDATE messages SET gone = 'deleted', body = NULL, body_bytes = 0,
            rev = rev + 1, place = place + 1,
            archived = NULL, copy_rev = NULL, copy_place = NULL
        WHERE id = ?2 AND room = ?1 AND kind = 'message' AND gone IS NULL";
    conn.prepare_cached(sql)?.execute((room, id))?;
    let sql = "SELECT EXISTS (
        SELECT 1 FROM messages WHERE id = ?2 AND room = ?1 AND kind = 'message')";
    let known = conn
        .prepare_cached(sql)?
        .query_row((room, id), |row| row.get(0))?;
    if known {
        let sql = "DELETE FROM archived_messages WHERE id = ?1";
        conn.prepare_cached(sql)?.execute([id])?;
    }
    Ok(known)
}

/// Removes up to `size` copies that no key points to and that are below their key. A copy at its
/// key's own (rev, place) waits for its swing; a mover that sleeps may still come for it.
pub(super) fn collect(conn: &Connection, size: usize) -> Result<usize> {
    let sql = "DELETE FROM archived_messages WHERE (id, rev, place) IN (
            SELECT a.id, a.rev, a.place
            FROM archived_messages a INDEXED BY archived_messages_loose
            JOIN messages m ON m.id = a.id
            WHERE a.loose = 1 AND (a.rev, a.place) < (m.rev, m.place)
                AND (m.copy_rev IS NOT a.rev OR m.copy_place IS NOT a.place)
            LIMIT ?1)";
    conn.prepare_cached(sql)?.execute([limit(size)])
}
