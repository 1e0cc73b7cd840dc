//! How far budgets are used up: of each the moment at which it is whole again, by the server's own
//! time. A key goes a little after that moment, when it says nothing any more.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Budgets, Spent},
};
use redis::Script;

use crate::{failure::Failure, link::Link};

/// Budgets of one script: the server does nothing else meanwhile.
const AT_ONCE: usize = 500;

/// Budgets, in Redis.
pub struct RedisBudgets {
    link: Arc<Link>,
    spend: Script,
}

impl RedisBudgets {
    /// The budgets on a server.
    #[must_use]
    pub fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            spend: Script::new(include_str!("budgets/spend.lua")),
        }
    }

    async fn spend_some(&self, spent: &[Spent]) -> Result<Vec<Duration>> {
        let mut ask = self.spend.prepare_invoke();
        for one in spent {
            ask.key(self.link.key(&format!("budget:{}", one.budget)));
            for time in [one.taken, one.owed, one.most] {
                ask.arg(micros(time));
            }
        }
        let ask = |mut connection| async move { ask.invoke_async(&mut connection).await };
        let owed: Vec<u64> = self.link.call(ask).await.map_err(Failure::of_write)?;
        Ok(owed.into_iter().map(Duration::from_micros).collect())
    }
}

#[async_trait]
impl Budgets for RedisBudgets {
    async fn spend(&self, spent: &[Spent]) -> Result<Vec<Duration>> {
        let mut owed = Vec::with_capacity(spent.len());
        for some in spent.chunks(AT_ONCE) {
            owed.extend(self.spend_some(some).await?);
        }
        Ok(owed)
    }
}

/// Whole microseconds, never too few, and no more than a script can count.
fn micros(time: Duration) -> u64 {
    let micros = time.as_nanos().div_ceil(1_000);
    u64::try_from(micros).map_or(MOST, |micros| micros.min(MOST))
}

/// A hundred years.
const MOST: u64 = 100 * 365 * 86_400 * 1_000_000;
