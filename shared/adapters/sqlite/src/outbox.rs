//! Marks: rows that were stored and not published yet.

use async_trait::async_trait;
use domain::{Envelope, Result, RoomId, RowId, TenantId, Timestamp, ports::Outbox};
use rusqlite::Row;

use crate::{
    SqliteStore,
    columns::{blob, limit, millis, time, uint, uuid},
    writer::Lane,
};

/// How many marks one job clears: what fits into a slice of the background lane.
const CHUNK: usize = 500;

fn read(row: &Row<'_>) -> rusqlite::Result<Envelope> {
    Ok(Envelope::row(
        TenantId::new(row.get::<_, String>(0)?),
        RoomId::from_uuid(uuid(row, 1)?),
        RowId::from_uuid(uuid(row, 2)?),
        uint(row, 3)?,
        time(row, 4)?,
    ))
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn marked(&self, before: Timestamp, count: usize) -> Result<Vec<Envelope>> {
        self.read(move |conn| {
            let sql = "SELECT r.tenant, m.room, m.id, m.seq, m.created_at
                FROM messages m INDEXED BY messages_marked CROSS JOIN rooms r ON r.id = m.room
                WHERE m.mark < ?1 ORDER BY m.mark, m.room, m.seq LIMIT ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let marked = statement.query_map((millis(before), limit(count)), read)?;
            Ok(marked.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn clear_marks(&self, rows: &[RowId]) -> Result<()> {
        for chunk in rows.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            self.write(Lane::Background, move |conn| {
                let sql = "UPDATE messages SET mark = NULL WHERE id = ?1 AND mark IS NOT NULL";
                let mut statement = conn.prepare_cached(sql)?;
                for row in chunk {
                    statement.execute([blob(row.uuid())])?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}
