//! Logs, the bodies of messages, and reactions.

use domain::{
    ClientId, ContentHash, Emoji, MemberRow, MessageId, ReactionRow, RoomId, RoomRow, RowId, RunId,
    UserId,
    transfer::{KeptBody, KeptChange, KeptCopy, KeptMessage, KeptReaction, KeptRow, Record},
};
use rusqlite::{Connection, Result, Row, named_params, types::Type};

use super::table::Table;
use crate::{
    columns::{blob, int, json, millis, time, time_opt, uint, unreadable, uuid},
    error::Failure,
    log::ArchiveRecord,
};

/// A hint that waits in the queue is published again from the new store, which has another queue.
const MARK: &str = "coalesce(mark, (
    SELECT messages.created_at FROM queue WHERE queue.id = messages.id)) AS mark";

pub(super) const ROWS: Table = Table {
    name: "messages",
    columns: &[
        "id",
        "room",
        "seq",
        "generation",
        "sender",
        "client_id",
        "created_at",
        "content_hash",
        MARK,
        "kind",
        "target",
        "target_rev",
        "change",
        "rev",
        "place",
        "body_bytes",
        "body",
        "gone",
        "archived",
        "copy_rev",
        "copy_place",
        "edited_at",
    ],
    key: &["room", "seq"],
    read: |row| {
        Ok(Record::Row(Box::new(KeptRow {
            id: RowId::from_uuid(uuid(row, 0)?),
            room: RoomId::from_uuid(uuid(row, 1)?),
            seq: uint(row, 2)?,
            generation: uint(row, 3)?,
            sender: UserId::from_uuid(uuid(row, 4)?),
            client_id: ClientId::from_uuid(uuid(row, 5)?),
            created_at: time(row, 6)?,
            content_hash: ContentHash(row.get(7)?),
            mark: time_opt(row, 8)?,
            change: change(row)?,
        })))
    },
};

fn change(row: &Row<'_>) -> Result<KeptChange> {
    let message = || uuid(row, 10).map(MessageId::from_uuid);
    Ok(match row.get_ref(9)?.as_str()? {
        "message" => KeptChange::Message(message_of(row)?),
        "edit" => KeptChange::Edit {
            message: message()?,
            rev: uint(row, 11)?,
        },
        "deletion" => KeptChange::Deletion {
            message: message()?,
            rev: uint(row, 11)?,
        },
        "reaction" => KeptChange::Reaction(json::<ReactionRow>(row, 12)?),
        "member" => KeptChange::Member(json::<MemberRow>(row, 12)?),
        "room" => KeptChange::Room(json::<RoomRow>(row, 12)?),
        "archive" => {
            let ArchiveRecord { run, through } = json(row, 12)?;
            KeptChange::Archive { run, through }
        }
        other => return Err(unknown(9, format!("a row of kind {other}"))),
    })
}

fn message_of(row: &Row<'_>) -> Result<KeptMessage> {
    Ok(KeptMessage {
        rev: uint(row, 13)?,
        edited_at: time_opt(row, 21)?,
        place: uint(row, 14)?,
        bytes: uint(row, 15)?,
        body: body(row)?,
    })
}

fn body(row: &Row<'_>) -> Result<KeptBody> {
    let archived: Option<[u8; 16]> = row.get(18)?;
    match (row.get_ref(17)?.as_str_or_null()?, archived) {
        (Some("deleted"), _) => Ok(KeptBody::Deleted),
        (Some("purged"), _) => Ok(KeptBody::Purged),
        (Some(other), _) => Err(unknown(17, format!("a message that is {other}"))),
        (None, None) => json(row, 16).map(KeptBody::Here),
        (None, Some(run)) => Ok(KeptBody::Copied {
            run: RunId::from_uuid(uuid::Uuid::from_bytes(run)),
            rev: uint(row, 19)?,
            place: uint(row, 20)?,
        }),
    }
}

fn unknown(column: usize, what: String) -> rusqlite::Error {
    unreadable(column, Type::Text, std::io::Error::other(what))
}

pub(super) const COPIES: Table = Table {
    name: "archived_messages",
    columns: &[
        "id",
        "rev",
        "place",
        "room",
        "seq",
        "run",
        "sender",
        "created_at",
        "content",
        "archived_at",
    ],
    key: &["id", "rev", "place"],
    read: |row| {
        Ok(Record::Copy(Box::new(KeptCopy {
            message: MessageId::from_uuid(uuid(row, 0)?),
            rev: uint(row, 1)?,
            place: uint(row, 2)?,
            room: RoomId::from_uuid(uuid(row, 3)?),
            seq: uint(row, 4)?,
            run: RunId::from_uuid(uuid(row, 5)?),
            sender: UserId::from_uuid(uuid(row, 6)?),
            created_at: time(row, 7)?,
            content: json(row, 8)?,
            archived_at: time(row, 9)?,
        })))
    },
};

pub(super) const REACTIONS: Table = Table {
    name: "reactions",
    columns: &["room", "message", "emoji", "user", "present", "seq", "at"],
    key: &["room", "message", "emoji", "user"],
    read: |row| {
        Ok(Record::Reaction(KeptReaction {
            room: RoomId::from_uuid(uuid(row, 0)?),
            reaction: ReactionRow {
                message: MessageId::from_uuid(uuid(row, 1)?),
                emoji: Emoji::stored(row.get(2)?),
                set: row.get(4)?,
            },
            user: UserId::from_uuid(uuid(row, 3)?),
            seq: uint(row, 5)?,
            at: time_opt(row, 6)?,
        }))
    },
};

pub(super) fn insert_row(conn: &Connection, row: &KeptRow) -> Result<(), Failure> {
    let sql = "INSERT INTO messages (room, seq, id, generation, kind, sender, client_id, target,
            target_rev, created_at, content_hash, change, mark)
        VALUES (:room, :seq, :id, :generation, :kind, :sender, :client_id, :target,
            :target_rev, :created_at, :hash, :change, :mark)
        ON CONFLICT (room, seq) DO NOTHING";
    let (target, target_rev) = row.target();
    let (kind, change) = told(&row.change)?;
    let stored = conn.prepare_cached(sql)?.execute(named_params! {
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
        ":hash": row.content_hash.0,
        ":change": change,
        ":mark": row.mark.map(millis),
    })?;
    match &row.change {
        KeptChange::Message(message) if stored == 1 => insert_message(conn, row, message),
        _ => Ok(()),
    }
}

/// A row's kind, and what its target does not say.
fn told(change: &KeptChange) -> Result<(&'static str, Option<String>), Failure> {
    Ok(match change {
        KeptChange::Message(_) => ("message", None),
        KeptChange::Edit { .. } => ("edit", None),
        KeptChange::Deletion { .. } => ("deletion", None),
        KeptChange::Reaction(reaction) => ("reaction", Some(serde_json::to_string(reaction)?)),
        KeptChange::Member(member) => ("member", Some(serde_json::to_string(member)?)),
        KeptChange::Room(room) => ("room", Some(serde_json::to_string(room)?)),
        KeptChange::Archive { run, through } => {
            let (run, through) = (*run, *through);
            let record = serde_json::to_string(&ArchiveRecord { run, through })?;
            ("archive", Some(record))
        }
    })
}

/// Puts the message beside its row, which was just stored.
fn insert_message(conn: &Connection, row: &KeptRow, message: &KeptMessage) -> Result<(), Failure> {
    let sql = "UPDATE messages SET rev = :rev, edited_at = :edited_at, place = :place, body_bytes = :bytes, body = :body,
            gone = :gone, archived = :archived, copy_rev = :copy_rev, copy_place = :copy_place
        WHERE room = :room AND seq = :seq";
    let (body, gone, copy) = match &message.body {
        KeptBody::Here(content) => (Some(serde_json::to_string(content)?), None, None),
        KeptBody::Copied { run, rev, place } => (None, None, Some((run, *rev, *place))),
        KeptBody::Deleted => (None, Some("deleted"), None),
        KeptBody::Purged => (None, Some("purged"), None),
    };
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(row.room.uuid()),
        ":seq": int(row.seq),
        ":rev": int(message.rev),
        ":edited_at": message.edited_at.map(millis),
        ":place": int(message.place),
        ":bytes": int(message.bytes),
        ":body": body,
        ":gone": gone,
        ":archived": copy.map(|(run, _, _)| blob(run.uuid())),
        ":copy_rev": copy.map(|(_, rev, _)| int(rev)),
        ":copy_place": copy.map(|(_, _, place)| int(place)),
    })?;
    Ok(())
}

pub(super) fn insert_copy(conn: &Connection, copy: &KeptCopy) -> Result<(), Failure> {
    let sql = "INSERT INTO archived_messages (id, rev, place, room, seq, run, sender, created_at,
            content, content_hash, archived_at, loose)
        VALUES (:id, :rev, :place, :room, :seq, :run, :sender, :created_at,
            :content, :hash, :archived_at, NOT EXISTS (
                SELECT 1 FROM messages
                WHERE id = :id AND copy_rev = :rev AND copy_place = :place))
        ON CONFLICT (id, rev, place) DO NOTHING";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(copy.message.uuid()),
        ":rev": int(copy.rev),
        ":place": int(copy.place),
        ":room": blob(copy.room.uuid()),
        ":seq": int(copy.seq),
        ":run": blob(copy.run.uuid()),
        ":sender": blob(copy.sender.uuid()),
        ":created_at": millis(copy.created_at),
        ":content": serde_json::to_string(&copy.content)?,
        ":hash": ContentHash::of(&copy.content).0,
        ":archived_at": millis(copy.archived_at),
    })?;
    Ok(())
}

pub(super) fn insert_reaction(conn: &Connection, kept: &KeptReaction) -> Result<()> {
    let sql = "INSERT INTO reactions (room, message, emoji, user, present, seq, at)
        VALUES (:room, :message, :emoji, :user, :present, :seq, :at)
        ON CONFLICT (room, message, emoji, user) DO NOTHING";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(kept.room.uuid()),
        ":message": blob(kept.reaction.message.uuid()),
        ":emoji": kept.reaction.emoji.as_str(),
        ":user": blob(kept.user.uuid()),
        ":present": kept.reaction.set,
        ":seq": int(kept.seq),
        ":at": kept.at.map(millis),
    })?;
    Ok(())
}
