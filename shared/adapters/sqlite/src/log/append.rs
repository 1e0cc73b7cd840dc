//! Appending: look the client_id up, decide, insert, apply.

use domain::{
    Appended, Body, Change, Code, Content, ContentHash, Message, MessageId, NewChange, NewRow,
    Refusal, Rev, RoomId, Row, Seq, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, named_params};
use uuid::Uuid;

use super::rows::{self, ArchiveRecord};
use crate::{
    columns::{blob, int, millis, time, uint},
    error::{Failure, is_duplicate},
    members, messages, rooms,
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

/// Why a row is not stored although nobody stored it before.
enum Declined {
    /// The target has another revision by now.
    Conflict(Rev),
    /// The target does not allow it.
    Refused(Refusal),
}

impl From<Declined> for Appended {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Conflict(current) => Self::Conflict { current },
            Declined::Refused(refusal) => Self::Refused(refusal),
        }
    }
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
}

impl<'a> Tail<'a> {
    /// Goes to the end of a room's log. An empty log comes with the room's first rows.
    fn open(
        conn: &'a Connection,
        room: RoomId,
        now: Timestamp,
    ) -> Result<(Self, Vec<NewRow>), Failure> {
        let (last, init) = match last(conn, room)? {
            Some(last) => (last, Vec::new()),
            None => {
                let room = rooms::by_id(conn, room)?.ok_or(Code::RoomNotFound)?;
                (before_the_first(), room.init)
            }
        };
        let tail = Self {
            conn,
            room,
            now,
            last,
        };
        Ok((tail, init))
    }

    fn append(&mut self, new: &NewRow) -> Result<Appended, Failure> {
        let hash = new.change.hash();
        if let Some((seq, original)) = self.known(new)? {
            return self.repeat(seq, original == hash);
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
        match self.insert(&row, hash) {
            // The id stands for a row under another client_id: a defect of the caller's, which
            // must not take along the rows of others in the batch.
            Err(Failure::Sql(error)) if is_duplicate(&error) => return Ok(Appended::Mismatch),
            inserted => inserted?,
        }
        self.apply(&row)?;
        self.last = stamp;
        Ok(Appended::Stored(row))
    }

    /// The row that is stored under the new row's client_id.
    fn known(&self, new: &NewRow) -> Result<Option<(Seq, ContentHash)>, Failure> {
        let sql = "SELECT seq, content_hash FROM messages
            WHERE room = ?1 AND sender = ?2 AND client_id = ?3";
        let params = [self.room.uuid(), new.sender.uuid(), new.client_id.uuid()].map(blob);
        let mut statement = self.conn.prepare_cached(sql)?;
        let known =
            statement.query_row(params, |row| Ok((uint(row, 0)?, ContentHash(row.get(1)?))));
        Ok(known.optional()?)
    }

    fn repeat(&self, seq: Seq, same: bool) -> Result<Appended, Failure> {
        if !same {
            return Ok(Appended::Mismatch);
        }
        Ok(Appended::Repeat(rows::at(self.conn, self.room, seq)?))
    }

    /// The stamp of the next row.
    fn next(&self, change: &NewChange) -> Stamp {
        let seq = self.last.seq + 1;
        let raises = match change {
            NewChange::Edit { .. } | NewChange::Deletion { .. } | NewChange::Archive { .. } => true,
            NewChange::Message { .. } | NewChange::Member(_) => false,
        };
        Stamp {
            seq,
            generation: if raises { seq } else { self.last.generation },
            created_at: self.now.max(self.last.created_at),
        }
    }

    /// What the new row will tell, or why it is not stored.
    fn decide(&self, new: &NewRow, stamp: Stamp) -> Result<Result<Change, Declined>, Failure> {
        Ok(match &new.change {
            NewChange::Message { content } => {
                Ok(Change::Message(self.said(new, stamp, content.clone())))
            }
            NewChange::Edit {
                message,
                content,
                if_rev,
            } => self
                .target(*message, *if_rev)?
                .and_then(|target| edited(target, content.clone())),
            NewChange::Deletion { message, if_rev } => self.target(*message, *if_rev)?.map(deleted),
            NewChange::Member(member) => {
                let current = members::rev(self.conn, self.room, member.user)?;
                if member.rev == current + 1 {
                    Ok(Change::Member(*member))
                } else {
                    Err(Declined::Conflict(current))
                }
            }
            NewChange::Archive { run, through } => Ok(Change::Archive {
                run: *run,
                through: *through,
            }),
        })
    }

    fn said(&self, new: &NewRow, stamp: Stamp, content: Content) -> Message {
        Message {
            id: new.id,
            room: self.room,
            seq: stamp.seq,
            sender: new.sender,
            client_id: new.client_id,
            created_at: stamp.created_at,
            rev: 1,
            body: Body::Present { content },
            archived: false,
        }
    }

    /// The message that is to be changed, if it still can be.
    fn target(
        &self,
        id: MessageId,
        if_rev: Option<Rev>,
    ) -> Result<Result<Message, Declined>, Failure> {
        let Some(message) = messages::by_id(self.conn, self.room, id)? else {
            return Ok(Err(Declined::Refused(Refusal::Missing)));
        };
        if message.content().is_none() {
            return Ok(Err(Declined::Refused(Refusal::Deleted)));
        }
        if if_rev.is_some_and(|rev| rev != message.rev) {
            return Ok(Err(Declined::Conflict(message.rev)));
        }
        Ok(Ok(message))
    }

    fn insert(&self, row: &Row, hash: ContentHash) -> Result<(), Failure> {
        let sql = "INSERT INTO messages (room, seq, id, generation, kind, sender, client_id,
                target, target_rev, created_at, content_hash, change, rev, body, body_bytes, mark)
            VALUES (:room, :seq, :id, :generation, :kind, :sender, :client_id,
                :target, :target_rev, :created_at, :hash, :change, :rev, :body, :bytes, :mark)";
        let (kind, target, target_rev) = aim(row);
        let said = match &row.change {
            Change::Message(message) => message.content(),
            _ => None,
        };
        self.conn.prepare_cached(sql)?.execute(named_params! {
            ":room": blob(row.room.uuid()),
            ":seq": int(row.seq),
            ":id": blob(row.id.uuid()),
            ":generation": int(row.generation),
            ":kind": kind,
            ":sender": blob(row.sender.uuid()),
            ":client_id": blob(row.client_id.uuid()),
            ":target": blob(target),
            ":target_rev": int(target_rev),
            ":created_at": millis(row.created_at),
            ":hash": hash.0,
            ":change": record(&row.change)?,
            ":rev": i64::from(said.is_some()),
            ":body": said.map(serde_json::to_string).transpose()?,
            ":bytes": said.map_or(0, |content| int(content.bytes() as u64)),
            ":mark": millis(self.now),
        })?;
        Ok(())
    }

    /// Brings the row's target to what the row says.
    fn apply(&self, row: &Row) -> Result<(), Failure> {
        match &row.change {
            Change::Edit(message) => self.rewrite(message),
            Change::Deletion(message) => self.bury(message),
            Change::Member(member) => Ok(members::apply(self.conn, row, member)?),
            Change::Message(_) | Change::Archive { .. } => Ok(()),
        }
    }

    fn rewrite(&self, message: &Message) -> Result<(), Failure> {
        let content = message.content();
        let body = content.map(serde_json::to_string).transpose()?;
        let bytes = content.map_or(0, Content::bytes);
        let sql = "UPDATE messages SET body = ?3, body_bytes = ?4, rev = ?5
            WHERE room = ?1 AND seq = ?2";
        self.conn.prepare_cached(sql)?.execute((
            blob(message.room.uuid()),
            int(message.seq),
            body,
            int(bytes as u64),
            int(message.rev),
        ))?;
        Ok(())
    }

    /// Leaves a tombstone, and no copy in the archive. The place is raised where the body moved
    /// (out of the archive), so that whoever moves it meanwhile loses.
    fn bury(&self, message: &Message) -> Result<(), Failure> {
        let sql = "UPDATE messages SET gone = 'deleted', body = NULL, body_bytes = 0, rev = ?3,
                place = place + (archived IS NOT NULL),
                archived = NULL, copy_rev = NULL, copy_place = NULL
            WHERE room = ?1 AND seq = ?2";
        self.conn.prepare_cached(sql)?.execute((
            blob(message.room.uuid()),
            int(message.seq),
            int(message.rev),
        ))?;
        let sql = "DELETE FROM archived_messages WHERE id = ?1";
        self.conn
            .prepare_cached(sql)?
            .execute([blob(message.id.uuid())])?;
        Ok(())
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

fn edited(target: Message, content: Content) -> Result<Change, Declined> {
    if target.archived {
        return Err(Declined::Refused(Refusal::Archived));
    }
    Ok(Change::Edit(Message {
        rev: target.rev + 1,
        body: Body::Present { content },
        ..target
    }))
}

fn deleted(target: Message) -> Change {
    Change::Deletion(Message {
        rev: target.rev + 1,
        body: Body::Deleted,
        archived: false,
        ..target
    })
}

/// A row's kind, its target, and the revision that it gives the target.
fn aim(row: &Row) -> (&'static str, Uuid, Rev) {
    let own = row.id.uuid();
    match &row.change {
        Change::Message(_) => ("message", own, 1),
        Change::Edit(message) => ("edit", message.id.uuid(), message.rev),
        Change::Deletion(message) => ("deletion", message.id.uuid(), message.rev),
        Change::Member(member) => ("member", member.user.uuid(), member.rev),
        Change::Archive { .. } => ("archive", own, 1),
    }
}

/// What kind, target and revision do not say.
fn record(change: &Change) -> Result<Option<String>, Failure> {
    Ok(match change {
        Change::Message(_) | Change::Edit(_) | Change::Deletion(_) => None,
        Change::Member(member) => Some(serde_json::to_string(member)?),
        Change::Archive { run, through } => Some(serde_json::to_string(&ArchiveRecord {
            run: *run,
            through: *through,
        })?),
    })
}
