//! The inbox: derived from the log, and beside it what is kept.

use async_trait::async_trait;
use domain::{
    Message, Notification, Result, RoomId, Seq, Timestamp, UserId, notification::Position,
    ports::Inbox,
};
use mongodb::bson::doc;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    history::others,
    records::NotificationRecord,
    values::{beyond, date, id, int, limit},
};

impl Db {
    /// Keeps a notification unless its id is known; says whether it was new.
    async fn keep(&self, record: &NotificationRecord) -> Result<bool> {
        match self.call(self.notifications.insert_one(record)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure.of_write()),
        }
    }
}

#[async_trait]
impl Inbox for MongoStore {
    async fn news(
        &self,
        room: RoomId,
        user: UserId,
        after: Seq,
        count: usize,
    ) -> Result<Vec<Message>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        self.db.apply_stored(&[id(room.uuid())]).await?;
        let query = self.db.rows.find(others(room, user, after));
        let query = query.sort(doc! {"seq": 1}).limit(limit(count));
        let keys = self.db.all(query).await?;
        let mut news = self.db.follow(keys).await?;
        // What went between key and copy is read anew, and may be a tombstone by then.
        news.retain(|message| message.content().is_some());
        Ok(news)
    }

    async fn keep_notification(&self, notification: Notification) -> Result<bool> {
        match NotificationRecord::new(&notification) {
            Some(record) => self.db.keep(&record).await,
            None => Ok(false),
        }
    }

    async fn kept_notifications(
        &self,
        user: UserId,
        after: Option<Position>,
        count: usize,
    ) -> Result<Vec<Notification>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let beyond = |after| beyond("at", after);
        let mut filter = after.map(beyond).unwrap_or_default();
        filter.insert("receiver_id", id(user.uuid()));
        filter.insert("waiting", true);
        let query = self.db.notifications.find(filter);
        let query = query.sort(doc! {"at": 1, "room_id": 1, "seq": 1});
        let kept = self.db.all(query.limit(limit(count))).await?;
        Ok(kept.into_iter().map(Notification::from).collect())
    }

    async fn settle_notifications(&self, user: UserId, room: RoomId, through: Seq) -> Result<bool> {
        let waiting = doc! {
            "receiver_id": id(user.uuid()),
            "room_id": id(room.uuid()),
            "seq": {"$lte": int(through)},
            "waiting": true,
        };
        let settle = doc! {"$unset": {"waiting": ""}};
        let settled = self
            .db
            .call(self.db.notifications.update_many(waiting, settle));
        let settled = settled.await.map_err(Failure::of_write)?;
        Ok(settled.matched_count > 0)
    }

    async fn forget_notifications(&self, before: Timestamp, count: usize) -> Result<u64> {
        if count == 0 {
            return Ok(0);
        }
        let old = self
            .db
            .notifications
            .find(doc! {"at": {"$lt": date(before)}});
        let old = self
            .db
            .all(old.sort(doc! {"at": 1}).limit(limit(count)))
            .await?;
        let ids: Vec<_> = old.iter().map(|record| record.id).collect();
        let forget = self
            .db
            .notifications
            .delete_many(doc! {"_id": {"$in": ids}});
        let forgotten = self.db.call(forget).await.map_err(Failure::of_write)?;
        Ok(forgotten.deleted_count)
    }
}
