//! Reading a message as it is now, wherever its body lies.

use domain::{Body, ClientId, Message, MessageId, RoomId, UserId};
use rusqlite::{Connection, OptionalExtension, Row, types::Type};

use crate::columns::{blob, json, time, time_opt, uint, unreadable, uuid};

/// The columns of a message `m` whose body may be the copy `a`; [`read`] reads them.
pub(crate) const COLUMNS: &str = "m.id, m.room, m.seq, m.sender, m.client_id, m.created_at, \
     m.rev, m.gone, m.archived IS NOT NULL, coalesce(m.body, a.content), m.edited_at";

/// Finds the copy `a` that the key of `m` points to. One statement reads key and body, so a move
/// that is under way shows nothing twice and misses nothing.
pub(crate) const COPY: &str = "LEFT JOIN archived_messages a \
     ON a.id = m.id AND a.rev = m.copy_rev AND a.place = m.copy_place";

/// Reads the columns of a message, which begin at `from`.
pub(crate) fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId::from_uuid(uuid(row, from)?),
        room: RoomId::from_uuid(uuid(row, from + 1)?),
        seq: uint(row, from + 2)?,
        sender: UserId::from_uuid(uuid(row, from + 3)?),
        client_id: ClientId::from_uuid(uuid(row, from + 4)?),
        created_at: time(row, from + 5)?,
        edited_at: time_opt(row, from + 10)?,
        rev: uint(row, from + 6)?,
        body: body(row, from + 7, from + 9)?,
        archived: row.get(from + 8)?,
    })
}

fn body(row: &Row<'_>, gone: usize, content: usize) -> rusqlite::Result<Body> {
    match row.get_ref(gone)?.as_str_or_null()? {
        None => Ok(Body::Present {
            content: json(row, content)?,
        }),
        Some("deleted") => Ok(Body::Deleted),
        Some("purged") => Ok(Body::Purged),
        Some(other) => {
            let error = std::io::Error::other(format!("a message that is {other}"));
            Err(unreadable(gone, Type::Text, error))
        }
    }
}

/// The message of this id, if it is one of the room's.
pub(crate) fn by_id(
    conn: &Connection,
    room: RoomId,
    id: MessageId,
) -> rusqlite::Result<Option<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m {COPY}
        WHERE m.id = ?1 AND m.room = ?2 AND m.kind = 'message'"
    );
    conn.prepare_cached(&sql)?
        .query_row([blob(id.uuid()), blob(room.uuid())], |row| read(row, 0))
        .optional()
}
