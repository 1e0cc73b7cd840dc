//! The steps of a mover, each for one key.

use domain::{
    Content, ContentHash, Error, RoomId, RunId, Timestamp,
    archive::Key,
    ports::{Copied, Swung},
};
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::{
    columns::{blob, int, millis},
    error::Failure,
    holds::Held,
};

/// Copying into the archive, with what it needs for every key.
pub(super) struct Copying<'a> {
    conn: &'a Connection,
    room: RoomId,
    run: RunId,
    now: Timestamp,
    /// The holds as this very transaction sees them. So from its own commit on nothing is copied
    /// that a hold covers, and what has no copy is never swung.
    held: Held,
}

impl<'a> Copying<'a> {
    pub(super) fn begin(
        conn: &'a Connection,
        room: RoomId,
        run: RunId,
        now: Timestamp,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            conn,
            room,
            run,
            now,
            held: Held::at(conn, room, now)?,
        })
    }

    /// Makes the copy of a body, unless it is there, and reads it back.
    pub(super) fn copy(&self, key: &Key) -> Result<Copied, Failure> {
        let Some(body) = self.body(key)? else {
            return Ok(Copied::Moved);
        };
        let content: Content = serde_json::from_str(&body)?;
        let hash = ContentHash::of(&content);
        self.insert(key, hash)?;
        if self.copied(key)? != (body, hash.0) {
            let message = key.id;
            return Err(Error::internal(format!("the copy of {message} is not its body")).into());
        }
        Ok(Copied::Verified)
    }

    /// What the message says, if it still is where the key says and may be moved.
    fn body(&self, key: &Key) -> rusqlite::Result<Option<String>> {
        if self.held.covers(key.seq) {
            return Ok(None);
        }
        let sql = "SELECT body FROM messages
            WHERE room = ?1 AND seq = ?2 AND id = ?3 AND rev = ?4 AND place = ?5
                AND archived IS NULL AND body IS NOT NULL";
        let mut statement = self.conn.prepare_cached(sql)?;
        let body = statement.query_row(at(self.room, key), |row| row.get(0));
        body.optional()
    }

    fn insert(&self, key: &Key, hash: ContentHash) -> rusqlite::Result<()> {
        let sql = "INSERT INTO archived_messages (id, rev, place, room, seq, run, sender,
                created_at, content, content_hash, archived_at, loose)
            SELECT id, rev, place, room, seq, :run, sender, created_at, body, :hash, :now, 1
            FROM messages WHERE room = :room AND seq = :seq
            ON CONFLICT (id, rev, place) DO NOTHING";
        self.conn.prepare_cached(sql)?.execute(named_params! {
            ":room": blob(self.room.uuid()),
            ":seq": int(key.seq),
            ":run": blob(self.run.uuid()),
            ":hash": hash.0,
            ":now": millis(self.now),
        })?;
        Ok(())
    }

    fn copied(&self, key: &Key) -> rusqlite::Result<(String, [u8; 32])> {
        let sql = "SELECT content, content_hash FROM archived_messages
            WHERE id = ?1 AND rev = ?2 AND place = ?3";
        let params = (blob(key.id.uuid()), int(key.rev), int(key.place));
        let mut statement = self.conn.prepare_cached(sql)?;
        statement.query_row(params, |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// Points a key to its copy and takes the body away.
pub(super) fn swing(
    conn: &Connection,
    room: RoomId,
    run: RunId,
    key: &Key,
) -> rusqlite::Result<Swung> {
    let sql = "UPDATE messages
        SET archived = ?6, copy_rev = rev, copy_place = place, place = place + 1, body = NULL
        WHERE room = ?1 AND seq = ?2 AND id = ?3 AND rev = ?4 AND place = ?5
            AND archived IS NULL AND body IS NOT NULL
            AND EXISTS (SELECT 1 FROM archived_messages WHERE id = ?3 AND rev = ?4 AND place = ?5)";
    let (room, seq, id, rev, place) = at(room, key);
    let params = (room, seq, id, rev, place, blob(run.uuid()));
    if conn.prepare_cached(sql)?.execute(params)? == 0 {
        return Ok(Swung::Lost);
    }
    let sql = "UPDATE archived_messages SET loose = 0 WHERE id = ?1 AND rev = ?2 AND place = ?3";
    conn.prepare_cached(sql)?.execute((id, rev, place))?;
    Ok(Swung::Done)
}

/// Brings a body back from its copy, which is garbage from then on.
pub(super) fn swing_back(conn: &Connection, room: RoomId, key: &Key) -> rusqlite::Result<Swung> {
    let sql = "SELECT content, copy_rev, copy_place
        FROM messages m JOIN archived_messages a
            ON a.id = m.id AND a.rev = m.copy_rev AND a.place = m.copy_place
        WHERE m.room = ?1 AND m.seq = ?2 AND m.id = ?3 AND m.rev = ?4 AND m.place = ?5
            AND m.archived IS NOT NULL";
    let mut statement = conn.prepare_cached(sql)?;
    let copy = statement.query_row(at(room, key), |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
    });
    let Some((content, rev, place)): Option<(_, i64, i64)> = copy.optional()? else {
        return Ok(Swung::Lost);
    };
    let sql = "UPDATE messages SET body = ?3, archived = NULL, copy_rev = NULL, copy_place = NULL,
            place = place + 1
        WHERE room = ?1 AND seq = ?2";
    conn.prepare_cached(sql)?
        .execute((blob(room.uuid()), int(key.seq), content))?;
    let sql = "UPDATE archived_messages SET loose = 1 WHERE id = ?1 AND rev = ?2 AND place = ?3";
    conn.prepare_cached(sql)?
        .execute((blob(key.id.uuid()), rev, place))?;
    Ok(Swung::Done)
}

/// What a compare-and-set compares.
fn at(room: RoomId, key: &Key) -> ([u8; 16], i64, [u8; 16], i64, i64) {
    (
        blob(room.uuid()),
        int(key.seq),
        blob(key.id.uuid()),
        int(key.rev),
        int(key.place),
    )
}
