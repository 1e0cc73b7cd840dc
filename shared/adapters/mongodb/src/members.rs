//! Members: read here, and changed as member rows of the log are applied.

use async_trait::async_trait;
use domain::{Mark, Member, Result, RoomId, Rule, Seq, UserId, ports::Members};
use mongodb::bson::{Document, Uuid, doc};
use serde::Deserialize;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{RuleRecord, StateRecord},
    values::{id, id_in, int, limit, uuid},
};

/// One user of a group.
#[derive(Debug, Deserialize)]
struct Active {
    #[serde(rename = "_id")]
    user: Uuid,
}

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

    /// Active memberships of a user, by room, but for those of deleted rooms.
    async fn list_memberships(
        &self,
        user: Uuid,
        mut after: Option<Uuid>,
        count: usize,
    ) -> Result<Vec<Member>, Failure> {
        let mut listed = Vec::new();
        loop {
            let filter = doc! {"user_id": user};
            let page = self.list_members(filter, ("room_id", after), count).await?;
            let rooms: Vec<_> = page.iter().map(|member| id(member.room.uuid())).collect();
            after = rooms.last().copied();
            let deleted = self.deleted_of(&rooms).await?;
            let there = |member: &Member| !deleted.contains(&id(member.room.uuid()));
            listed.extend(page.into_iter().filter(there));
            if rooms.len() < count || listed.len() >= count {
                listed.truncate(count);
                return Ok(listed);
            }
        }
    }

    async fn count_memberships(&self, user: Uuid) -> Result<u64, Failure> {
        let filter = doc! {"user_id": user, "state": StateRecord::ACTIVE};
        let members = self.members.clone_with_type::<Document>();
        let found = members.find(filter);
        let members = self.all(found.projection(doc! {"room_id": 1})).await?;
        let rooms = members.iter().filter_map(|one| id_in(one, "room_id"));
        let rooms: Vec<_> = rooms.collect();
        let deleted = self.deleted_of(&rooms).await?;
        Ok((rooms.len() - deleted.len()) as u64)
    }

    async fn is_deleted(&self, room: Uuid) -> Result<bool, Failure> {
        Ok(!self.deleted_of(&[room]).await?.is_empty())
    }

    /// Those of `users` who are active in one of `rooms`.
    async fn active_among(
        &self,
        rooms: Vec<Uuid>,
        users: Vec<Uuid>,
    ) -> Result<Vec<UserId>, Failure> {
        let found = doc! {
            "state": StateRecord::ACTIVE,
            "room_id": {"$in": rooms},
            "user_id": {"$in": users},
        };
        let pipeline = [doc! {"$match": found}, doc! {"$group": {"_id": "$user_id"}}];
        let query = self.members.aggregate(pipeline).with_type::<Active>();
        let active = self.all(query).await?;
        let user = |active: Active| UserId::from_uuid(uuid(active.user));
        Ok(active.into_iter().map(user).collect())
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
        Mark::Hidden => "hidden",
    }
}

#[async_trait]
impl Members for MongoStore {
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>> {
        let filter = doc! {"room_id": id(room.uuid()), "user_id": id(user.uuid())};
        let member = self.db.call(self.db.members.find_one(filter)).await?;
        if member.is_none() || self.db.is_deleted(id(room.uuid())).await? {
            return Ok(None);
        }
        Ok(member.map(Member::from))
    }

    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let filter = doc! {"room_id": id(room.uuid())};
        if self.db.is_deleted(id(room.uuid())).await? {
            return Ok(Vec::new());
        }
        let after = after.map(|user| id(user.uuid()));
        Ok(self
            .db
            .list_members(filter, ("user_id", after), limit)
            .await?)
    }

    async fn count_members(&self, room: RoomId) -> Result<u64> {
        let room = id(room.uuid());
        if self.db.is_deleted(room).await? {
            return Ok(0);
        }
        Ok(self.db.count_active(doc! {"room_id": room}).await?)
    }

    async fn memberships(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let (user, after) = (id(user.uuid()), after.map(|room| id(room.uuid())));
        Ok(self.db.list_memberships(user, after, limit).await?)
    }

    async fn count_memberships(&self, user: UserId) -> Result<u64> {
        Ok(self.db.count_memberships(id(user.uuid())).await?)
    }

    async fn sharing_rooms(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        let user = id(user.uuid());
        let mine = self.db.list_memberships(user, None, usize::MAX);
        let rooms: Vec<_> = mine.await?.iter().map(|m| id(m.room.uuid())).collect();
        let others: Vec<_> = others.iter().map(|other| id(other.uuid())).collect();
        Ok(self.db.active_among(rooms, others).await?)
    }

    async fn raise_mark(&self, room: RoomId, user: UserId, mark: Mark, seq: Seq) -> Result<()> {
        let member = doc! {"room_id": id(room.uuid()), "user_id": id(user.uuid())};
        let raise = doc! {"$max": {field(mark): int(seq)}};
        let raised = self.db.call(self.db.members.update_one(member, raise));
        raised.await.map_err(Failure::of_write)?;
        Ok(())
    }

    async fn set_rule(&self, room: RoomId, user: UserId, rule: Rule) -> Result<()> {
        let member = doc! {"room_id": id(room.uuid()), "user_id": id(user.uuid())};
        let set = doc! {"$set": {"rule": RuleRecord::from(rule).document()}};
        let set = self.db.call(self.db.members.update_one(member, set));
        set.await.map_err(Failure::of_write)?;
        Ok(())
    }
}
