//! The messages of a room, hot and archived alike.

use async_trait::async_trait;
use domain::{
    ClientId, Cursor, Message, MessageId, Order, Original, Page, Reaction, Result, RoomId, Seq,
    Split, UserId, ports::History,
};
use mongodb::bson::{Bson, Document, Uuid, doc};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{KindRecord, RowRecord},
    values::{id, int, limit, uint, uuid},
};

impl Db {
    /// A page up to the head that is read first. What is stored meanwhile is left to whoever goes
    /// on from that head, and all changes up to it are applied before bodies are read.
    async fn page(&self, room: RoomId, split: &Split) -> Result<Page, Failure> {
        let head = self.head(room).await?.seq;
        let room = id(room.uuid());
        self.apply_stored(&[room]).await?;
        let at = int(split.at.min(head));
        let older = doc! {"$lte": at};
        let (mut keys, more_before) = self.run(room, older, -1, split.older).await?;
        keys.reverse();
        let newer = doc! {"$gt": at, "$lte": int(head)};
        let (later, more_after) = self.run(room, newer, 1, split.newer).await?;
        keys.extend(later);
        Ok(Page {
            messages: self.follow(keys).await?,
            head,
            more_before,
            more_after,
        })
    }

    /// The keys of messages in one direction, nearest first, and whether there are more.
    async fn run(
        &self,
        room: Uuid,
        seqs: Document,
        direction: i32,
        size: usize,
    ) -> Result<(Vec<RowRecord>, bool), Failure> {
        let filter = doc! {"room_id": room, "kind": KindRecord::MESSAGE, "seq": seqs};
        let query = self.rows.find(filter).sort(doc! {"seq": direction});
        let mut keys = self.all(query.limit(limit(size.saturating_add(1)))).await?;
        let more = keys.len() > size;
        keys.truncate(size);
        Ok((keys, more))
    }
}

/// Messages after `after`.
fn said(room: RoomId, after: Seq) -> Document {
    doc! {
        "room_id": id(room.uuid()),
        "kind": KindRecord::MESSAGE,
        "seq": {"$gt": int(after)},
    }
}

/// Messages of others after `after` that still say something.
pub(crate) fn others(room: RoomId, user: UserId, after: Seq) -> Document {
    doc! {
        "room_id": id(room.uuid()),
        "kind": KindRecord::MESSAGE,
        "seq": {"$gt": int(after)},
        "sender_id": {"$ne": id(user.uuid())},
        "gone": Bson::Null,
    }
}

#[async_trait]
impl History for MongoStore {
    async fn page(&self, room: RoomId, cursor: Cursor, limit: usize) -> Result<Page> {
        Ok(self.db.page(room, &cursor.split(limit)).await?)
    }

    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>> {
        let of = id(room.uuid());
        self.db.apply_stored(&[of]).await?;
        Ok(self.db.message(of, message).await?)
    }

    async fn reactions(
        &self,
        room: RoomId,
        viewer: UserId,
        messages: &[MessageId],
        users: usize,
    ) -> Result<Vec<Reaction>> {
        let of = (id(room.uuid()), messages);
        Ok(self.db.reactions_to(of, viewer, users).await?)
    }

    async fn count_messages(&self, room: RoomId, after: Seq) -> Result<u64> {
        let counted = self.db.rows.count_documents(said(room, after));
        Ok(self.db.call(counted).await?)
    }

    async fn nth_message(
        &self,
        room: RoomId,
        after: Seq,
        order: Order,
        skip: u64,
    ) -> Result<Option<Seq>> {
        let direction = match order {
            Order::Rising => 1,
            Order::Falling => -1,
        };
        let query = self.db.rows.find_one(said(room, after));
        let query = query.sort(doc! {"seq": direction}).skip(skip);
        let found = self.db.call(query).await?;
        Ok(found.map(|row| uint(row.seq)))
    }

    async fn unread(&self, room: RoomId, user: UserId, after: Seq, cap: u64) -> Result<u64> {
        if cap == 0 {
            return Ok(0);
        }
        let counted = self.db.rows.count_documents(others(room, user, after));
        Ok(self.db.call(counted.limit(cap)).await?)
    }

    async fn original(
        &self,
        room: RoomId,
        sender: UserId,
        client_id: ClientId,
    ) -> Result<Option<Original>> {
        let keys = (vec![id(sender.uuid())], vec![id(client_id.uuid())]);
        let known = self.db.known(id(room.uuid()), keys).await?;
        Ok(known.into_iter().next())
    }

    async fn room_of(&self, message: MessageId) -> Result<Option<RoomId>> {
        let filter = doc! {"_id": id(message.uuid()), "kind": KindRecord::MESSAGE};
        let row = self.db.call(self.db.rows.find_one(filter)).await?;
        Ok(row.map(|row| RoomId::from_uuid(uuid(row.room_id))))
    }
}
