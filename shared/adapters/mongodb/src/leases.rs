//! The leases, in store time, each one document.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Error, Result, Timestamp,
    ports::{Lease, Leases},
    to_millis,
};
use mongodb::bson::doc;
use uuid::Uuid;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::LeaseRecord,
    values::{date, id},
};

impl Db {
    /// Writes a lease down unless another holder has it; says whether it did.
    pub(crate) async fn take_lease(&self, lease: &Lease, now: Timestamp) -> Result<bool, Failure> {
        let record = LeaseRecord::from(lease);
        let free = [
            doc! {"holder": record.holder},
            doc! {"until": {"$lte": date(now)}},
        ];
        let free = doc! {"_id": &record.name, "$or": free.to_vec()};
        let take = doc! {"$set": {"holder": record.holder, "until": record.until}};
        let taken = || self.leases.update_one(free.clone(), take.clone());
        if self.repeat(taken).await?.matched_count == 1 {
            return Ok(true);
        }
        match self.call(self.leases.insert_one(record)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Gives a lease back, if it is this holder's.
    pub(crate) async fn give_lease_back(&self, name: &str, holder: Uuid) -> Result<(), Failure> {
        let own = doc! {"_id": name, "holder": id(holder)};
        self.repeat(|| self.leases.delete_one(own.clone())).await?;
        Ok(())
    }
}

#[async_trait]
impl Leases for MongoStore {
    async fn acquire_lease(
        &self,
        name: &str,
        holder: Uuid,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        let now = self.now();
        let until = now.checked_add(ttl).map_err(Error::internal)?;
        let lease = Lease {
            name: name.to_owned(),
            holder,
            until: to_millis(until),
        };
        let taken = self.db.take_lease(&lease, now).await;
        Ok(taken.map_err(Failure::of_write)?.then_some(lease))
    }

    async fn release_lease(&self, name: &str, holder: Uuid) -> Result<()> {
        let released = self.db.give_lease_back(name, holder).await;
        released.map_err(Failure::of_write)
    }
}
