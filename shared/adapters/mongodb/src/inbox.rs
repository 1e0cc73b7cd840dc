//! The inbox, derived from the log.

use async_trait::async_trait;
use domain::{Message, Result, RoomId, Seq, UserId, ports::Inbox};
use mongodb::bson::doc;

use crate::{
    MongoStore,
    history::others,
    values::{id, limit},
};

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
}
