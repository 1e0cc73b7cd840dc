//! The inbox: derived from the log, and beside it what is kept.

use async_trait::async_trait;
use domain::{
    Message, Notification, Result, RoomId, Seq, Timestamp, UserId, notification::Position,
    ports::Inbox,
};

use crate::{
    SqliteStore,
    columns::{blob, int, limit},
    messages::{self, COLUMNS, COPY},
    notifications,
    writer::Lane,
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

    async fn keep_notification(&self, notification: Notification) -> Result<bool> {
        self.write(Lane::Background, move |conn| {
            notifications::keep(conn, &notification)
        })
        .await
    }

    async fn kept_notifications(
        &self,
        user: UserId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Notification>> {
        self.read(move |conn| notifications::waiting(conn, user, after, limit))
            .await
    }

    async fn settle_notifications(&self, user: UserId, room: RoomId, through: Seq) -> Result<bool> {
        self.write(Lane::Background, move |conn| {
            notifications::settle(conn, user, room, through)
        })
        .await
    }

    async fn forget_notifications(&self, before: Timestamp, limit: usize) -> Result<u64> {
        self.write(Lane::Background, move |conn| {
            notifications::forget(conn, before, limit)
        })
        .await
    }
}
