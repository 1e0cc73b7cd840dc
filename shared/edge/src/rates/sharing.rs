//! Telling the other processes what was taken here, and hearing where everybody stands.
//!
//! It is told after the fact, so that nobody waits: what is taken first is told at once, and what
//! follows within [`PAUSE`] together. While nobody can be told, each process counts its own.

use std::{sync::Arc, time::Duration};

use domain::{
    Budget, Error, Limits, Result,
    ports::{Budgets, Spent},
};
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep, timeout},
};

use super::meter::Meter;

/// How long what is taken waits for more of its kind.
const PAUSE: Duration = Duration::from_millis(100);

/// Budgets of one telling. More are told right after it.
const AT_ONCE: usize = 500;

/// Budgets of which something may wait to be told; what else is taken counts here alone.
const UNTOLD: usize = 20_000;

/// The way to the other processes.
pub(super) struct Sharing {
    budgets: Arc<dyn Budgets>,
    /// Locked by whoever tells, for as long as they do.
    untold: Mutex<mpsc::Receiver<Budget>>,
}

impl Sharing {
    /// The way, and what notes of whom there is something to tell.
    pub(super) fn new(budgets: Arc<dyn Budgets>) -> (Self, mpsc::Sender<Budget>) {
        let (note, untold) = mpsc::channel(UNTOLD);
        let untold = Mutex::new(untold);
        (Self { budgets, untold }, note)
    }

    /// Tells what is noted, until it is dropped.
    pub(super) async fn run(&self, meters: &[Meter]) {
        let mut untold = self.untold.lock().await;
        let mut some = Vec::with_capacity(AT_ONCE);
        // Nothing is received any more only when nobody can note anything.
        while untold.recv_many(&mut some, AT_ONCE).await > 0 {
            let is_all = some.len() < AT_ONCE;
            if let Err(error) = self.tell(some.drain(..), meters).await {
                tracing::debug!(%error, "rates are counted by each process for itself");
            }
            if is_all {
                sleep(PAUSE).await;
            }
        }
    }

    /// What is not heard by the others is not told again: perhaps it was. Where they stand is known
    /// from what each has counted itself.
    async fn tell(&self, some: impl Iterator<Item = Budget>, meters: &[Meter]) -> Result<()> {
        // Before the call, since what is owed is counted from some moment during it: rather a
        // little too early than too late.
        let now = Instant::now();
        let spent: Vec<Spent> = some
            .map(|budget| meters[budget.rate as usize].tell(budget.holder, now))
            .collect();
        let told = timeout(Limits::CACHE_CALL, self.budgets.spend(&spent)).await;
        let owed = told.map_err(Error::unavailable).flatten()?;
        for (spent, owed) in spent.iter().zip(owed) {
            let Budget { rate, holder } = spent.budget;
            meters[rate as usize].adopt(holder, now + owed.min(spent.most));
        }
        Ok(())
    }
}
