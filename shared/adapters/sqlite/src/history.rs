//! The messages of a room, hot and archived alike.

use async_trait::async_trait;
use domain::{
    ClientId, Cursor, Message, MessageId, Order, Original, Page, Reaction, Result, RoomId, Seq,
    Split, UserId, ports::History,
};
use rusqlite::{Connection, OptionalExtension};

use crate::{
    SqliteStore,
    columns::{blob, int, limit, uint, uuid},
    log,
    messages::{self, COLUMNS, COPY},
    reactions,
};

fn page(conn: &Connection, room: RoomId, split: &Split) -> rusqlite::Result<Page> {
    let (mut messages, more_before) = run(conn, room, split.at, Older(split.older))?;
    messages.reverse();
    let (newer, more_after) = run(conn, room, split.at, Newer(split.newer))?;
    messages.extend(newer);
    Ok(Page {
        messages,
        head: log::head(conn, room)?.seq,
        more_before,
        more_after,
    })
}

/// A direction, and how many messages at most.
enum Direction {
    Older(usize),
    Newer(usize),
}

use Direction::{Newer, Older};

/// The messages that lie next to `at` in one direction, nearest first, and whether there are more.
fn run(
    conn: &Connection,
    room: RoomId,
    at: Seq,
    direction: Direction,
) -> rusqlite::Result<(Vec<Message>, bool)> {
    let (condition, order, size) = match direction {
        Older(size) => ("<=", "DESC", size),
        Newer(size) => (">", "ASC", size),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m INDEXED BY messages_said {COPY}
        WHERE m.room = ?1 AND m.kind = 'message' AND m.seq {condition} ?2
        ORDER BY m.seq {order} LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let params = (blob(room.uuid()), int(at), limit(size.saturating_add(1)));
    let messages = statement.query_map(params, |row| messages::read(row, 0))?;
    let mut messages: Vec<_> = messages.collect::<rusqlite::Result<_>>()?;
    let more = messages.len() > size;
    messages.truncate(size);
    Ok((messages, more))
}

#[async_trait]
impl History for SqliteStore {
    async fn page(&self, room: RoomId, cursor: Cursor, limit: usize) -> Result<Page> {
        let split = cursor.split(limit);
        self.read(move |conn| Ok(page(conn, room, &split)?)).await
    }

    async fn message(&self, room: RoomId, id: MessageId) -> Result<Option<Message>> {
        self.read(move |conn| Ok(messages::by_id(conn, room, id)?))
            .await
    }

    async fn reactions(
        &self,
        room: RoomId,
        viewer: UserId,
        messages: &[MessageId],
        users: usize,
    ) -> Result<Vec<Reaction>> {
        let messages = messages.to_vec();
        self.read(move |conn| {
            let mut found = Vec::new();
            for message in messages {
                found.extend(reactions::of(conn, (room, message), viewer, users)?);
            }
            Ok(found)
        })
        .await
    }

    async fn count_messages(&self, room: RoomId, after: Seq) -> Result<u64> {
        self.read(move |conn| {
            let sql = "SELECT count(*) FROM messages INDEXED BY messages_said
                WHERE room = ?1 AND kind = 'message' AND seq > ?2";
            let params = (blob(room.uuid()), int(after));
            let mut statement = conn.prepare_cached(sql)?;
            Ok(statement.query_row(params, |row| uint(row, 0))?)
        })
        .await
    }

    async fn nth_message(
        &self,
        room: RoomId,
        after: Seq,
        order: Order,
        skip: u64,
    ) -> Result<Option<Seq>> {
        let order = match order {
            Order::Rising => "ASC",
            Order::Falling => "DESC",
        };
        self.read(move |conn| {
            let sql = format!(
                "SELECT seq FROM messages INDEXED BY messages_said
                WHERE room = ?1 AND kind = 'message' AND seq > ?2
                ORDER BY seq {order} LIMIT 1 OFFSET ?3"
            );
            let params = (blob(room.uuid()), int(after), int(skip));
            let mut statement = conn.prepare_cached(&sql)?;
            Ok(statement.query_row(params, |row| uint(row, 0)).optional()?)
        })
        .await
    }

    async fn unread(&self, room: RoomId, user: UserId, after: Seq, cap: u64) -> Result<u64> {
        self.read(move |conn| {
            let sql = "SELECT count(*) FROM (
                SELECT 1 FROM messages INDEXED BY messages_said
                WHERE room = ?1 AND kind = 'message' AND seq > ?2
                    AND sender <> ?3 AND gone IS NULL
                LIMIT ?4)";
            let params = (blob(room.uuid()), int(after), blob(user.uuid()), int(cap));
            let mut statement = conn.prepare_cached(sql)?;
            Ok(statement.query_row(params, |row| uint(row, 0))?)
        })
        .await
    }

    async fn original(
        &self,
        room: RoomId,
        sender: UserId,
        client_id: ClientId,
    ) -> Result<Option<Original>> {
        self.read(move |conn| Ok(log::original(conn, room, (sender, client_id))?))
            .await
    }

    async fn room_of(&self, message: MessageId) -> Result<Option<RoomId>> {
        self.read(move |conn| {
            let sql = "SELECT room FROM messages WHERE id = ?1 AND kind = 'message'";
            let mut statement = conn.prepare_cached(sql)?;
            let room = statement.query_row([blob(message.uuid())], |row| uuid(row, 0));
            Ok(room.optional()?.map(RoomId::from_uuid))
        })
        .await
    }
}
