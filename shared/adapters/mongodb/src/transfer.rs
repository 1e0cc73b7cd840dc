//! Reading a database whole, and taking another store in.

mod open;
mod parts;

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    Error, Result,
    ports::{Source, Target},
    to_millis,
    transfer::{Intake, Key, Part, Record},
};
use mongodb::{
    Collection,
    bson::{Document, Uuid, doc},
};

use crate::{
    db::Db,
    failure::Failure,
    records::{SchemaRecord, copy_id_of},
    schema,
    values::{date, id, limit, uuid},
};

pub use open::{MongoSource, MongoTarget};

/// How many keys one query asks for: those of members are a condition each.
const KEYS: usize = 100;

impl Db {
    fn part(&self, part: Part) -> Collection<Document> {
        match part {
            Part::Users => self.users.clone_with_type(),
            Part::Families => self.families.clone_with_type(),
            Part::RevokedTokens => self.tokens.clone_with_type(),
            Part::Sightings => self.sightings.clone_with_type(),
            Part::Rooms => self.rooms.clone_with_type(),
            Part::Members => self.members.clone_with_type(),
            Part::Rows => self.rows.clone_with_type(),
            Part::Copies => self.copies.clone_with_type(),
            Part::Reactions => self.reactions.clone_with_type(),
            Part::Holds => self.holds.clone_with_type(),
            Part::Policies => self.policies.clone_with_type(),
            Part::Overrides => self.overrides.clone_with_type(),
            Part::Runs => self.runs.clone_with_type(),
            Part::RunRooms => self.run_rooms.clone_with_type(),
            Part::Notifications => self.notifications.clone_with_type(),
            Part::Files => self.files.clone_with_type(),
            Part::FileLinks => self.file_links.clone_with_type(),
            Part::Numbers => self.numbers.clone_with_type(),
        }
    }

    async fn count_part(&self, part: Part) -> Result<u64, Failure> {
        let of = self.part(part);
        self.call(of.count_documents(doc! {})).await
    }

    async fn page_of(
        &self,
        part: Part,
        after: Option<&Key>,
        size: usize,
    ) -> Result<Vec<Record>, Failure> {
        if size == 0 {
            return Ok(Vec::new());
        }
        let of = self.part(part);
        let beyond = after.map(|after| parts::beyond(part, after));
        let page = of.find(beyond.unwrap_or_default());
        let page = page.sort(parts::order(part)).limit(limit(size));
        records(part, self.all(page).await?)
    }

    async fn find_in(&self, part: Part, keys: &[Key]) -> Result<Vec<Record>, Failure> {
        let (of, mut found) = (self.part(part), Vec::with_capacity(keys.len()));
        for keys in keys.chunks(KEYS) {
            let documents = self.all(of.find(parts::among(part, keys))).await?;
            found.extend(records(part, documents)?);
        }
        Ok(found)
    }

    /// Stores records of one part; those that are there stay.
    async fn import(&self, records: &[Record]) -> Result<(), Failure> {
        let Some(part) = records.first().map(Record::part) else {
            return Ok(());
        };
        let pointed = self.pointed_to(records).await?;
        let documents = records.iter().map(|record| parts::stored(record, &pointed));
        let documents: Vec<_> = documents.collect::<Result<_, Failure>>()?;
        let of = self.part(part);
        match self.call(of.insert_many(documents).ordered(false)).await {
            Err(failure) if !failure.is_duplicate() => Err(failure),
            _ => Ok(()),
        }
    }

    /// The ids of those copies among the records that keys point to.
    async fn pointed_to(&self, records: &[Record]) -> Result<HashSet<Vec<u8>>, Failure> {
        let messages: Vec<Uuid> = records
            .iter()
            .filter_map(|record| match record {
                Record::Copy(copy) => Some(id(copy.message.uuid())),
                _ => None,
            })
            .collect();
        if messages.is_empty() {
            return Ok(HashSet::new());
        }
        let keys = self
            .all(self.rows.find(doc! {"_id": {"$in": messages}}))
            .await?;
        let copies = keys.iter().filter_map(|key| Some((key.id, key.copy?)));
        Ok(copies
            .map(|(id, copy)| copy_id_of(id, copy).bytes)
            .collect())
    }

    /// Why the database should not be read just now.
    async fn unrest(&self) -> Result<Option<String>, Failure> {
        let now = date(to_millis(self.greet().await?.at));
        let held = doc! {"until": {"$gt": now}};
        if let Some(lease) = self.call(self.leases.find_one(held)).await? {
            let name = lease.name;
            return Ok(Some(format!(
                "a server works on it (it has the lease `{name}`): stop every server that uses it; one that was killed is seen for half a minute"
            )));
        }
        let unapplied = doc! {"unapplied": true};
        Ok(self.call(self.rows.find_one(unapplied)).await?.map(|_| {
            "a server that was killed left changes in it that are not applied: start a server on it, wait until it is ready and has been for ten seconds, and stop it with SIGTERM".to_owned()
        }))
    }

    async fn change_schema(&self, change: Document) -> Result<(), Failure> {
        let schema = doc! {"_id": SchemaRecord::ID};
        let changed = || self.schema.update_one(schema.clone(), change.clone());
        match self.repeat(changed).await?.matched_count {
            0 => Err(Error::internal("the schema's document is not there").into()),
            _ => Ok(()),
        }
    }
}

fn records(part: Part, documents: Vec<Document>) -> Result<Vec<Record>, Failure> {
    let records = documents.into_iter().map(|one| parts::record(part, one));
    records.collect()
}

/// The same for both, since a target is read as a source is.
macro_rules! reads_whole {
    ($store:ident) => {
        #[async_trait]
        impl Source for $store {
            fn describe(&self) -> String {
                format!("MongoDB at {}", self.place)
            }

            async fn epoch(&self) -> Result<Option<uuid::Uuid>> {
                let known = schema::known(&self.db).await?;
                Ok(known.map(|known| uuid(known.epoch)))
            }

            async fn intake(&self) -> Result<Option<Intake>> {
                let note = schema::known(&self.db).await?;
                let note = note.and_then(|known| known.intake);
                let note = note.map(|note| serde_json::from_str(&note));
                note.transpose().map_err(Error::internal)
            }

            async fn unrest(&self) -> Result<Option<String>> {
                Ok(self.db.unrest().await?)
            }

            async fn count(&self, part: Part) -> Result<u64> {
                Ok(self.db.count_part(part).await?)
            }

            async fn page(
                &self,
                part: Part,
                after: Option<&Key>,
                limit: usize,
            ) -> Result<Vec<Record>> {
                Ok(self.db.page_of(part, after, limit).await?)
            }
        }
    };
}

reads_whole!(MongoSource);
reads_whole!(MongoTarget);

#[async_trait]
impl Target for MongoTarget {
    async fn find(&self, part: Part, keys: &[Key]) -> Result<Vec<Record>> {
        Ok(self.db.find_in(part, keys).await?)
    }

    async fn note(&self, intake: &Intake) -> Result<()> {
        let note = serde_json::to_string(intake).map_err(Error::internal)?;
        let note = doc! {"$set": {"intake": note}};
        let noted = self.db.change_schema(note).await;
        noted.map_err(Failure::of_write)
    }

    async fn import(&self, records: Vec<Record>) -> Result<()> {
        let imported = self.db.import(&records).await;
        imported.map_err(Failure::of_write)
    }

    async fn finish(&self, epoch: uuid::Uuid) -> Result<()> {
        let whole = doc! {"$set": {"epoch": id(epoch)}, "$unset": {"intake": ""}};
        let finished = self.db.change_schema(whole).await;
        finished.map_err(Failure::of_write)
    }

    async fn close(&self) {}
}
