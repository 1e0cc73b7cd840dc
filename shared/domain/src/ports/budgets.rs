//! Rates that are counted over all processes.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Budget, Result};

/// What a process took of a budget, and where it stands as far as that process has counted. All
/// is told as time: what is taken takes so long to come back, and a budget is whole again when all
/// that was taken has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The budget.
    pub budget: Budget,
    /// What was taken since this was told before.
    pub taken: Duration,
    /// Until the budget is whole again by what this process alone has taken, `taken` included.
    pub owed: Duration,
    /// Until it is whole again at the latest, whatever anybody has taken. Thus what was overdrawn
    /// by many at once, or counted on a clock that jumped, holds nobody off for long.
    pub most: Duration,
}

/// How far budgets are used up, over all processes. May forget at any time; what a process tells
/// of its own count then begins it anew.
///
/// It is told after the fact, so that nobody waits for it to take something: between two tellings
/// each process goes by what it knows. What was overdrawn meanwhile is owed, and comes back before
/// anything more may be taken.
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Adds what was taken. Answers until when each is whole again, from the call on, in the order
    /// told; zero if it is. Atomic for each budget, not for all of them together. Not idempotent:
    /// after `unknown_outcome` it may have been added, and is not to be told again.
    async fn spend(&self, spent: &[Spent]) -> Result<Vec<Duration>>;
}
