//! Which messages refer to which files.

use async_trait::async_trait;
use domain::{FileId, FileLink, MessageId, Result, RoomId, Timestamp, UserId, ports::FileLinks};
use rusqlite::{Connection, Row};

use crate::{
    SqliteStore,
    columns::{blob, limit, millis, uuid},
    writer::Lane,
};

#[async_trait]
impl FileLinks for SqliteStore {
    async fn link_file(&self, link: FileLink, check_at: Timestamp) -> Result<bool> {
        self.write(Lane::Command, move |conn| Ok(insert(conn, link, check_at)?))
            .await
    }

    async fn unlink_message(&self, message: MessageId, except: Option<FileId>) -> Result<()> {
        let now = self.now();
        self.write(Lane::Background, move |conn| {
            Ok(remove(conn, message, except, now)?)
        })
        .await
    }

    async fn links_for(&self, file: FileId, user: UserId, count: usize) -> Result<Vec<FileLink>> {
        self.read(move |conn| {
            let sql = "SELECT l.file, l.room, l.message FROM file_links l
                JOIN members m ON m.room = l.room AND m.user = ?2 AND m.state = 'active'
                JOIN rooms r ON r.id = l.room AND r.deleted_at IS NULL
                WHERE l.file = ?1 ORDER BY l.message DESC LIMIT ?3";
            let params = (blob(file.uuid()), blob(user.uuid()), limit(count));
            let mut statement = conn.prepare_cached(sql)?;
            let links = statement.query_map(params, read)?;
            Ok(links.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn links_due(&self, now: Timestamp, count: usize) -> Result<Vec<FileLink>> {
        self.read(move |conn| {
            let sql = "SELECT file, room, message FROM file_links
                WHERE check_at <= ?1 ORDER BY check_at LIMIT ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let links = statement.query_map((millis(now), limit(count)), read)?;
            Ok(links.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn check_link(&self, link: FileLink, check_at: Timestamp) -> Result<()> {
        self.write(Lane::Background, move |conn| {
            let sql = "UPDATE file_links SET check_at = ?3 WHERE file = ?1 AND message = ?2";
            let params = (
                blob(link.file.uuid()),
                blob(link.message.uuid()),
                millis(check_at),
            );
            conn.prepare_cached(sql)?.execute(params)?;
            Ok(())
        })
        .await
    }
}

/// Links a file if it is ready; says whether it is.
fn insert(conn: &Connection, link: FileLink, check_at: Timestamp) -> rusqlite::Result<bool> {
    let file = blob(link.file.uuid());
    let sql = "UPDATE files SET loose_since = NULL WHERE id = ?1 AND state = 'ready'";
    if conn.prepare_cached(sql)?.execute([file])? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO file_links (file, message, room, check_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (file, message) DO NOTHING";
    let (message, room) = (blob(link.message.uuid()), blob(link.room.uuid()));
    let params = (file, message, room, millis(check_at));
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(true)
}

/// Unlinks what a message refers to, and lets loose what nothing refers to any more.
fn remove(
    conn: &Connection,
    message: MessageId,
    except: Option<FileId>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM file_links WHERE message = ?1 AND file IS NOT ?2 RETURNING file";
    let params = (blob(message.uuid()), except.map(|file| blob(file.uuid())));
    let files: Vec<[u8; 16]> = conn
        .prepare_cached(sql)?
        .query_map(params, |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let sql = "UPDATE files SET loose_since = ?2 WHERE id = ?1 AND loose_since IS NULL
        AND NOT EXISTS (SELECT 1 FROM file_links WHERE file = ?1)";
    for file in files {
        conn.prepare_cached(sql)?.execute((file, millis(now)))?;
    }
    Ok(())
}

/// Reads a link: its file, room and message.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<FileLink> {
    Ok(FileLink {
        file: FileId::from_uuid(uuid(row, 0)?),
        room: RoomId::from_uuid(uuid(row, 1)?),
        message: MessageId::from_uuid(uuid(row, 2)?),
    })
}
