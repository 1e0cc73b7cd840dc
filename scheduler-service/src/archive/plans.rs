//! Plans: what a run would take, and what became of it.

use domain::{
    Code, Error, Result, RoomId, RunId,
    archive::{Phase, Policy, RoomCount, Run, Trigger},
};
use jiff::SignedDuration;

use super::{Archive, Listed, history::PAGE};
use crate::difference::{self, Difference};

/// How long a plan is good.
pub const PLAN_IS_GOOD: SignedDuration = SignedDuration::from_hours(24);

impl Archive {
    /// Counts what a run of this policy would take now, and moves nothing. Answers once it is
    /// counted; the plan is kept, good for 24 hours. A room that cannot be counted is named in it.
    ///
    /// # Errors
    /// `draining` when the process ends before all is counted, and those of the store.
    pub async fn plan(&self, policy: Policy, by: &str) -> Result<Run> {
        let plan = self.new_run(policy, Trigger::DryRun, by);
        let (plan, work) = self.claim(plan).await?;
        // Who asked may go away meanwhile: the plan is made all the same.
        work.await.map_err(Error::internal)?;
        let plan = self.run(plan.id).await?;
        match plan.phase {
            Phase::Running => Err(Code::Draining.into()),
            _ => Ok(plan),
        }
    }

    /// Runs what a plan says: its policy, with its cutoff. Answers once the run is claimed.
    ///
    /// # Errors
    /// `run_not_found` when there is no such plan, `plan_expired` after 24 hours or when it was
    /// not counted to its end, `run_in_progress`, and those of the store.
    pub async fn run_plan(&self, plan: RunId, by: &str) -> Result<Run> {
        let plan = self.run(plan).await?;
        if plan.trigger != Trigger::DryRun {
            return Err(Code::RunNotFound.into());
        }
        if plan.phase != Phase::Finished {
            let detail = "The plan was not counted to its end: make a new one.";
            return Err(Error::new(Code::PlanExpired).with_detail(detail));
        }
        if self.now().duration_since(plan.started_at) > PLAN_IS_GOOD {
            return Err(Code::PlanExpired.into());
        }
        let run = self.new_run(plan.policy, Trigger::Manual, by);
        self.begin(Run {
            cutoff: plan.cutoff,
            origin: Some(plan.id),
            ..run
        })
        .await
    }

    /// Up to `limit` rooms in which a run that is over found otherwise than its plan said, by room
    /// id after `after`. `None` when it followed no plan, or is not over.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn differences(
        &self,
        run: &Run,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Option<Listed<Difference>>> {
        let plan = run.origin.filter(|_| run.trigger == Trigger::Manual);
        let Some(plan) = plan.filter(|_| run.phase != Phase::Running) else {
            return Ok(None);
        };
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let planned = self.parts.store.room_counts(plan, after, PAGE).await?;
            let done = self.parts.store.room_counts(run.id, after, PAGE).await?;
            let through = known_through(&planned, &done);
            let within = |count: &&RoomCount| through.is_none_or(|last| count.room <= last);
            let planned: Vec<_> = planned.iter().filter(within).collect();
            let done: Vec<_> = done.iter().filter(within).collect();
            found.extend(difference::between(&planned, &done));
            if through.is_none() || found.len() > limit {
                return Ok(Some(Listed::of(found, limit)));
            }
            after = through;
        }
    }
}

/// Up to which room both pages tell all. `None`: to the end.
fn known_through(one: &[RoomCount], two: &[RoomCount]) -> Option<RoomId> {
    let full = |page: &[RoomCount]| {
        let last = page.last().filter(|_| page.len() == PAGE);
        last.map(|count| count.room)
    };
    [full(one), full(two)].into_iter().flatten().min()
}
