//! When people were there last.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::{Result, Timestamp, UserId, ports::Sightings};
use mongodb::bson::{DateTime, Uuid, doc};

use crate::{
    MongoStore,
    apply::ROUNDS,
    db::Db,
    failure::Failure,
    records::SightingRecord,
    values::{date, id, time},
};

/// How many are noted in one go.
const AT_ONCE: usize = 1_000;

impl Db {
    async fn seen(&self, users: &[Uuid]) -> Result<HashMap<[u8; 16], DateTime>, Failure> {
        let query = self.sightings.find(doc! {"_id": {"$in": users}});
        let seen = self.all(query).await?;
        Ok(seen.iter().map(|one| (one.user.bytes(), one.at)).collect())
    }

    /// Raises the moments of those who have one, and then gives one to those who have none. Who
    /// got one from another node in between is raised in the next round.
    async fn note(&self, users: &[Uuid], at: DateTime) -> Result<(), Failure> {
        let (known, raise) = (doc! {"_id": {"$in": users}}, doc! {"$max": {"at": at}});
        for _ in 0..ROUNDS {
            let raised = || self.sightings.update_many(known.clone(), raise.clone());
            self.repeat(raised).await?;
            let seen = self.seen(users).await?;
            let new = users
                .iter()
                .filter(|user| !seen.contains_key(&user.bytes()));
            let new: Vec<_> = new.map(|user| SightingRecord { user: *user, at }).collect();
            if new.is_empty() {
                return Ok(());
            }
            match self.call(self.sightings.insert_many(new)).await {
                Err(failure) if failure.is_duplicate() || failure.is_lost() => {}
                noted => return noted.map(drop),
            }
        }
        Err(Failure::Contended)
    }
}

#[async_trait]
impl Sightings for MongoStore {
    async fn note_seen(&self, users: &[UserId], at: Timestamp) -> Result<()> {
        let users: HashSet<_> = users.iter().collect();
        let users: Vec<_> = users.iter().map(|user| id(user.uuid())).collect();
        for users in users.chunks(AT_ONCE) {
            let noted = self.db.note(users, date(at)).await;
            noted.map_err(Failure::of_write)?;
        }
        Ok(())
    }

    async fn last_seen(&self, users: &[UserId]) -> Result<Vec<Option<Timestamp>>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = users.iter().map(|user| id(user.uuid())).collect();
        let seen = self.db.seen(&ids).await?;
        let at = |user: &Uuid| seen.get(&user.bytes()).copied().map(time);
        Ok(ids.iter().map(at).collect())
    }
}
