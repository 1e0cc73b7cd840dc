//! The inbox, derived from the log.

use async_trait::async_trait;
use domain::{Message, Result, RoomId, Seq, UserId, ports::Inbox};

use crate::{
    SqliteStore,
    columns::{blob, int, limit},
    messages::{self, COLUMNS, COPY},
};

#[async_trait]
impl Inbox for SqliteStore {
    async fn news(
        &self,
        room: RoomId,
        user: UserId,
        after: Seq,
        count: usize,
    ) -> Result<Vec<Message>> {
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM messages m INDEXED BY messages_said {COPY}
                WHERE m.room = ?1 AND m.kind = 'message' AND m.seq > ?2
                    AND m.sender <> ?3 AND m.gone IS NULL
                ORDER BY m.seq LIMIT ?4"
            );
            let params = (
                blob(room.uuid()),
                int(after),
                blob(user.uuid()),
                limit(count),
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let news = statement.query_map(params, |row| messages::read(row, 0))?;
            Ok(news.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}
