//! Reading rows, each with its message as it is now.

use domain::{
    Change, ClientId, ContentHash, Head, MemberRow, Message, Original, ReactionRow, RoomId,
    RoomRow, Row, RowId, RunId, Seq, Timestamp, UserId,
};
use rusqlite::{Connection, OptionalExtension, Result, types::Type};
use serde::{Deserialize, Serialize};

use crate::{
    columns::{blob, int, json, limit, millis, time, uint, unreadable, uuid},
    messages,
};

/// Where the columns of the message begin, after those of the row.
const MESSAGE: usize = 9;

/// What the column `change` keeps of an archive row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ArchiveRecord {
    pub(crate) run: RunId,
    pub(crate) through: Seq,
}

/// The end of a room's log.
pub(crate) fn head(conn: &Connection, room: RoomId) -> Result<Head> {
    let sql = "SELECT seq, generation FROM messages WHERE room = ?1 ORDER BY seq DESC LIMIT 1";
    let end = conn
        .prepare_cached(sql)?
        .query_row([blob(room.uuid())], |row| {
            Ok((uint(row, 0)?, uint(row, 1)?))
        })
        .optional()?;
    let (seq, generation) = end.unwrap_or((0, 0));
    Ok(Head {
        room,
        seq,
        generation,
    })
}

/// The heads of up to `count` rooms after `after` whose newest row is from `at` or later: time
/// rises with seq, so no other row has to be looked at.
pub(super) fn since(
    conn: &Connection,
    at: Timestamp,
    after: Option<RoomId>,
    count: usize,
) -> Result<Vec<Head>> {
    let sql = "SELECT o.id, n.seq, n.generation FROM rooms o JOIN messages n ON n.room = o.id
            AND n.seq = (SELECT max(seq) FROM messages WHERE room = o.id)
        WHERE o.id > ?1 AND n.created_at >= ?2 ORDER BY o.id LIMIT ?3";
    let after = after.map_or(Vec::new(), |room| blob(room.uuid()).to_vec());
    let mut statement = conn.prepare_cached(sql)?;
    let heads = statement.query_map((after, millis(at), limit(count)), |row| {
        Ok(Head {
            room: RoomId::from_uuid(uuid(row, 0)?),
            seq: uint(row, 1)?,
            generation: uint(row, 2)?,
        })
    })?;
    heads.collect()
}

/// The rows `r` with the messages `m` that they tell of.
fn select(condition: &str) -> String {
    let (columns, copy) = (messages::COLUMNS, messages::COPY);
    format!(
        "SELECT r.id, r.room, r.seq, r.generation, r.sender, r.client_id, r.created_at,
            r.kind, r.change, {columns}
        FROM messages r
        LEFT JOIN messages m ON m.id = r.target AND r.kind IN ('message', 'edit', 'deletion')
        {copy}
        WHERE r.room = ?1 AND {condition}"
    )
}

/// Up to `count` rows after `after`.
pub(super) fn after(conn: &Connection, room: RoomId, after: Seq, count: usize) -> Result<Vec<Row>> {
    let sql = select("r.seq > ?2 ORDER BY r.seq LIMIT ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((blob(room.uuid()), int(after), limit(count)), read)?;
    rows.collect()
}

/// The row that somebody stored under a client_id.
pub(crate) fn original(
    conn: &Connection,
    room: RoomId,
    (sender, client): (UserId, ClientId),
) -> Result<Option<Original>> {
    let sql = "SELECT seq, content_hash FROM messages
        WHERE room = ?1 AND sender = ?2 AND client_id = ?3";
    let params = [room.uuid(), sender.uuid(), client.uuid()].map(blob);
    let known = conn
        .prepare_cached(sql)?
        .query_row(params, |row| Ok((uint(row, 0)?, ContentHash(row.get(1)?))))
        .optional()?;
    let read = |(seq, hash)| at(conn, room, seq).map(|row| Original { row, hash });
    known.map(read).transpose()
}

/// The row of this number, which must be there.
fn at(conn: &Connection, room: RoomId, seq: Seq) -> Result<Row> {
    let sql = select("r.seq = ?2");
    conn.prepare_cached(&sql)?
        .query_row((blob(room.uuid()), int(seq)), read)
}

fn read(row: &rusqlite::Row<'_>) -> Result<Row> {
    Ok(Row {
        id: RowId::from_uuid(uuid(row, 0)?),
        room: RoomId::from_uuid(uuid(row, 1)?),
        seq: uint(row, 2)?,
        generation: uint(row, 3)?,
        sender: UserId::from_uuid(uuid(row, 4)?),
        client_id: ClientId::from_uuid(uuid(row, 5)?),
        created_at: time(row, 6)?,
        change: change(row)?,
    })
}

fn change(row: &rusqlite::Row<'_>) -> Result<Change> {
    let message = || -> Result<Message> { messages::read(row, MESSAGE) };
    match row.get_ref(7)?.as_str()? {
        "message" => message().map(Change::Message),
        "edit" => message().map(Change::Edit),
        "deletion" => message().map(Change::Deletion),
        "member" => json::<MemberRow>(row, 8).map(Change::Member),
        "reaction" => json::<ReactionRow>(row, 8).map(Change::Reaction),
        "room" => json::<RoomRow>(row, 8).map(Change::Room),
        "archive" => {
            let ArchiveRecord { run, through } = json(row, 8)?;
            Ok(Change::Archive { run, through })
        }
        other => {
            let error = std::io::Error::other(format!("a row of kind {other}"));
            Err(unreadable(7, Type::Text, error))
        }
    }
}
