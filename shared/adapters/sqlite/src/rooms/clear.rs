//! Clearing up after deleted rooms.

use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::columns::{limit, millis};

/// What a room leaves behind, each with what makes up the key of its table. Copies go before the
/// messages by which they are found.
const REMAINS: [(&str, &str); 6] = [
    ("reactions", "message, emoji, user"),
    ("members", "user"),
    ("holds", "id"),
    ("archive_overrides", "room"),
    ("notifications", "id"),
    ("messages", "seq"),
];

/// Removes up to `most` records of one room that was deleted before `before`; its own record is
/// one of them, in that it is noted there when nothing is left.
pub(super) fn clear(conn: &Connection, before: Timestamp, most: usize) -> Result<u64> {
    let Some(room) = next(conn, before)? else {
        return Ok(0);
    };
    let mut left = most;
    for (table, key) in REMAINS {
        if table == "messages" {
            remove_copies(conn, room, left)?;
        }
        let sql = format!(
            "DELETE FROM {table} WHERE room = ?1 AND ({key}) IN (
                SELECT {key} FROM {table} WHERE room = ?1 ORDER BY {key} LIMIT ?2)"
        );
        let removed = conn.prepare_cached(&sql)?.execute((room, limit(left)))?;
        left = left.saturating_sub(removed);
    }
    if left > 0 {
        let sql = "UPDATE rooms SET cleared = 1, init = '[]' WHERE id = ?1";
        conn.prepare_cached(sql)?.execute([room])?;
        left -= 1;
    }
    Ok((most - left) as u64)
}

/// The room that was deleted first, of those that are not cleared.
fn next(conn: &Connection, before: Timestamp) -> Result<Option<[u8; 16]>> {
    let sql = "SELECT id FROM rooms INDEXED BY rooms_to_clear
        WHERE deleted_at < ?1 AND deleted_at IS NOT NULL AND cleared = 0
        ORDER BY deleted_at, id LIMIT 1";
    conn.prepare_cached(sql)?
        .query_row([millis(before)], |row| row.get(0))
        .optional()
}

/// Removes the copies of the `most` rows that go next.
fn remove_copies(conn: &Connection, room: [u8; 16], most: usize) -> Result<()> {
    let sql = "DELETE FROM archived_messages WHERE id IN (
        SELECT id FROM messages WHERE room = ?1 ORDER BY seq LIMIT ?2)";
    conn.prepare_cached(sql)?.execute((room, limit(most)))?;
    Ok(())
}
