//! Token families: one document each, changed by compare-and-set on its generation.

use async_trait::async_trait;
use domain::{Family, FamilyId, Result, Timestamp, UserId, ports::Families};
use mongodb::bson::{Bson, Document, Uuid, doc};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::FamilyRecord,
    values::{date, id, id_in, int, limit, uuid},
};

impl Db {
    /// Ends families that have not ended.
    async fn end(&self, families: &[Uuid], at: Timestamp) -> Result<(), Failure> {
        let alive = doc! {"_id": {"$in": families}, "ended_at": {"$exists": false}};
        let end = doc! {"$set": {"ended_at": date(at)}};
        let ended = || self.families.update_many(alive.clone(), end.clone());
        self.repeat(ended).await?;
        Ok(())
    }

    /// Ends all of a user but one: those that are listed, which are all that were begun before.
    async fn end_all(
        &self,
        user: Uuid,
        but: Option<Uuid>,
        at: Timestamp,
    ) -> Result<Vec<Uuid>, Failure> {
        let mut alive = doc! {"user_id": user, "ended_at": {"$exists": false}};
        if let Some(but) = but {
            alive.insert("_id", doc! {"$ne": but});
        }
        let families = self.families.clone_with_type::<Document>();
        let found = families.find(alive).projection(doc! {"_id": 1});
        let found = self.all(found).await?;
        let ids: Vec<_> = found.iter().filter_map(|one| id_in(one, "_id")).collect();
        self.end(&ids, at).await?;
        Ok(ids)
    }
}

fn family_id(stored: Uuid) -> FamilyId {
    FamilyId::from_uuid(uuid(stored))
}

/// What a renewal changes.
fn renewal(next: &Family) -> Document {
    doc! {"$set": {
        "generation": int(next.generation),
        "previous": next.previous.map_or(Bson::Null, |previous| int(previous).into()),
        "last_used_at": date(next.last_used_at),
        "expires_at": date(next.expires_at),
    }}
}

#[async_trait]
impl Families for MongoStore {
    async fn begin_family(&self, family: Family) -> Result<()> {
        let record = FamilyRecord::from(&family);
        let begun = self.db.repeat(|| self.db.families.insert_one(&record));
        match begun.await {
            Err(failure) if !failure.is_duplicate() => Err(failure.of_write()),
            _ => Ok(()),
        }
    }

    async fn family(&self, family: FamilyId) -> Result<Option<Family>> {
        let found = self.db.families.find_one(doc! {"_id": id(family.uuid())});
        let found = self.db.call(found).await?;
        found.map(Family::try_from).transpose()
    }

    async fn unended_families(&self, ids: &[FamilyId]) -> Result<Vec<FamilyId>> {
        let ids: Vec<_> = ids.iter().map(|family| id(family.uuid())).collect();
        let unended = doc! {"_id": {"$in": ids}, "ended_at": {"$exists": false}};
        let families = self.db.families.clone_with_type::<Document>();
        let found = families.find(unended).projection(doc! {"_id": 1});
        let found = self.db.all(found).await?;
        let ids = found.iter().filter_map(|one| id_in(one, "_id"));
        Ok(ids.map(family_id).collect())
    }

    async fn families_of(&self, user: UserId, now: Timestamp, count: usize) -> Result<Vec<Family>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let alive = doc! {
            "user_id": id(user.uuid()),
            "ended_at": {"$exists": false},
            "expires_at": {"$gt": date(now)},
        };
        let query = self.db.families.find(alive).limit(limit(count));
        let found = query.sort(doc! {"last_used_at": -1, "_id": -1});
        let found = self.db.all(found).await?;
        found.into_iter().map(Family::try_from).collect()
    }

    async fn renew_family(&self, was: u64, next: Family) -> Result<bool> {
        let same = doc! {
            "_id": id(next.id.uuid()),
            "generation": int(was),
            "ended_at": {"$exists": false},
        };
        let renew = self.db.families.update_one(same, renewal(&next));
        let renewed = self.db.call(renew).await.map_err(Failure::of_write)?;
        Ok(renewed.matched_count == 1)
    }

    async fn end_family(&self, family: FamilyId, at: Timestamp) -> Result<()> {
        let ended = self.db.end(&[id(family.uuid())], at).await;
        ended.map_err(Failure::of_write)
    }

    async fn end_families(
        &self,
        user: UserId,
        but: Option<FamilyId>,
        at: Timestamp,
    ) -> Result<Vec<FamilyId>> {
        let but = but.map(|family| id(family.uuid()));
        let ended = self.db.end_all(id(user.uuid()), but, at).await;
        let ended = ended.map_err(Failure::of_write)?;
        Ok(ended.into_iter().map(family_id).collect())
    }

    async fn forget_families(&self, at: Timestamp) -> Result<u64> {
        let (expired, ended) = (doc! {"$lt": date(at)}, doc! {"$lt": date(at)});
        let over = doc! {"$or": [{"expires_at": expired}, {"ended_at": ended}]};
        let forgotten = self.db.call(self.db.families.delete_many(over)).await;
        Ok(forgotten.map_err(Failure::of_write)?.deleted_count)
    }
}
