//! Which messages are due, and which are archived.

use domain::{
    MessageId, RoomId, RunId, Seq, Timestamp,
    archive::{Due, DueCount, Key},
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    columns::{blob, int, limit, millis, time, time_opt, uint, uuid},
    holds::{Held, Part},
};

/// The condition of the index of hot bodies, which is never larger than what is hot.
const HOT: &str = "FROM messages INDEXED BY messages_hot
    WHERE room = ?1 AND seq BETWEEN ?2 AND ?3
        AND kind = 'message' AND gone IS NULL AND archived IS NULL";

/// How many rows of a room one read counts: some tens of milliseconds, where a read that takes
/// seconds would be cut off, and the room never counted.
#[cfg(not(test))]
const COUNTED: Seq = 100_000;
#[cfg(test)]
pub(super) const COUNTED: Seq = 7;

/// Lists up to `size` keys that are due, by rising seq.
pub(super) fn list(conn: &Connection, due: Due, now: Timestamp, size: usize) -> Result<Vec<Key>> {
    let sql = format!("SELECT id, seq, rev, place, body_bytes {HOT} ORDER BY seq LIMIT ?4");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut keys = Vec::new();
    for part in parts(conn, due, now)? {
        let left = size - keys.len();
        if part.held || left == 0 {
            continue;
        }
        let (from, through) = (int(part.from), int(part.through));
        let params = (blob(due.room.uuid()), from, through, limit(left));
        for key in statement.query_map(params, key)? {
            keys.push(key?);
        }
    }
    Ok(keys)
}

/// Counts what [`list`] would list without a limit, and what only holds keep out of it, as far as
/// one read goes, and says after which row the next one goes on.
pub(super) fn count(
    conn: &Connection,
    due: Due,
    now: Timestamp,
) -> Result<(DueCount, Option<Seq>)> {
    let sql = format!(
        "SELECT count(*), coalesce(sum(body_bytes), 0), coalesce(sum(rev), 0),
            min(created_at), max(created_at) {HOT}"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut total = DueCount::default();
    let last = last_before(conn, due.room, due.cutoff)?;
    let through = last.min(due.after.saturating_add(COUNTED));
    let held = Held::at(conn, due.room, now)?;
    for part in held.split(due.after.saturating_add(1), through) {
        let params = (blob(due.room.uuid()), int(part.from), int(part.through));
        let found = statement.query_row(params, counted)?;
        if part.held {
            total.held += found.due;
        } else {
            total = total.followed_by(found);
        }
    }
    Ok((total, (through < last).then_some(through)))
}

fn counted(row: &Row<'_>) -> Result<DueCount> {
    Ok(DueCount {
        due: uint(row, 0)?,
        held: 0,
        bytes: uint(row, 1)?,
        revs: uint(row, 2)?,
        oldest: time_opt(row, 3)?,
        newest: time_opt(row, 4)?,
    })
}

/// The parts of the log that are old enough, held and not held.
fn parts(conn: &Connection, due: Due, now: Timestamp) -> Result<Vec<Part>> {
    let through = last_before(conn, due.room, due.cutoff)?;
    let held = Held::at(conn, due.room, now)?;
    Ok(held.split(due.after.saturating_add(1), through))
}

/// The last row from before a moment; 0 when there is none. Time rises with seq, so it is found in
/// a few steps, however much of the room is younger.
fn last_before(conn: &Connection, room: RoomId, cutoff: Timestamp) -> Result<Seq> {
    let sql = "SELECT seq, created_at FROM messages
        WHERE room = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    let (mut before, mut not_before) = (0, head(conn, room)? + 1);
    while not_before - before > 1 {
        let middle = before + (not_before - before) / 2;
        let (seq, at) = statement.query_row((blob(room.uuid()), int(middle)), |row| {
            Ok((uint(row, 0)?, time(row, 1)?))
        })?;
        if millis(at) < millis(cutoff) {
            before = seq;
        } else {
            not_before = middle;
        }
    }
    Ok(before)
}

fn head(conn: &Connection, room: RoomId) -> Result<Seq> {
    let sql = "SELECT seq FROM messages WHERE room = ?1 ORDER BY seq DESC LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    let head = statement.query_row([blob(room.uuid())], |row| uint(row, 0));
    Ok(head.optional()?.unwrap_or(0))
}

/// Lists up to `size` archived keys of a room after `after`; of one run, or of all.
pub(super) fn archived(
    conn: &Connection,
    (room, run): (RoomId, Option<RunId>),
    after: Seq,
    size: usize,
) -> Result<Vec<Key>> {
    let sql = "SELECT id, seq, rev, place, body_bytes
        FROM messages INDEXED BY messages_archived
        WHERE room = ?1 AND seq > ?2 AND archived IS NOT NULL
            AND (?3 IS NULL OR archived = ?3)
        ORDER BY seq LIMIT ?4";
    let run = run.map(|run| blob(run.uuid()));
    let params = (blob(room.uuid()), int(after), run, limit(size));
    let mut statement = conn.prepare_cached(sql)?;
    statement.query_map(params, key)?.collect()
}

fn key(row: &Row<'_>) -> Result<Key> {
    Ok(Key {
        id: MessageId::from_uuid(uuid(row, 0)?),
        seq: uint(row, 1)?,
        rev: uint(row, 2)?,
        place: uint(row, 3)?,
        bytes: uint(row, 4)?,
    })
}
