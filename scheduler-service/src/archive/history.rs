//! What ran, and how it is doing.

use domain::{
    Code, PolicyId, Result, RoomId, RunId,
    archive::{RoomCount, Run},
};

use super::Archive;

/// How many rows are fetched at once.
pub(super) const PAGE: usize = 200;

/// A part of a list, and whether it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Listed<T> {
    /// The first `limit` items of what was found, of which one more tells that there are more.
    pub(crate) fn of(mut items: Vec<T>, limit: usize) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}

impl Archive {
    /// A run, a plan or a restore.
    ///
    /// # Errors
    /// `run_not_found`, and those of the store.
    pub async fn run(&self, id: RunId) -> Result<Run> {
        let run = self.parts.store.run(id).await?;
        run.ok_or_else(|| Code::RunNotFound.into())
    }

    /// Up to `limit` runs of a policy, or of all, newest first, before the run `before`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn runs(
        &self,
        policy: Option<PolicyId>,
        before: Option<RunId>,
        limit: usize,
    ) -> Result<Listed<Run>> {
        let runs = self.parts.store.runs(policy, before, limit + 1).await?;
        Ok(Listed::of(runs, limit))
    }

    /// What a run found and did in up to `limit` rooms, by room id after `after`; the room at work
    /// comes as it is now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn rooms_of(
        &self,
        run: &Run,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Listed<RoomCount>> {
        let store = &self.parts.store;
        let mut counts = store.room_counts(run.id, after, limit + 1).await?;
        if let Some(at) = run.at.as_ref().filter(|at| Some(at.room) > after) {
            counts.retain(|count| count.room != at.room);
            counts.push(at.clone());
            counts.sort_unstable_by_key(|count| count.room);
        }
        Ok(Listed::of(counts, limit))
    }
}
