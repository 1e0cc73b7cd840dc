//! The log of each room. In SQLite, appending a row, applying it and marking it for the outbox
//! are one transaction, so nothing is ever half applied.

mod append;
mod old;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Appended, Head, NewRow, Result, RoomId, Row, Seq, Timestamp,
    notification::Position,
    ports::{Clock, Dropped, Log},
    to_millis,
};

use crate::{SqliteStore, writer::Lane};

pub(crate) use rows::{ArchiveRecord, head, original};

/// How many rows one job drops: what fits into a slice of the background lane.
const SLICE: usize = 100;

#[async_trait]
impl Log for SqliteStore {
    async fn append(&self, room: RoomId, rows: Vec<NewRow>) -> Result<Vec<Appended>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock);
        self.write(Lane::Command, move |conn| {
            append::append(conn, room, &rows, to_millis(clock.now()))
        })
        .await
    }

    async fn heads(&self, rooms: &[RoomId]) -> Result<Vec<Head>> {
        let rooms = rooms.to_vec();
        self.read(move |conn| {
            let heads = rooms.into_iter().map(|room| head(conn, room));
            Ok(heads.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn since(&self, at: Timestamp, after: Option<RoomId>, limit: usize) -> Result<Vec<Head>> {
        self.read(move |conn| Ok(rows::since(conn, at, after, limit)?))
            .await
    }

    async fn rows(&self, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Row>> {
        self.read(move |conn| Ok(rows::after(conn, room, after, limit)?))
            .await
    }

    async fn drop_changes(
        &self,
        before: Timestamp,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Dropped> {
        let old = self.read(move |conn| Ok(old::changes(conn, before, after, limit)?));
        let old = old.await?;
        let mut dropped = Dropped {
            rows: 0,
            next: old
                .last()
                .filter(|_| old.len() == limit)
                .map(|o| o.position),
        };
        let going = old.iter().filter(|change| change.may_go);
        let going: Vec<Position> = going.map(|change| change.position).collect();
        for slice in going.chunks(SLICE) {
            let slice = slice.to_vec();
            let remove = move |conn: &_| Ok(old::remove(conn, &slice)?);
            dropped.rows += self.write(Lane::Background, remove).await?;
        }
        Ok(dropped)
    }
}
