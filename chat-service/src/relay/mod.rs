//! From the log to the queue: what was stored is published, at least once.
//!
//! The mark on a row is the truth; the memory here only makes it fast. Rows come straight from
//! their writer, and what memory loses (a full buffer, a crash, a queue that is away) is found by
//! its mark after a few seconds.

mod marks;
mod sweep;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    Envelope, Error, Limits, Result, RowId, TenantId,
    ports::{Job, Outbox, Queue},
};
use edge::trace;
use tokio::{sync::mpsc, time};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, warn};

pub use sweep::{Retell, Sweep};

use crate::writer::Stored;

/// How many rows may wait for the queue in memory.
const CAPACITY: usize = 4_096;

/// How many rows are published at once.
const BATCH: usize = 256;

/// How long the relay rests when the queue is away.
const REST: Duration = Duration::from_secs(1);

/// Takes stored rows for the relay. Cheap to clone; never waits.
#[derive(Clone)]
pub struct HandOver {
    sender: mpsc::Sender<Envelope>,
}

impl HandOver {
    /// Hands rows over that were stored just now. What does not fit is left to the sweep.
    pub fn rows(&self, tenant: &TenantId, rows: &[Stored]) {
        let fits = |row: &&Stored| self.sender.try_send(envelope(tenant, row)).is_ok();
        let taken = rows.iter().take_while(fits).count();
        if taken < rows.len() {
            metrics::counter!("hubbub_relay_overflow_total").increment((rows.len() - taken) as u64);
        }
    }
}

fn envelope(tenant: &TenantId, Stored { row, trace }: &Stored) -> Envelope {
    Envelope::row(tenant.clone(), row.room, row.id, row.seq, row.created_at).within(*trace)
}

/// Publishes what is handed over. The marks are cleared beside it: nobody waits for that.
pub struct Relay {
    publisher: Publisher,
    waiting: mpsc::Receiver<Envelope>,
}

impl Relay {
    /// Makes a relay and the end that rows are handed to.
    #[must_use]
    pub fn new(publisher: Publisher) -> (HandOver, Self) {
        let (sender, waiting) = mpsc::channel(CAPACITY);
        (HandOver { sender }, Self { publisher, waiting })
    }

    /// Publishes until `stop`, and then what was handed over before it, and clears all their marks.
    pub async fn run(self, stop: CancellationToken) {
        let (published, waiting) = mpsc::channel(CAPACITY);
        let clearing = marks::clear(self.publisher.clone(), waiting);
        tokio::join!(self.publish_until(stop, published), clearing);
    }

    async fn publish_until(mut self, stop: CancellationToken, published: mpsc::Sender<Envelope>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                taken = self.waiting.recv_many(&mut batch, BATCH) => if taken == 0 { return },
                () = stop.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
            }
            if self.publisher.publish(&batch).await.is_err() {
                stop.run_until_cancelled(time::sleep(REST)).await;
                batch.clear();
            }
            for envelope in batch.drain(..) {
                // Whoever clears the marks outlives this.
                let _ = published.send(envelope).await;
            }
        }
    }
}

/// Puts envelopes on the queue, and takes the marks off their rows.
#[derive(Clone)]
pub struct Publisher {
    /// Where the marks are.
    pub outbox: Arc<dyn Outbox>,
    /// Where envelopes go.
    pub queue: Arc<dyn Queue>,
}

impl Publisher {
    /// Publishes envelopes. From the answer on the queue has them.
    ///
    /// # Errors
    /// Those of the queue, `unavailable` after [`Limits::PUBLISH`].
    pub async fn publish(&self, batch: &[Envelope]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let job = |envelope: &Envelope| Job {
            id: envelope.key(),
            body: envelope.encode(),
        };
        let jobs = batch.iter().map(job).collect();
        let span = trace::publish(batch.len(), batch.iter().filter_map(|hint| hint.trace));
        let publishing = self.queue.publish_jobs(jobs).instrument(span.clone());
        let published = time::timeout(Limits::PUBLISH, publishing).await;
        let published = published.unwrap_or_else(|late| Err(Error::unavailable(late)));
        trace::finish(&span, &published);
        count("published", batch.len(), published)
    }

    /// Clears the marks of rows that were published.
    ///
    /// # Errors
    /// Those of the store; the marks stay then, and the rows are published again.
    pub async fn clear(&self, batch: &[Envelope]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let ids: Vec<RowId> = batch.iter().map(|envelope| envelope.id).collect();
        count("cleared", ids.len(), self.outbox.clear_marks(&ids).await)
    }
}

/// Counts what became of a batch, and logs why it failed.
fn count(step: &'static str, rows: usize, result: Result<()>) -> Result<()> {
    let outcome = if result.is_ok() { "done" } else { "failed" };
    metrics::counter!("hubbub_relay_rows_total", "step" => step, "outcome" => outcome)
        .increment(rows as u64);
    result.inspect_err(|error| {
        warn!(
            step,
            rows,
            error = error as &dyn std::error::Error,
            "rows stay marked and will be published again"
        );
    })
}
