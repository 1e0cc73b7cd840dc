//! Finds rows that are still marked: their process died, or the queue was away.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Envelope, Result, RoomId, Row, Seq,
    ports::{Clock, Log},
};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Publisher;

/// How often marked rows are looked for, and how old a mark must be, in store time: the row's own
/// process had so long to publish it.
const PERIOD: Duration = Duration::from_secs(5);

/// How many marked rows are taken at once.
const BATCH: usize = 256;

/// Tells the sockets of all processes of rows that nobody may have told them of.
#[async_trait]
pub trait Retell: Send + Sync {
    /// Tells of rows of one room, rising. Those who know them already ignore it.
    async fn retell(&self, rows: Vec<Row>);
}

/// Publishes rows whose marks have become old, to the queue and to the sockets.
#[derive(Clone)]
pub struct Sweep {
    /// Publishes them.
    pub publisher: Publisher,
    /// Where the rows themselves are read.
    pub log: Arc<dyn Log>,
    /// Who is told of them.
    pub retell: Arc<dyn Retell>,
    /// Tells how old a mark is.
    pub clock: Arc<dyn Clock>,
}

impl Sweep {
    /// Sweeps once a period until `stop`, the first time at once.
    pub async fn run(self, stop: CancellationToken) {
        let sweeping = async {
            loop {
                if let Err(error) = self.sweep().await {
                    warn!(error = &error as &dyn std::error::Error, "sweep failed");
                }
                time::sleep(PERIOD).await;
            }
        };
        stop.run_until_cancelled(sweeping).await;
    }

    /// Publishes all rows whose marks are old; says how many there were.
    ///
    /// # Errors
    /// Those of store and queue. What was not cleared is found again.
    pub async fn sweep(&self) -> Result<usize> {
        let mut swept = 0;
        loop {
            let before = self.clock.now() - PERIOD;
            let marked = self.publisher.outbox.marked(before, BATCH).await?;
            swept += marked.len();
            self.publisher.publish(&marked).await?;
            self.retell(&marked).await?;
            self.publisher.clear(&marked).await?;
            if marked.len() < BATCH {
                return Ok(swept);
            }
        }
    }

    async fn retell(&self, marked: &[Envelope]) -> Result<()> {
        let mut rooms: BTreeMap<RoomId, Vec<Seq>> = BTreeMap::new();
        for envelope in marked {
            rooms.entry(envelope.room).or_default().push(envelope.seq);
        }
        for (room, mut seqs) in rooms {
            seqs.sort_unstable();
            for run in seqs.chunk_by(|a, b| a + 1 == *b) {
                let rows = self
                    .log
                    .rows(room, run[0].saturating_sub(1), run.len())
                    .await?;
                self.retell.retell(rows).await;
            }
        }
        Ok(())
    }
}
