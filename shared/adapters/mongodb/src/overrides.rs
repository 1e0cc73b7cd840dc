//! What rooms have of their own.

use async_trait::async_trait;
use domain::{PolicyId, Result, RoomId, TenantId, archive::RoomOverride, ports::Overrides};
use mongodb::bson::{Document, doc};

use crate::{
    MongoStore,
    apply::ROUNDS,
    db::Db,
    failure::Failure,
    records::OverrideRecord,
    values::{id, limit, uuid},
};

impl Db {
    async fn put_override(&self, own: &OverrideRecord) -> Result<(), Failure> {
        let room = doc! {"_id": own.room};
        for _ in 0..ROUNDS {
            let put = || self.overrides.replace_one(room.clone(), own).upsert(true);
            match self.repeat(put).await {
                // Somebody else was the first; what they wrote is there to be replaced now.
                Err(failure) if failure.is_duplicate() => {}
                put => return put.map(drop),
            }
        }
        Err(Failure::Contended)
    }

    async fn list_overrides(
        &self,
        mut filter: Document,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<OverrideRecord>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        if let Some(after) = after {
            filter.insert("_id", doc! {"$gt": id(after.uuid())});
        }
        let query = self.overrides.find(filter).sort(doc! {"_id": 1});
        self.all(query.limit(limit(count))).await
    }
}

#[async_trait]
impl Overrides for MongoStore {
    async fn set_override(&self, own: RoomOverride) -> Result<()> {
        let put = self.db.put_override(&(&own).into()).await;
        put.map_err(Failure::of_write)
    }

    async fn lift_override(&self, room: RoomId) -> Result<bool> {
        let room = doc! {"_id": id(room.uuid())};
        let lifted = self.db.call(self.db.overrides.delete_one(room)).await;
        Ok(lifted.map_err(Failure::of_write)?.deleted_count == 1)
    }

    async fn room_override(&self, room: RoomId) -> Result<Option<RoomOverride>> {
        let own = self.db.overrides.find_one(doc! {"_id": id(room.uuid())});
        let own = self.db.call(own).await?;
        own.map(RoomOverride::try_from).transpose()
    }

    async fn overrides(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<RoomOverride>> {
        let of_tenant = doc! {"tenant": tenant.as_str()};
        let own = self.db.list_overrides(of_tenant, after, count).await?;
        own.into_iter().map(RoomOverride::try_from).collect()
    }

    async fn pinned_rooms(
        &self,
        policy: PolicyId,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<RoomId>> {
        let pinned = doc! {"policy_id": id(policy.uuid())};
        let own = self.db.list_overrides(pinned, after, count).await?;
        let room = |own: OverrideRecord| RoomId::from_uuid(uuid(own.room));
        Ok(own.into_iter().map(room).collect())
    }
}
