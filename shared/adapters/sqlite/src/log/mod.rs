//! The log of each room. In SQLite, appending a row, applying it and marking it for the outbox
//! are one transaction, so nothing is ever half applied.

mod append;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Appended, Head, NewRow, Result, RoomId, Row, Seq,
    ports::{Clock, Log},
    to_millis,
};

use crate::{SqliteStore, writer::Lane};

pub(crate) use rows::head;

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

    async fn rows(&self, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Row>> {
        self.read(move |conn| Ok(rows::after(conn, room, after, limit)?))
            .await
    }
}
