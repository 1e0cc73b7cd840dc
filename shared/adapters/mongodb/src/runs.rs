//! The records of runs, each one document under a fence.

use async_trait::async_trait;
use domain::{Error, PolicyId, Result, RunId, archive::Run, ports::Runs};
use mongodb::{
    bson::{Document, doc, serialize_to_document},
    options::ReturnDocument,
};

use crate::{
    MongoStore,
    db::Db,
    failure::Failure,
    records::{PhaseRecord, RunRecord},
    values::{id, int, limit},
};

/// What others than a run's worker change, or nobody.
const NOT_THE_WORKERS: [&str; 5] = ["_id", "slot", "policy", "cancel", "fence"];

impl Db {
    async fn one_run(&self, filter: Document) -> Result<Option<RunRecord>, Failure> {
        self.call(self.runs.find_one(filter)).await
    }

    /// Whether a run has this fence.
    pub(crate) async fn has_fence(&self, run: RunId, fence: u64) -> Result<bool, Failure> {
        let fenced = doc! {"_id": id(run.uuid()), "fence": int(fence)};
        Ok(self.one_run(fenced).await?.is_some())
    }

    async fn save_run(&self, run: &Run) -> Result<bool, Failure> {
        let record = serialize_to_document(&RunRecord::from(run));
        let mut record = record.map_err(Error::internal)?;
        for field in NOT_THE_WORKERS {
            record.remove(field);
        }
        let same = doc! {"_id": id(run.id.uuid()), "fence": int(run.fence)};
        let save = doc! {"$set": record};
        let saved = self.repeat(|| self.runs.update_one(same.clone(), save.clone()));
        Ok(saved.await?.matched_count == 1)
    }

    async fn take_over(&self, run: RunId, fence: u64) -> Result<Option<RunRecord>, Failure> {
        let same = doc! {
            "_id": id(run.uuid()),
            "fence": int(fence),
            "phase": PhaseRecord::RUNNING,
        };
        let raise = doc! {"$inc": {"fence": 1_i64}};
        let taken = self.runs.find_one_and_update(same, raise);
        self.call(taken.return_document(ReturnDocument::After))
            .await
    }
}

#[async_trait]
impl Runs for MongoStore {
    async fn claim_run(&self, run: Run) -> Result<bool> {
        let record = RunRecord::from(&run);
        match self.db.call(self.db.runs.insert_one(record)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure.of_write()),
        }
    }

    async fn save_run(&self, run: &Run) -> Result<bool> {
        self.db.save_run(run).await.map_err(Failure::of_write)
    }

    async fn take_over_run(&self, run: RunId, fence: u64) -> Result<Option<Run>> {
        let taken = self.db.take_over(run, fence).await;
        Ok(taken.map_err(Failure::of_write)?.map(Run::from))
    }

    async fn cancel_run(&self, run: RunId) -> Result<bool> {
        let running = doc! {"_id": id(run.uuid()), "phase": PhaseRecord::RUNNING};
        let cancel = doc! {"$set": {"cancel": true}};
        let cancelled = || self.db.runs.update_one(running.clone(), cancel.clone());
        let cancelled = self.db.repeat(cancelled).await;
        Ok(cancelled.map_err(Failure::of_write)?.matched_count == 1)
    }

    async fn run(&self, run: RunId) -> Result<Option<Run>> {
        let found = self.db.one_run(doc! {"_id": id(run.uuid())}).await?;
        Ok(found.map(Run::from))
    }

    async fn runs(
        &self,
        policy: Option<PolicyId>,
        before: Option<RunId>,
        count: usize,
    ) -> Result<Vec<Run>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut wanted = Document::new();
        if let Some(policy) = policy {
            wanted.insert("policy._id", id(policy.uuid()));
        }
        if let Some(before) = before {
            wanted.insert("_id", doc! {"$lt": id(before.uuid())});
        }
        let query = self.db.runs.find(wanted).sort(doc! {"_id": -1});
        let runs = self.db.all(query.limit(limit(count))).await?;
        Ok(runs.into_iter().map(Run::from).collect())
    }

    async fn unfinished_runs(&self) -> Result<Vec<Run>> {
        let running = self.db.runs.find(doc! {"phase": PhaseRecord::RUNNING});
        let runs = self.db.all(running.sort(doc! {"_id": 1})).await?;
        Ok(runs.into_iter().map(Run::from).collect())
    }
}
