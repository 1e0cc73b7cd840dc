//! Appending: look the client_id up, decide, insert, apply.

mod decide;
mod write;

use std::collections::HashMap;

use domain::{
    Appended, Change, Code, NewChange, NewRow, Refusal, RoomId, Row, Seq, Timestamp, UserId,
};
use rusqlite::{Connection, OptionalExtension};

use super::rows;
use crate::{
    columns::{blob, time, uint},
    error::{Failure, is_duplicate},
    members, rooms,
};

/// Appends rows to a room's log; one answer per row.
pub(super) fn append(
    conn: &Connection,
    room: RoomId,
    new: &[NewRow],
    now: Timestamp,
) -> Result<Vec<Appended>, Failure> {
    let (mut log, init) = Tail::open(conn, room, now)?;
    for first in &init {
        log.append(first)?;
    }
    new.iter().map(|row| log.append(row)).collect()
}

/// What a row takes over from the row before it.
#[derive(Clone, Copy)]
struct Stamp {
    seq: Seq,
    generation: Seq,
    created_at: Timestamp,
}

/// A room's log at its end, where rows are added.
struct Tail<'a> {
    conn: &'a Connection,
    room: RoomId,
    now: Timestamp,
    last: Stamp,
    /// Whether the room was deleted, so that nothing follows.
    closed: bool,
    /// Who of the senders looked up so far is gone.
    gone: HashMap<UserId, bool>,
}

impl<'a> Tail<'a> {
    /// Goes to the end of a room's log. An empty log comes with the room's first rows.
    fn open(
        conn: &'a Connection,
        room: RoomId,
        now: Timestamp,
    ) -> Result<(Self, Vec<NewRow>), Failure> {
        let closed = rooms::is_deleted(conn, room)?.ok_or(Code::RoomNotFound)?;
        let last = last(conn, room)?;
        let init = match last {
            None if !closed => rooms::init(conn, room)?,
            _ => Vec::new(),
        };
        let tail = Self {
            conn,
            room,
            now,
            last: last.unwrap_or_else(before_the_first),
            closed,
            gone: HashMap::new(),
        };
        Ok((tail, init))
    }

    fn append(&mut self, new: &NewRow) -> Result<Appended, Failure> {
        let hash = new.change.hash();
        let key = (new.sender, new.client_id);
        if let Some(original) = rows::original(self.conn, self.room, key)? {
            return Ok(original.answer(hash));
        }
        if self.closed {
            return Ok(Appended::Refused(Refusal::RoomDeleted));
        }
        if new.change.is_for_members() && self.is_gone(new.sender)? {
            return Ok(Appended::Refused(Refusal::SenderGone));
        }
        let stamp = self.next(&new.change);
        let change = match self.decide(new, stamp)? {
            Ok(change) => change,
            Err(declined) => return Ok(declined.into()),
        };
        let row = Row {
            id: new.id,
            room: self.room,
            seq: stamp.seq,
            generation: stamp.generation,
            sender: new.sender,
            client_id: new.client_id,
            created_at: stamp.created_at,
            change,
        };
        match write::insert(self.conn, &row, hash, self.now) {
            // The id stands for a row under another client_id: a defect of the caller's, which
            // must not take along the rows of others in the batch.
            Err(Failure::Sql(error)) if is_duplicate(&error) => return Ok(Appended::Mismatch),
            inserted => inserted?,
        }
        write::apply(self.conn, &row)?;
        if let Change::Member(member) = &row.change {
            self.gone.remove(&member.user);
        }
        self.last = stamp;
        self.closed = row.is_last();
        Ok(Appended::Stored(row))
    }

    /// Whether somebody was in the room and is no more.
    fn is_gone(&mut self, user: UserId) -> rusqlite::Result<bool> {
        if let Some(gone) = self.gone.get(&user) {
            return Ok(*gone);
        }
        let gone = members::is_gone(self.conn, self.room, user)?;
        self.gone.insert(user, gone);
        Ok(gone)
    }

    /// The stamp of the next row.
    fn next(&self, change: &NewChange) -> Stamp {
        let seq = self.last.seq + 1;
        Stamp {
            seq,
            generation: match change.raises_generation() {
                true => seq,
                false => self.last.generation,
            },
            created_at: self.now.max(self.last.created_at),
        }
    }
}

/// The newest row's stamp.
fn last(conn: &Connection, room: RoomId) -> rusqlite::Result<Option<Stamp>> {
    let sql = "SELECT seq, generation, created_at FROM messages
        WHERE room = ?1 ORDER BY seq DESC LIMIT 1";
    let mut statement = conn.prepare_cached(sql)?;
    let last = statement.query_row([blob(room.uuid())], |row| {
        Ok(Stamp {
            seq: uint(row, 0)?,
            generation: uint(row, 1)?,
            created_at: time(row, 2)?,
        })
    });
    last.optional()
}

fn before_the_first() -> Stamp {
    Stamp {
        seq: 0,
        generation: 0,
        created_at: Timestamp::MIN,
    }
}
