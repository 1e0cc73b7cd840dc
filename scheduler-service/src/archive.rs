//! What can be asked of the archive: a plan, a run, a restore, and how they are doing.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Code, Error, PolicyId, Result, RoomId, RunId, Timestamp,
    archive::{Phase, Policy, RestoreOrder, Run, Trigger},
    ports::{Clock, Store},
    to_millis,
};
use jiff::SignedDuration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    metrics,
    policies::is_withdrawn,
    room_log::RoomLog,
    run::{Pace, Record, Right, Runner},
    scope::Rooms,
    work::{self, Tools},
};

/// How long a plan is good.
pub const PLAN_IS_GOOD: SignedDuration = SignedDuration::from_hours(24);

/// How long a restore holds what it brought back, unless said otherwise.
pub const RESTORE_HOLDS_DAYS: u32 = 30;

/// What the archive works with.
#[derive(Clone)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The store's time.
    pub clock: Arc<dyn Clock>,
    /// How rooms are told.
    pub rooms: Arc<dyn RoomLog>,
    /// Most messages of one batch.
    pub batch: usize,
    /// Owns the runs.
    pub tasks: TaskTracker,
    /// Ends them between two batches.
    pub drain: CancellationToken,
    /// How often a run saves, and how long its lease is.
    pub pace: Pace,
}

/// A restore that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct Restore {
    /// The run whose messages come back.
    pub run: RunId,
    /// One room only.
    pub room: Option<RoomId>,
    /// For how many days what comes back is held. Default: 30.
    pub hold_days: Option<u32>,
}

/// The archive. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    pub(crate) parts: Parts,
    /// Runs that this process works on.
    active: Arc<Mutex<HashSet<RunId>>>,
}

impl Archive {
    /// Puts the archive together. Nothing runs by itself until [`crate::tick`] does.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            active: Arc::default(),
        }
    }

    /// The policies, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn policies(&self) -> Result<Vec<Policy>> {
        let mut policies = self.parts.store.policies().await?;
        policies.retain(|policy| !is_withdrawn(policy));
        Ok(policies)
    }

    /// The policy of this name or id.
    ///
    /// # Errors
    /// `policy_not_found`, and those of the store.
    pub async fn policy(&self, name: &str) -> Result<Policy> {
        let id: Option<PolicyId> = name.parse().ok();
        let policies = self.policies().await?;
        policies
            .into_iter()
            .find(|policy| policy.name == name || Some(policy.id) == id)
            .ok_or_else(|| Code::PolicyNotFound.into())
    }

    /// Counts what a run of this policy would take now, and moves nothing. The plan is kept, good
    /// for 24 hours.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn plan(&self, policy: Policy, by: &str) -> Result<Run> {
        let mut plan = self.new_run(policy, Trigger::DryRun, by);
        let store = &*self.parts.store;
        let (rooms, missing) = Rooms::of(store, &plan, None).await?;
        plan.missing = missing;
        let mut after = None;
        loop {
            let page = rooms.page(store, after).await?;
            for room in &page.rooms {
                let counted = work::count_due(&self.tools(), room, &plan).await?;
                plan.rooms.extend(counted);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        for count in &mut plan.rooms {
            count.done = true;
        }
        plan.phase = Phase::Finished;
        plan.ended_at = Some(self.now());
        store.claim_run(plan.clone()).await?;
        Ok(plan)
    }

    /// Runs what a plan says: its policy, with its cutoff. Answers once the run is claimed.
    ///
    /// # Errors
    /// `run_not_found` when there is no such plan, `plan_expired` after 24 hours,
    /// `run_in_progress`, and those of the store.
    pub async fn run_plan(&self, plan: RunId, by: &str) -> Result<Run> {
        let plan = self.run(plan).await?;
        if plan.trigger != Trigger::DryRun {
            return Err(Code::RunNotFound.into());
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

    /// Runs a policy now, beside its schedule. Answers once the run is claimed.
    ///
    /// # Errors
    /// `run_in_progress`, and those of the store.
    pub async fn run_now(&self, policy: Policy, by: &str) -> Result<Run> {
        self.begin(self.new_run(policy, Trigger::Manual, by)).await
    }

    /// Brings back what a run moved, and holds it. Same ids and seqs; nobody is notified. Answers
    /// once the restore is claimed.
    ///
    /// # Errors
    /// `run_not_found` when the run does not exist or moved nothing there, `run_in_progress`, and
    /// those of the store.
    pub async fn restore(&self, restore: Restore, by: &str) -> Result<Run> {
        let origin = self.run(restore.run).await?;
        let wanted = |room| restore.room.is_none_or(|only| only == room);
        let moving = matches!(origin.trigger, Trigger::Schedule | Trigger::Manual);
        if !moving || !origin.rooms.iter().any(|count| wanted(count.room)) {
            return Err(Error::new(Code::RunNotFound).with_detail("This run moved nothing there."));
        }
        let run = self.new_run(origin.policy, Trigger::Restore, by);
        let days = restore.hold_days.unwrap_or(RESTORE_HOLDS_DAYS);
        let order = RestoreOrder {
            room: restore.room,
            hold_until: later(run.started_at, days),
        };
        self.begin(Run {
            origin: Some(origin.id),
            cutoff: origin.cutoff,
            restore: Some(order),
            ..run
        })
        .await
    }

    /// Asks a run to stop after its current batch. A run that is over stays as it is.
    ///
    /// # Errors
    /// `run_not_found`, and those of the store.
    pub async fn cancel(&self, id: RunId) -> Result<Run> {
        self.parts.store.cancel_run(id).await?;
        self.run(id).await
    }

    /// A run, a plan or a restore.
    ///
    /// # Errors
    /// `run_not_found`, and those of the store.
    pub async fn run(&self, id: RunId) -> Result<Run> {
        let run = self.parts.store.run(id).await?;
        run.ok_or_else(|| Code::RunNotFound.into())
    }

    /// Up to `limit` runs, newest first, before the run `before`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn runs(&self, before: Option<RunId>, limit: usize) -> Result<Vec<Run>> {
        self.parts.store.runs(before, limit).await
    }

    /// The plan that a run followed, if it followed one.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn plan_of(&self, run: &Run) -> Result<Option<Run>> {
        match run.origin.filter(|_| run.trigger == Trigger::Manual) {
            Some(plan) => self.parts.store.run(plan).await,
            None => Ok(None),
        }
    }

    /// Claims a run that somebody asked for, and sets it to work.
    async fn begin(&self, run: Run) -> Result<Run> {
        let store = &*self.parts.store;
        let Some(right) = Right::take(store, &run, self.parts.pace.lease).await? else {
            return Err(Code::RunInProgress.into());
        };
        let claimed = store.claim_run(run.clone()).await;
        if !matches!(claimed, Ok(true)) {
            right.release(store).await;
        }
        if claimed? {
            self.set_to_work(run.clone(), right);
            Ok(run)
        } else {
            Err(Code::RunInProgress.into())
        }
    }

    /// Works on a claimed run in the background.
    pub(crate) fn set_to_work(&self, run: Run, right: Right) {
        metrics::begun(&run);
        let active = ActiveRun::begin(&self.active, run.id);
        let runner = self.runner(run, right);
        self.parts.tasks.spawn(async move {
            let _active = active;
            runner.run().await;
        });
    }

    pub(crate) fn runner(&self, run: Run, right: Right) -> Runner {
        let parts = &self.parts;
        let work = work::of(self.tools(), &run);
        let store = Arc::clone(&parts.store);
        Runner {
            record: Record::new(run, right, store, parts.pace, parts.drain.clone()),
            work,
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            rooms: Arc::clone(&parts.rooms),
        }
    }

    /// Whether this process works on a run.
    pub(crate) fn works_on(&self, id: RunId) -> bool {
        lock(&self.active).contains(&id)
    }

    /// A run of this policy that begins now.
    pub(crate) fn new_run(&self, policy: Policy, trigger: Trigger, by: &str) -> Run {
        let now = self.now();
        Run {
            id: RunId::new(),
            cutoff: earlier(now, policy.older_than),
            policy,
            trigger,
            slot: None,
            origin: None,
            phase: Phase::Running,
            rooms: Vec::new(),
            missing: Vec::new(),
            started_at: now,
            ended_at: None,
            lag_ms: 0,
            missed_slots: 0,
            by: by.to_owned(),
            restore: None,
            error: None,
            cancel: false,
            fence: 1,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        to_millis(self.parts.clock.now())
    }

    fn tools(&self) -> Tools {
        Tools {
            store: Arc::clone(&self.parts.store),
            clock: Arc::clone(&self.parts.clock),
            batch: self.parts.batch,
        }
    }
}

/// A run that this process works on, until it is dropped: also by a panic, after which the run is
/// taken up like any other that was interrupted.
struct ActiveRun {
    id: RunId,
    active: Arc<Mutex<HashSet<RunId>>>,
}

impl ActiveRun {
    fn begin(active: &Arc<Mutex<HashSet<RunId>>>, id: RunId) -> Self {
        let active = Arc::clone(active);
        lock(&active).insert(id);
        Self { id, active }
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        lock(&self.active).remove(&self.id);
    }
}

fn lock(active: &Mutex<HashSet<RunId>>) -> std::sync::MutexGuard<'_, HashSet<RunId>> {
    active.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The moment `age` before `now`. Before the beginning of time nothing was said.
fn earlier(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    to_millis(now.checked_sub(age).unwrap_or(Timestamp::MIN))
}

fn later(now: Timestamp, days: u32) -> Timestamp {
    let days = SignedDuration::from_hours(24 * i64::from(days));
    now.checked_add(days).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
