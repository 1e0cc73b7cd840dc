//! Storing a row, and bringing its target to what it says.

use domain::{Change, Content, ContentHash, Message, Rev, Row, Timestamp};
use rusqlite::{Connection, named_params};
use uuid::Uuid;

use super::rows::ArchiveRecord;
use crate::{
    columns::{blob, int, millis},
    error::Failure,
    members, reactions, rooms,
};

/// Stores a row, marked for the outbox.
pub(super) fn insert(
    conn: &Connection,
    row: &Row,
    hash: ContentHash,
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO messages (room, seq, id, generation, kind, sender, client_id,
            target, target_rev, created_at, content_hash, change, rev, body, body_bytes, mark)
        VALUES (:room, :seq, :id, :generation, :kind, :sender, :client_id,
            :target, :target_rev, :created_at, :hash, :change, :rev, :body, :bytes, :mark)";
    let (kind, target, target_rev) = aim(row);
    let said = match &row.change {
        Change::Message(message) => message.content(),
        _ => None,
    };
    conn.prepare_cached(sql)?.execute(named_params! {
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
        ":mark": millis(now),
    })?;
    Ok(())
}

/// A row's kind, its target, and the revision that it gives the target.
fn aim(row: &Row) -> (&'static str, Uuid, Rev) {
    let own = row.id.uuid();
    match &row.change {
        Change::Message(_) => ("message", own, 1),
        Change::Edit(message) => ("edit", message.id.uuid(), message.rev),
        Change::Deletion(message) => ("deletion", message.id.uuid(), message.rev),
        Change::Reaction(reaction) => ("reaction", reaction.target(row.sender), row.seq),
        Change::Member(member) => ("member", member.user.uuid(), member.rev),
        Change::Room(room) => ("room", row.room.uuid(), room.rev),
        Change::Archive { .. } => ("archive", own, 1),
    }
}

/// What kind, target and revision do not say.
fn record(change: &Change) -> Result<Option<String>, Failure> {
    let record = match change {
        Change::Message(_) | Change::Edit(_) | Change::Deletion(_) => return Ok(None),
        Change::Reaction(reaction) => serde_json::to_string(reaction)?,
        Change::Member(member) => serde_json::to_string(member)?,
        Change::Room(room) => serde_json::to_string(room)?,
        Change::Archive { run, through } => serde_json::to_string(&ArchiveRecord {
            run: *run,
            through: *through,
        })?,
    };
    Ok(Some(record))
}

/// Brings the row's target to what the row says.
pub(super) fn apply(conn: &Connection, row: &Row) -> Result<(), Failure> {
    match &row.change {
        Change::Edit(message) => rewrite(conn, message),
        Change::Deletion(message) => bury(conn, message),
        Change::Reaction(reaction) => Ok(reactions::apply(conn, row, reaction)?),
        Change::Member(member) => Ok(members::apply(conn, row, member)?),
        Change::Room(room) => Ok(rooms::apply(conn, row, room)?),
        Change::Message(_) | Change::Archive { .. } => Ok(()),
    }
}

fn rewrite(conn: &Connection, message: &Message) -> Result<(), Failure> {
    let content = message.content();
    let body = content.map(serde_json::to_string).transpose()?;
    let bytes = content.map_or(0, Content::bytes);
    let sql = "UPDATE messages SET body = ?3, body_bytes = ?4, rev = ?5, edited_at = ?6
        WHERE room = ?1 AND seq = ?2";
    conn.prepare_cached(sql)?.execute((
        blob(message.room.uuid()),
        int(message.seq),
        body,
        int(bytes as u64),
        int(message.rev),
        message.edited_at.map(millis),
    ))?;
    Ok(())
}

/// Leaves a tombstone, and no copy in the archive. The place is raised where the body moved
/// (out of the archive), so that whoever moves it meanwhile loses.
fn bury(conn: &Connection, message: &Message) -> Result<(), Failure> {
    let sql = "UPDATE messages SET gone = 'deleted', body = NULL, body_bytes = 0, rev = ?3,
            place = place + (archived IS NOT NULL),
            archived = NULL, copy_rev = NULL, copy_place = NULL
        WHERE room = ?1 AND seq = ?2";
    conn.prepare_cached(sql)?.execute((
        blob(message.room.uuid()),
        int(message.seq),
        int(message.rev),
    ))?;
    let sql = "DELETE FROM archived_messages WHERE id = ?1";
    conn.prepare_cached(sql)?
        .execute([blob(message.id.uuid())])?;
    Ok(())
}
