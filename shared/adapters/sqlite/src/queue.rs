//! Work between the services of one process: a table of the same database.

mod handed;
mod table;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    NodeId, Result, Timestamp,
    ports::{Delivery, Job, Outcome, Queue, QueueDepth, SetAside, Settled},
    to_millis,
};
use tokio::{sync::Notify, time::sleep};

use self::{
    handed::{Handed, Returned},
    table::Taker,
};
use crate::{SqliteStore, writer::Lane};

/// How long a job that was handed out may stay unsettled before it is handed out again.
const VISIBILITY: Duration = Duration::from_secs(30);

/// How long a taker sleeps at most before it looks at the clock again, which may have been set.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The queue on SQLite. Only one process at a time may take from it: what others took counts as
/// given up.
///
/// Takers sleep until something is published or the next job is due; they never poll an empty
/// table. All writes go by the background lane and share its commits.
pub struct SqliteQueue {
    store: Arc<SqliteStore>,
    /// By which this process's takings are known.
    process: NodeId,
    /// Whether the takings of earlier processes were given back.
    inherited: AtomicBool,
    changed: Arc<Notify>,
    /// What was handed to somebody who had gone.
    returned: Arc<Returned>,
}

impl SqliteQueue {
    /// The queue in this store's database.
    #[must_use]
    pub fn new(store: Arc<SqliteStore>) -> Self {
        let changed = Arc::new(Notify::new());
        Self {
            store,
            process: NodeId::new(),
            inherited: AtomicBool::new(false),
            returned: Arc::new(Returned::new(Arc::clone(&changed))),
            changed,
        }
    }

    /// Takes what is ready now; else says when something may be.
    async fn take_ready(&self, max: usize) -> Result<Ready> {
        let (clock, returned) = (Arc::clone(&self.store.clock), Arc::clone(&self.returned));
        let inherit = !self.inherited.load(Ordering::Acquire);
        let process = self.process;
        let take = self.store.write(Lane::Background, move |conn| {
            let now = to_millis(clock.now());
            let taker = Taker { conn, process, now };
            if inherit {
                taker.inherit()?;
            }
            taker.give_back(&returned.take())?;
            let deliveries = taker.take(max)?;
            let next = taker.next()?;
            Ok((Handed::new(deliveries, returned), next))
        });
        let (handed, next) = take.await?;
        self.inherited.store(true, Ordering::Release);
        Ok(match handed.keep() {
            none if none.is_empty() => Ready::At(next),
            deliveries => Ready::Now(deliveries),
        })
    }

    /// How long to sleep until `next`.
    fn until(&self, next: Timestamp) -> Duration {
        let left = next.duration_since(self.store.now());
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        left.clamp(Duration::from_millis(1), LONGEST_SLEEP)
    }
}

enum Ready {
    Now(Vec<Delivery>),
    At(Option<Timestamp>),
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn publish_jobs(&self, jobs: Vec<Job>) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let clock = Arc::clone(&self.store.clock);
        self.store
            .write(Lane::Background, move |conn| {
                Ok(table::publish(conn, &jobs, to_millis(clock.now()))?)
            })
            .await?;
        self.changed.notify_waiters();
        Ok(())
    }

    async fn take_jobs(&self, max: usize) -> Result<Vec<Delivery>> {
        loop {
            let changed = self.changed.notified();
            let mut changed = std::pin::pin!(changed);
            // From here on, so that nothing published between looking and sleeping is missed.
            changed.as_mut().enable();
            match self.take_ready(max.max(1)).await? {
                Ready::Now(deliveries) => return Ok(deliveries),
                Ready::At(None) => changed.await,
                Ready::At(Some(next)) => {
                    tokio::select! {
                        () = changed => {}
                        () = sleep(self.until(next)) => {}
                    }
                }
            }
        }
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let again = |settled: &Settled| matches!(settled.outcome, Outcome::Retry { .. });
        let again = settled.iter().any(again);
        let clock = Arc::clone(&self.store.clock);
        self.store
            .write(Lane::Background, move |conn| {
                Ok(table::settle(conn, &settled, to_millis(clock.now()))?)
            })
            .await?;
        if again {
            self.changed.notify_waiters();
        }
        Ok(())
    }

    async fn depth(&self) -> Result<QueueDepth> {
        self.store.read(|conn| Ok(table::depth(conn)?)).await
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<SetAside>> {
        let read = self.store.read(move |conn| Ok(table::aside(conn, limit)?));
        read.await
    }
}
