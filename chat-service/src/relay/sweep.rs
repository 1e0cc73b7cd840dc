//! Finds rows that are still marked: their process died, or the queue was away.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Envelope, NodeId, Result, RoomId, Seq,
    ports::{Clock, Leases},
};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::Publisher;

/// How often marked rows are looked for, and how old a mark must be, in store time: the row's own
/// process had so long to publish it.
const PERIOD: Duration = Duration::from_secs(5);

/// How soon it is tried again when the queue is away or a sweep failed.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// How many marked rows are asked for at once: that can cost as much as a look at all rows.
const LOOK: usize = 4_000;

/// How many of them are published, and cleared, at once.
const BATCH: usize = 1_000;

/// The lease of the process that works off more than that, as after an outage of the queue; it is
/// renewed with each look.
const BACKLOG: &str = "relay:backlog";
const LEASE: Duration = Duration::from_secs(10);

/// Tells the sockets of all processes of rows that nobody may have told them of. The rows
/// themselves are not shown again: some are long past, and so is who came in by them.
#[async_trait]
pub trait Retell: Send + Sync {
    /// Tells that a room has rows up to one. Those who know them already ignore it.
    async fn retell(&self, room: RoomId, seq: Seq);
}

/// Publishes rows whose marks have become old, to the queue and to the sockets.
#[derive(Clone)]
pub struct Sweep {
    /// Publishes them.
    pub publisher: Publisher,
    /// Who is told of them.
    pub retell: Arc<dyn Retell>,
    /// Tells how old a mark is.
    pub clock: Arc<dyn Clock>,
    /// Tell who works a backlog off.
    pub leases: Arc<dyn Leases>,
    /// This process.
    pub node: NodeId,
}

impl Sweep {
    /// Sweeps once a period until `stop`, the first time at once.
    pub async fn run(self, stop: CancellationToken) {
        let sweeping = async {
            loop {
                time::sleep(self.sweep_if_heard().await).await;
            }
        };
        stop.run_until_cancelled(sweeping).await;
    }

    /// Sweeps, unless the queue is away: the store need not say again and again what cannot be
    /// published. Tells how long to rest.
    pub(super) async fn sweep_if_heard(&self) -> Duration {
        if self.publisher.queue.depth().await.is_err() {
            return RETRY;
        }
        match self.sweep().await {
            Ok(_) => PERIOD,
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "sweep failed");
                RETRY
            }
        }
    }

    /// Publishes all rows whose marks are old, but for a backlog that another process works off;
    /// says how many there were.
    ///
    /// # Errors
    /// Those of store and queue. What was not cleared is found again.
    pub async fn sweep(&self) -> Result<usize> {
        let (mut swept, mut leased) = (0, false);
        loop {
            let before = self.clock.now() - PERIOD;
            let marked = self.publisher.outbox.marked(before, LOOK).await?;
            if marked.len() > BATCH {
                leased = self.is_ours().await;
                if !leased {
                    return Ok(swept);
                }
            }
            self.publish(&marked).await?;
            swept += marked.len();
            if marked.len() < LOOK {
                self.end_backlog(leased).await;
                return Ok(swept);
            }
        }
    }

    /// Publishes rows, and clears the marks of some while the next are published.
    async fn publish(&self, marked: &[Envelope]) -> Result<()> {
        let mut published: &[Envelope] = &[];
        for batch in marked.chunks(BATCH) {
            let clearing = self.publisher.clear(published);
            let (cleared, told) = tokio::join!(clearing, self.publisher.publish(batch));
            cleared.and(told)?;
            self.retell(batch).await;
            published = batch;
        }
        self.publisher.clear(published).await
    }

    /// Whether this process is to work the backlog off. The lease only saves the others the same
    /// work: where it cannot be asked for, or runs out in between, two may do it, and publish twice.
    async fn is_ours(&self) -> bool {
        let lease = self.leases.acquire_lease(BACKLOG, self.node.uuid(), LEASE);
        !matches!(lease.await, Ok(None))
    }

    async fn end_backlog(&self, leased: bool) {
        if leased && let Err(error) = self.leases.release_lease(BACKLOG, self.node.uuid()).await {
            debug!(%error, "the lease of the backlog runs out by itself");
        }
    }

    async fn retell(&self, marked: &[Envelope]) {
        let mut rooms: BTreeMap<RoomId, Seq> = BTreeMap::new();
        for envelope in marked {
            let last = rooms.entry(envelope.room).or_default();
            *last = envelope.seq.max(*last);
        }
        for (room, seq) in rooms {
            self.retell.retell(room, seq).await;
        }
    }
}
