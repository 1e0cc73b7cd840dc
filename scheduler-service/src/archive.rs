//! What can be asked of the archive: a plan, a run, a restore, and how they are doing.

mod history;
mod plans;
mod rooms;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Code, Error, PolicyId, Result, RoomId, RunId, Timestamp,
    archive::{Phase, Policy, RestoreOrder, Run, Totals, Trigger},
    ports::{Clock, Store},
    to_millis,
};
use jiff::SignedDuration;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    history::Listed,
    plans::PLAN_IS_GOOD,
    rooms::{Coverage, Explained, OwnRule},
};
use crate::{
    metrics,
    room_log::RoomLog,
    run::{Pace, Record, Right, Runner},
    work::{self, Tools},
};

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

    /// The policies, by name, but for those that were withdrawn.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn policies(&self) -> Result<Vec<Policy>> {
        let mut policies = self.parts.store.policies().await?;
        policies.retain(|policy| !policy.withdrawn);
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

    /// The id of the policy of this name. An id is one, also of a policy that was removed.
    ///
    /// # Errors
    /// `policy_not_found`, and those of the store.
    pub async fn policy_id(&self, name: &str) -> Result<PolicyId> {
        match name.parse() {
            Ok(id) => Ok(id),
            Err(_) => Ok(self.policy(name).await?.id),
        }
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
        self.moved_there(&origin, restore.room).await?;
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

    /// Whether a run moved something, in a room or at all.
    async fn moved_there(&self, run: &Run, room: Option<RoomId>) -> Result<()> {
        if run.phase == Phase::Running {
            return Err(Code::RunInProgress.into());
        }
        let came_by = match room {
            Some(room) => self.parts.store.room_count(run.id, room).await?.is_some(),
            None => run.through.rooms > 0,
        };
        let moving = matches!(run.trigger, Trigger::Schedule | Trigger::Manual);
        if moving && came_by {
            return Ok(());
        }
        Err(Error::new(Code::RunNotFound).with_detail("This run moved nothing there."))
    }

    /// Asks a run to stop after its current batch. A run that is over stays as it is.
    ///
    /// # Errors
    /// `run_not_found`, and those of the store.
    pub async fn cancel(&self, id: RunId) -> Result<Run> {
        self.parts.store.cancel_run(id).await?;
        self.run(id).await
    }

    /// Claims a run that somebody asked for, and sets it to work.
    async fn begin(&self, run: Run) -> Result<Run> {
        let (run, _) = self.claim(run).await?;
        Ok(run)
    }

    /// Claims a run and sets it to work; the handle ends with the work.
    async fn claim(&self, run: Run) -> Result<(Run, JoinHandle<()>)> {
        let store = &*self.parts.store;
        let Some(right) = Right::take(store, &run, self.parts.pace.lease).await? else {
            return Err(Code::RunInProgress.into());
        };
        let claimed = store.claim_run(run.clone()).await;
        if !matches!(claimed, Ok(true)) {
            right.release(store).await;
        }
        if claimed? {
            let work = self.set_to_work(run.clone(), right);
            Ok((run, work))
        } else {
            Err(Code::RunInProgress.into())
        }
    }

    /// Works on a claimed run in the background.
    pub(crate) fn set_to_work(&self, run: Run, right: Right) -> JoinHandle<()> {
        metrics::begun(&run);
        let active = ActiveRun::begin(&self.active, run.id);
        let runner = self.runner(run, right);
        self.parts.tasks.spawn(async move {
            let _active = active;
            runner.run().await;
        })
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
            through: Totals::default(),
            after: None,
            at: None,
            first_failure: None,
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
