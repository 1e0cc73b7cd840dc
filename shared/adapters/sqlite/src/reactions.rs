//! Reactions: who set which emoji on which message, as reaction rows of the log say.

use domain::{Emoji, MessageId, Reaction, ReactionRow, Reactor, RoomId, Row, UserId};
use rusqlite::{Connection, OptionalExtension, Result, named_params};

use crate::columns::{blob, int, limit, millis, time_opt, uint, uuid};

/// Brings a reaction to what a row says, unless a later row has spoken.
pub(crate) fn apply(conn: &Connection, row: &Row, reaction: &ReactionRow) -> Result<()> {
    let sql = "INSERT INTO reactions (room, message, emoji, user, present, seq, at)
        VALUES (:room, :message, :emoji, :user, :present, :seq, :at)
        ON CONFLICT (room, message, emoji, user)
            DO UPDATE SET present = :present, seq = :seq, at = :at
        WHERE seq < :seq";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(row.room.uuid()),
        ":message": blob(reaction.message.uuid()),
        ":emoji": reaction.emoji.as_str(),
        ":user": blob(row.sender.uuid()),
        ":present": reaction.set,
        ":seq": int(row.seq),
        ":at": millis(row.created_at),
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

/// The different emoji that are set on message `:message`, each found by one step in the index:
/// neither many people nor what was taken back makes it slower.
macro_rules! emoji_set {
    ($then:literal) => {
        concat!(
            "WITH RECURSIVE these(emoji) AS (
                SELECT min(emoji) FROM reactions
                WHERE room = :room AND message = :message AND present = 1
                UNION ALL
                SELECT (SELECT min(r.emoji) FROM reactions r
                    WHERE r.room = :room AND r.message = :message AND r.present = 1
                    AND r.emoji > these.emoji)
                FROM these WHERE these.emoji IS NOT NULL) ",
            $then
        )
    };
}

/// How many different emoji other than `emoji` are set on a message; none where `emoji` is set
/// too, since then it is no further one.
pub(crate) fn others(
    conn: &Connection,
    (room, message): (RoomId, MessageId),
    emoji: &Emoji,
) -> Result<u64> {
    let sql = emoji_set!("SELECT iif(max(emoji = :emoji), 0, count(emoji)) FROM these");
    let params = named_params! {
        ":room": blob(room.uuid()),
        ":message": blob(message.uuid()),
        ":emoji": emoji.as_str(),
    };
    conn.prepare_cached(sql)?
        .query_row(params, |row| uint(row, 0))
}

/// The reactions to a message, by the seq of each emoji's first, as `viewer` sees them, with the
/// first `users` people of each. Counting looks at each person once, in the index.
pub(crate) fn of(
    conn: &Connection,
    (room, message): (RoomId, MessageId),
    viewer: UserId,
    users: usize,
) -> Result<Vec<Reaction>> {
    let sql = emoji_set!(
        "SELECT emoji,
            (SELECT count(*) FROM reactions r WHERE r.room = :room AND r.message = :message
                AND r.emoji = these.emoji AND r.present = 1),
            EXISTS (SELECT 1 FROM reactions r WHERE r.room = :room AND r.message = :message
                AND r.emoji = these.emoji AND r.user = :viewer AND r.present = 1)
        FROM these
        WHERE emoji IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM messages m WHERE m.id = :message AND m.gone IS NOT NULL)
        ORDER BY (SELECT min(r.seq) FROM reactions r WHERE r.room = :room
            AND r.message = :message AND r.emoji = these.emoji AND r.present = 1)"
    );
    let params = named_params! {
        ":viewer": blob(viewer.uuid()),
        ":room": blob(room.uuid()),
        ":message": blob(message.uuid()),
    };
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(params, |row| {
        let emoji = Emoji::stored(row.get::<_, String>(0)?);
        Ok(Reaction {
            message,
            people: first(conn, (room, message), &emoji, users)?,
            emoji,
            count: uint(row, 1)?,
            me: row.get(2)?,
        })
    })?;
    found.collect()
}

/// The first `limit` people who have set an emoji on a message.
fn first(
    conn: &Connection,
    (room, message): (RoomId, MessageId),
    emoji: &Emoji,
    count: usize,
) -> Result<Vec<Reactor>> {
    let sql = "SELECT user, at FROM reactions
        WHERE room = :room AND message = :message AND emoji = :emoji AND present = 1
        ORDER BY seq LIMIT :count";
    let params = named_params! {
        ":room": blob(room.uuid()),
        ":message": blob(message.uuid()),
        ":emoji": emoji.as_str(),
        ":count": limit(count),
    };
    let mut statement = conn.prepare_cached(sql)?;
    let people = statement.query_map(params, |row| {
        Ok(Reactor {
            user: UserId::from_uuid(uuid(row, 0)?),
            at: time_opt(row, 1)?,
        })
    })?;
    people.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::schema;

    const ROOM: [u8; 16] = [1; 16];
    const MESSAGE: [u8; 16] = [2; 16];

    /// A message that `people` have set one emoji on, after `tombstones` others came and went.
    fn message(people: u32, tombstones: u32) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        schema::migrate(&mut conn).unwrap();
        let sql = "INSERT INTO reactions (room, message, emoji, user, present, seq)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut seq = 0_u32;
        let mut react = |emoji: &str, user: u32, present: bool| {
            seq += 1;
            let user = uuid::Uuid::from_u128(user.into());
            conn.execute(sql, (ROOM, MESSAGE, emoji, blob(user), present, seq))
                .unwrap();
        };
        (0..tombstones).for_each(|number| react(&format!("x{number}"), 7, false));
        (0..people).for_each(|user| react("👍", user, true));
        conn
    }

    fn on() -> (RoomId, MessageId) {
        let id = |bytes| uuid::Uuid::from_bytes(bytes);
        (
            RoomId::from_uuid(id(ROOM)),
            MessageId::from_uuid(id(MESSAGE)),
        )
    }

    /// How many steps SQLite's machine takes for `work`.
    fn steps<T>(mut conn: Connection, work: impl FnOnce(&Connection) -> Result<T>) -> (T, usize) {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let step = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        };
        conn.progress_handler(1, Some(step)).unwrap();
        let done = work(&conn).unwrap();
        drop(conn);
        (done, count.load(Ordering::Relaxed))
    }

    #[test]
    fn neither_people_nor_what_was_taken_back_slow_down_the_next_reaction() {
        let count = |conn| steps(conn, |conn| others(conn, on(), &Emoji::stored("🎉".into())));
        let (few, base) = count(message(1, 0));
        let (many, steps) = count(message(2_000, 2_000));
        assert_eq!((few, many), (1, 1));
        assert!(steps <= base, "{steps} steps instead of {base}");
    }

    #[test]
    fn a_popular_message_is_shown_by_counting_alone() {
        let show = |conn| steps(conn, |conn| of(conn, on(), UserId::new(), 20));
        let (few, base) = show(message(20, 0));
        let (many, steps) = show(message(2_020, 2_000));
        assert_eq!((few[0].count, many[0].count), (20, 2_020));
        assert_eq!(few[0].people, many[0].people);
        assert!(steps <= base + 2_000 * 5, "{steps} steps instead of {base}");
    }
}
