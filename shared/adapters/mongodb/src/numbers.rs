//! Whole numbers for things. A unique index keeps two from having one.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{Error, Numbered, Numbering, Result, TenantId, ports::Numbers};
use mongodb::bson::{Uuid, doc};

use crate::{
    MongoStore,
    apply::ROUNDS,
    db::Db,
    failure::Failure,
    records::NumberRecord,
    values::{id, int, uint, uuid},
};

impl Db {
    async fn known_numbers(&self, things: &[Numbered]) -> Result<HashMap<Uuid, u64>, Failure> {
        let ids: Vec<Uuid> = things.iter().map(|thing| id(thing.id)).collect();
        let query = self.numbers.find(doc! {"_id": {"$in": ids}});
        let known = self.all(query).await?;
        Ok(known.iter().map(|one| (one.id, uint(one.number))).collect())
    }

    /// The highest number of a kind; 0 where there is none.
    async fn last_number(&self, tenant: &TenantId, kind: Numbering) -> Result<u64, Failure> {
        let of_kind = doc! {"tenant": tenant.as_str(), "kind": kind.as_str()};
        let query = self.numbers.find_one(of_kind).sort(doc! {"number": -1});
        Ok(self.call(query).await?.map_or(0, |last| uint(last.number)))
    }

    /// Gives a thing a number of its kind beyond all others. Whether it has one now, and which, is to
    /// be looked at again: another node may have been quicker, with the thing or with the number.
    async fn give_number(
        &self,
        tenant: &TenantId,
        thing: Numbered,
        round: usize,
    ) -> Result<(), Failure> {
        let number = self.last_number(tenant, thing.kind).await? + 1 + apart(thing, round);
        if number > thing.kind.last() {
            return Err(Error::storage_full("there is no number left").into());
        }
        let record = NumberRecord {
            id: id(thing.id),
            tenant: tenant.as_str().to_owned(),
            kind: thing.kind.as_str().to_owned(),
            number: int(number),
        };
        match self.call(self.numbers.insert_one(record)).await {
            Err(failure) if failure.is_duplicate() || failure.is_lost() => Ok(()),
            given => given.map(drop),
        }
    }

    /// The number of a thing that had none a moment ago.
    async fn number(&self, tenant: &TenantId, thing: Numbered) -> Result<u64, Failure> {
        for round in 0..ROUNDS {
            self.give_number(tenant, thing, round).await?;
            let known = self.known_numbers(&[thing]).await?;
            if let Some(number) = known.get(&id(thing.id)) {
                return Ok(*number);
            }
        }
        Err(Failure::Contended)
    }
}

/// How many numbers a thing leaves free: none at first, and more where many want the same, so that
/// they do not meet again.
fn apart(thing: Numbered, round: usize) -> u64 {
    let (free, bits) = (1_u128 << round.min(10), thing.id.as_u128());
    u64::try_from(bits % free).unwrap_or(0)
}

#[async_trait]
impl Numbers for MongoStore {
    async fn numbers(&self, tenant: &TenantId, things: &[Numbered]) -> Result<Vec<u64>> {
        if things.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = self.db.known_numbers(things).await?;
        let mut numbers = Vec::with_capacity(things.len());
        for thing in things {
            let key = id(thing.id);
            let number = match known.get(&key) {
                Some(number) => *number,
                None => {
                    let given = self.db.number(tenant, *thing).await;
                    given.map_err(Failure::of_write)?
                }
            };
            known.insert(key, number);
            numbers.push(number);
        }
        Ok(numbers)
    }

    async fn numbered(
        &self,
        tenant: &TenantId,
        kind: Numbering,
        number: u64,
    ) -> Result<Option<uuid::Uuid>> {
        let of = doc! {"tenant": tenant.as_str(), "kind": kind.as_str(), "number": int(number)};
        let found = self.db.call(self.db.numbers.find_one(of)).await?;
        Ok(found.map(|found| uuid(found.id)))
    }
}
