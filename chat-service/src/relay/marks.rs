//! Takes the marks off rows that were published, many with one write.

use std::time::Duration;

use domain::Envelope;
use tokio::{sync::mpsc, time};

use super::Publisher;

/// How long published rows wait for others, so that their marks are cleared together: much less
/// than the five seconds after which a mark counts as left behind.
const GATHER: Duration = Duration::from_millis(250);

/// How many marks are cleared at once.
const BATCH: usize = 1_000;

/// Clears the marks of rows that were published, until there will be no more. What could not be
/// cleared is published again.
pub(super) async fn clear(publisher: Publisher, mut published: mpsc::Receiver<Envelope>) {
    let mut batch = Vec::with_capacity(BATCH);
    while published.recv_many(&mut batch, BATCH).await > 0 {
        let gathering = gather(&mut published, &mut batch);
        // Late is as good as full.
        let _ = time::timeout(GATHER, gathering).await;
        // Failures are logged and counted where they happen.
        let _ = publisher.clear(&batch).await;
        batch.clear();
    }
}

async fn gather(published: &mut mpsc::Receiver<Envelope>, batch: &mut Vec<Envelope>) {
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        if published.recv_many(batch, room).await == 0 {
            return;
        }
    }
}
