//! What is known of files.

use async_trait::async_trait;
use domain::{
    File, FileId, FileName, FileState, MediaType, NewFile, Received, Result, TenantId, Timestamp,
    UserId, ports::Files,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::Type};

use crate::{
    SqliteStore,
    columns::{blob, int, limit, millis, time, uint, unreadable, uuid},
    error::of_upload,
    writer::Lane,
};

pub(crate) const COLUMNS: &str =
    "id, tenant, owner, name, media_type, bytes, sha256, created_at, state";

#[async_trait]
impl Files for SqliteStore {
    async fn begin_file(&self, file: NewFile) -> Result<()> {
        let at = self.now();
        let begun = self.write(Lane::Command, move |conn| Ok(insert(conn, &file, at)?));
        begun.await.map_err(of_upload)
    }

    async fn finish_file(&self, id: FileId, received: Received) -> Result<Option<File>> {
        let finished = self.write(Lane::Command, move |conn| {
            let sql = "UPDATE files SET state = 'ready', bytes = ?2, sha256 = ?3
                WHERE id = ?1 AND state = 'uploading'";
            let params = (blob(id.uuid()), int(received.bytes), received.sha256);
            conn.prepare_cached(sql)?.execute(params)?;
            Ok(by_id(conn, id)?.filter(File::is_ready))
        });
        finished.await.map_err(of_upload)
    }

    async fn file(&self, id: FileId) -> Result<Option<File>> {
        self.read(move |conn| Ok(by_id(conn, id)?)).await
    }

    async fn loose_files(&self, before: Timestamp, count: usize) -> Result<Vec<FileId>> {
        self.read(move |conn| {
            let sql = "SELECT id FROM files WHERE loose_since < ?1 ORDER BY loose_since LIMIT ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let loose = statement.query_map((millis(before), limit(count)), |row| {
                uuid(row, 0).map(FileId::from_uuid)
            })?;
            Ok(loose.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn condemn_file(&self, id: FileId, before: Timestamp) -> Result<bool> {
        self.write(Lane::Background, move |conn| {
            let sql = "UPDATE files SET state = 'removing' WHERE id = ?1 AND loose_since < ?2";
            let params = (blob(id.uuid()), millis(before));
            Ok(conn.prepare_cached(sql)?.execute(params)? == 1)
        })
        .await
    }

    async fn forget_file(&self, id: FileId) -> Result<()> {
        self.write(Lane::Background, move |conn| {
            conn.prepare_cached("DELETE FROM files WHERE id = ?1 AND state = 'removing'")?
                .execute([blob(id.uuid())])?;
            Ok(())
        })
        .await
    }
}

fn insert(conn: &Connection, new: &NewFile, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO files
        (id, tenant, owner, name, media_type, state, created_at, loose_since)
        VALUES (:id, :tenant, :owner, :name, :media_type, 'uploading', :at, :at)
        ON CONFLICT (id) DO NOTHING";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(new.id.uuid()),
        ":tenant": new.tenant.as_str(),
        ":owner": blob(new.owner.uuid()),
        ":name": new.name.as_str(),
        ":media_type": new.media_type.as_str(),
        ":at": millis(at),
    })?;
    Ok(())
}

fn by_id(conn: &Connection, id: FileId) -> rusqlite::Result<Option<File>> {
    let sql = format!("SELECT {COLUMNS} FROM files WHERE id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([blob(id.uuid())], read)
        .optional()
}

/// Reads the columns of a file.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<File> {
    Ok(File {
        id: FileId::from_uuid(uuid(row, 0)?),
        tenant: TenantId::new(row.get::<_, String>(1)?),
        owner: UserId::from_uuid(uuid(row, 2)?),
        name: FileName::stored(row.get(3)?),
        media_type: MediaType::stored(row.get(4)?),
        bytes: uint(row, 5)?,
        sha256: row.get(6)?,
        created_at: time(row, 7)?,
        state: state(row, 8)?,
    })
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<FileState> {
    match row.get_ref(column)?.as_str()? {
        "uploading" => Ok(FileState::Uploading),
        "ready" => Ok(FileState::Ready),
        "removing" => Ok(FileState::Removing),
        other => {
            let error = std::io::Error::other(format!("no state of a file: {other}"));
            Err(unreadable(column, Type::Text, error))
        }
    }
}
