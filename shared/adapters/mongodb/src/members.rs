//! Members: read here, and changed as member rows of the log are applied.

use async_trait::async_trait;
use domain::{Mark, Member, Result, RoomId, Seq, UserId, ports::Members};
use mongodb::bson::{Document, Uuid, doc};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::StateRecord,
    values::{id, int, limit},
};

impl Db {
    /// Active members, in the order of the field `by`.
    async fn list_members(
        &self,
        mut filter: Document,
        (by, after): (&str, Option<Uuid>),
        count: usize,
    ) -> Result<Vec<Member>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        filter.insert("state", StateRecord::ACTIVE);
        if let Some(after) = after {
            filter.insert(by, doc! {"$gt": after});
        }
        let query = self.members.find(filter).sort(doc! {by: 1});
        let members = self.all(query.limit(limit(count))).await?;
        Ok(members.into_iter().map(Member::from).collect())
    }

    async fn count_active(&self, mut filter: Document) -> Result<u64, Failure> {
        filter.insert("state", StateRecord::ACTIVE);
        self.call(self.members.count_documents(filter)).await
    }
}

fn field(mark: Mark) -> &'static str {
    match mark {
        Mark::Read => "read",
        Mark::Received => "received",
        Mark::Notified => "notified",
    }
}

#[async_trait]
impl Members for MongoStore {
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>> {
        let filter = doc! {"room_id": id(room.uuid()), "user_id": id(user.uuid())};
        let member = self.db.call(self.db.members.find_one(filter)).await?;
        Ok(member.map(Member::from))
    }

    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let filter = doc! {"room_id": id(room.uuid())};
        let after = after.map(|user| id(user.uuid()));
        Ok(self
            .db
            .list_members(filter, ("user_id", after), limit)
            .await?)
    }

    async fn count_members(&self, room: RoomId) -> Result<u64> {
        Ok(self
            .db
            .count_active(doc! {"room_id": id(room.uuid())})
            .await?)
    }

    async fn memberships(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let filter = doc! {"user_id": id(user.uuid())};
        let after = after.map(|room| id(room.uuid()));
        Ok(self
            .db
            .list_members(filter, ("room_id", after), limit)
            .await?)
    }

    async fn count_memberships(&self, user: UserId) -> Result<u64> {
        Ok(self
            .db
            .count_active(doc! {"user_id": id(user.uuid())})
            .await?)
    }

    async fn raise_mark(&self, room: RoomId, user: UserId, mark: Mark, seq: Seq) -> Result<()> {
        let member = doc! {"room_id": id(room.uuid()), "user_id": id(user.uuid())};
        let raise = doc! {"$max": {field(mark): int(seq)}};
        let raised = self.db.call(self.db.members.update_one(member, raise));
        raised.await.map_err(Failure::of_write)?;
        Ok(())
    }
}
