//! The policies, each one document, changed by compare-and-set on its revision.

use async_trait::async_trait;
use domain::{Code, PolicyId, Result, Rev, Timestamp, archive::Policy, ports::Policies};
use mongodb::bson::doc;

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::PolicyRecord,
    users::or_absent,
    values::{date, id, int},
};

impl Db {
    /// Stores a policy that is new. `false` when its id is known.
    async fn add_policy(&self, policy: &PolicyRecord) -> Result<bool, Failure> {
        match self.call(self.policies.insert_one(policy)).await {
            Ok(_) => return Ok(true),
            Err(failure) if !failure.is_duplicate() => return Err(failure),
            Err(_) => {}
        }
        let known = self.policies.find_one(doc! {"_id": policy.id});
        match self.call(known).await? {
            Some(_) => Ok(false),
            // If it is not the id, it is the name.
            None => Err(name_is_taken()),
        }
    }

    /// Stores a policy over its revision `from`; says whether it had that.
    async fn replace_policy(&self, policy: &PolicyRecord, from: Rev) -> Result<bool, Failure> {
        let same = doc! {"_id": policy.id, "rev": int(from)};
        let replaced = self.policies.replace_one(same, policy);
        match self.call(replaced).await {
            Err(failure) if failure.is_duplicate() => Err(name_is_taken()),
            replaced => Ok(replaced?.matched_count == 1),
        }
    }
}

fn name_is_taken() -> Failure {
    domain::Error::new(Code::PolicyExists).into()
}

#[async_trait]
impl Policies for MongoStore {
    async fn save_policy(&self, policy: Policy, from: Option<Rev>) -> Result<bool> {
        let record = PolicyRecord::from(&policy);
        let saved = match from {
            Some(from) => self.db.replace_policy(&record, from).await,
            None => self.db.add_policy(&record).await,
        };
        saved.map_err(Failure::of_write)
    }

    async fn remove_policy(&self, policy: PolicyId, from: Rev) -> Result<bool> {
        let same = doc! {"_id": id(policy.uuid()), "rev": int(from)};
        let removed = self.db.call(self.db.policies.delete_one(same)).await;
        Ok(removed.map_err(Failure::of_write)?.deleted_count == 1)
    }

    async fn policies(&self) -> Result<Vec<Policy>> {
        let query = self.db.policies.find(doc! {}).sort(doc! {"name": 1});
        let policies = self.db.all(query).await?;
        Ok(policies.into_iter().map(Policy::from).collect())
    }

    async fn advance_policy(
        &self,
        policy: PolicyId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<bool> {
        let same = doc! {
            "_id": id(policy.uuid()),
            "next_run_at": or_absent(from.map(date)),
        };
        let advance = match to.map(date) {
            Some(to) => doc! {"$set": {"next_run_at": to}},
            None => doc! {"$unset": {"next_run_at": ""}},
        };
        let advanced = self.db.call(self.db.policies.update_one(same, advance));
        let advanced = advanced.await.map_err(Failure::of_write)?;
        Ok(advanced.matched_count == 1)
    }
}
