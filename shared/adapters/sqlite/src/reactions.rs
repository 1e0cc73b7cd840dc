//! Reactions: who set which emoji on which message, as reaction rows of the log say.

use domain::{Emoji, MessageId, Reaction, ReactionRow, RoomId, Row, UserId};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

use crate::columns::{blob, int, limit, uint, uuid};

/// Brings a reaction to what a row says, unless a later row has spoken.
pub(crate) fn apply(conn: &Connection, row: &Row, reaction: &ReactionRow) -> Result<()> {
    let sql = "INSERT INTO reactions (room, message, emoji, user, present, seq)
        VALUES (:room, :message, :emoji, :user, :present, :seq)
        ON CONFLICT (room, message, emoji, user) DO UPDATE SET present = :present, seq = :seq
        WHERE seq < :seq";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(row.room.uuid()),
        ":message": blob(reaction.message.uuid()),
        ":emoji": reaction.emoji.as_str(),
        ":user": blob(row.sender.uuid()),
        ":present": reaction.set,
        ":seq": int(row.seq),
    })?;
    Ok(())
}

/// Whether `user` has set this emoji on the message.
pub(crate) fn is_set(
    conn: &Connection,
    room: RoomId,
    user: UserId,
    reaction: &ReactionRow,
) -> Result<bool> {
    let sql = "SELECT present FROM reactions
        WHERE room = ?1 AND message = ?2 AND emoji = ?3 AND user = ?4";
    let message = blob(reaction.message.uuid());
    let params = (
        blob(room.uuid()),
        message,
        reaction.emoji.as_str(),
        blob(user.uuid()),
    );
    let set = conn
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))
        .optional()?;
    Ok(set.unwrap_or(false))
}

/// How many different emoji other than `emoji` are set on a message; none where `emoji` is set
/// too, since then it is no further one.
pub(crate) fn others(
    conn: &Connection,
    (room, message): (RoomId, MessageId),
    emoji: &Emoji,
) -> Result<u64> {
    let sql = "SELECT iif(max(emoji = ?3), 0, count(DISTINCT emoji)) FROM reactions
        WHERE room = ?1 AND message = ?2 AND present = 1";
    let params = (blob(room.uuid()), blob(message.uuid()), emoji.as_str());
    conn.prepare_cached(sql)?
        .query_row(params, |row| uint(row, 0))
}

/// The reactions to a message, by the seq of each emoji's first, as `viewer` sees them, with the
/// first `users` people of each.
pub(crate) fn of(
    conn: &Connection,
    (room, message): (RoomId, MessageId),
    viewer: UserId,
    users: usize,
) -> Result<Vec<Reaction>> {
    let sql = "SELECT emoji, user, people, mine, nth FROM (
            SELECT emoji, user, seq,
                count(*) OVER whole AS people,
                max(user = :viewer) OVER whole AS mine,
                min(seq) OVER whole AS begun,
                row_number() OVER (PARTITION BY emoji ORDER BY seq) AS nth
            FROM reactions
            WHERE room = :room AND message = :message AND present = 1 AND NOT EXISTS (
                SELECT 1 FROM messages m WHERE m.id = :message AND m.gone IS NOT NULL)
            WINDOW whole AS (PARTITION BY emoji))
        WHERE nth <= max(1, :users) ORDER BY begun, nth";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(named_params! {
        ":viewer": blob(viewer.uuid()),
        ":room": blob(room.uuid()),
        ":message": blob(message.uuid()),
        ":users": limit(users),
    })?;
    let mut found: Vec<Reaction> = Vec::new();
    while let Some(row) = rows.next()? {
        if uint(row, 4)? == 1 {
            found.push(begin(message, row)?);
        }
        if let Some(reaction) = found.last_mut().filter(|r| r.users.len() < users) {
            reaction.users.push(UserId::from_uuid(uuid(row, 1)?));
        }
    }
    Ok(found)
}

/// The reaction of an emoji's first row, without its people.
fn begin(message: MessageId, row: &rusqlite::Row<'_>) -> Result<Reaction> {
    Ok(Reaction {
        message,
        emoji: Emoji::stored(row.get::<_, String>(0)?),
        count: uint(row, 2)?,
        users: Vec::new(),
        me: row.get(3)?,
    })
}
