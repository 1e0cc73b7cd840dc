//! A run's record while the run is at work: progress, lease, and whether it may go on.

use std::{sync::Arc, time::Duration};

use domain::{
    Error, Result,
    archive::{Phase, Run, Trigger},
    ports::Store,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a run does what is not its work.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How often the lease is prolonged, and cancellation asked for.
    pub ask: Duration,
    /// How long a lease lasts, in store time. After a crash a run goes on that much later.
    pub lease: Duration,
    /// How long to wait after the first failure; doubled after each further one.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            ask: Duration::from_secs(1),
            lease: Duration::from_secs(15),
            retry: Duration::from_secs(1),
        }
    }
}

/// Whether a run may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    /// It may.
    On,
    /// Somebody asked it to stop.
    Cancelled,
    /// The process ends, or another one has taken the run over: it is gone on with elsewhere.
    Interrupted,
}

/// The right to work for a policy, alone, for a while.
#[derive(Debug, Clone)]
pub(crate) struct Right {
    name: String,
    holder: Uuid,
    ttl: Duration,
}

impl Right {
    /// Takes the right to work for a run's policy. `None` while another run has it. Plans are in
    /// nobody's way, and nobody in theirs.
    pub(crate) async fn take(store: &dyn Store, run: &Run, ttl: Duration) -> Result<Option<Self>> {
        let right = Self {
            name: match run.trigger {
                Trigger::DryRun => format!("archive:plan:{}", run.id),
                _ => format!("archive:{}", run.policy.id),
            },
            // Of its own for each attempt: one process may try to take over its own frozen run.
            holder: domain::NodeId::new().uuid(),
            ttl,
        };
        Ok(right.prolong(store).await?.then_some(right))
    }

    async fn prolong(&self, store: &dyn Store) -> Result<bool> {
        let lease = store
            .acquire_lease(&self.name, self.holder, self.ttl)
            .await?;
        Ok(lease.is_some())
    }

    /// Gives it back. A right that cannot be given back runs out by itself.
    pub(crate) async fn release(&self, store: &dyn Store) {
        if let Err(error) = store.release_lease(&self.name, self.holder).await {
            tracing::debug!(lease = self.name, %error, "lease not given back");
        }
    }
}

/// A run's record, and the right to write it.
pub(crate) struct Record {
    pub(crate) run: Run,
    store: Arc<dyn Store>,
    right: Right,
    pace: Pace,
    drain: CancellationToken,
    asked: Option<Instant>,
    /// Whether another process has it by now.
    lost: bool,
}

impl Record {
    pub(crate) fn new(
        run: Run,
        right: Right,
        store: Arc<dyn Store>,
        pace: Pace,
        drain: CancellationToken,
    ) -> Self {
        Self {
            run,
            store,
            right,
            pace,
            drain,
            asked: None,
            lost: false,
        }
    }

    /// Asks between two batches whether to go on, if that was not done lately.
    pub(crate) async fn beat(&mut self) -> Result<Go> {
        if self.lost || self.drain.is_cancelled() {
            return Ok(Go::Interrupted);
        }
        if self.asked.is_some_and(|at| at.elapsed() < self.pace.ask) {
            return Ok(Go::On);
        }
        if !self.save().await? || !self.right.prolong(&*self.store).await? {
            return Ok(Go::Interrupted);
        }
        self.asked = Some(Instant::now());
        let stored = self.store.run(self.run.id).await?;
        match stored {
            Some(stored) if stored.cancel => Ok(Go::Cancelled),
            Some(_) => Ok(Go::On),
            None => Err(Error::internal("the record of a run is gone")),
        }
    }

    /// Saves progress; `false` when another process has taken the run over.
    pub(crate) async fn save(&mut self) -> Result<bool> {
        let ours = self.store.save_run(&self.run).await?;
        self.lost = !ours;
        Ok(ours)
    }

    /// Writes down what became of the room at work, if there is one. The record follows with the
    /// next save: whoever takes the run over before that does the room again, and writes the same.
    pub(crate) async fn put_away(&mut self) -> Result<()> {
        let Some(count) = &self.run.at else {
            return Ok(());
        };
        let (run, fence) = (self.run.id, self.run.fence);
        if self.store.save_room_count(run, fence, count).await? {
            self.run.put_away();
        } else {
            self.lost = true;
        }
        Ok(())
    }

    /// Ends the run in this phase.
    pub(crate) async fn close(&mut self, phase: Phase, at: domain::Timestamp) -> Result<bool> {
        self.run.phase = phase;
        self.run.ended_at = Some(at);
        self.save().await
    }

    /// Waits before trying again for the `attempt`th time, at the longest until the process ends.
    pub(crate) async fn pause(&self, attempt: u32) {
        let wait = self.pace.retry * 2_u32.saturating_pow(attempt);
        tokio::select! {
            () = self.drain.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    pub(crate) async fn release(&self) {
        self.right.release(&*self.store).await;
    }
}
