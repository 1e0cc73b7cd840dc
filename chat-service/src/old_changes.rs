//! Drops old changes from the logs of all rooms, a little at a time.

use std::{sync::Arc, time::Duration};

use domain::{
    Result, Timestamp,
    ports::{Clock, Log},
};
use edge::Context;
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// How often old changes are looked for. A pass looks at the newest row of each quiet room again,
/// so it is not made more often than a day's changes are worth.
const PERIOD: Duration = Duration::from_secs(DAY);

/// How long to wait after a pass that failed.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// How many changes are looked at at once.
const SLICE: usize = 100;

/// The pause after each slice, so that the store serves others.
const PAUSE: Duration = Duration::from_millis(50);

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Drops changes that are older than the setting says. Several processes may do so side by side.
#[derive(Clone)]
pub(crate) struct OldChanges {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    kept: Duration,
}

impl OldChanges {
    pub(crate) fn new(ctx: &Context) -> Self {
        Self {
            log: ctx.ports.store.clone(),
            clock: ctx.ports.clock.clone(),
            kept: Duration::from_secs(u64::from(ctx.limits.change_days) * DAY),
        }
    }

    /// Makes a pass once a period until `stop`, the first at once.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let passes = async {
            loop {
                let pause = match self.pass().await {
                    Ok(rows) => {
                        debug!(rows, "dropped old changes");
                        PERIOD
                    }
                    Err(error) => {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "old changes stay for now"
                        );
                        AGAIN
                    }
                };
                time::sleep(pause).await;
            }
        };
        stop.run_until_cancelled(passes).await;
    }

    /// Drops all changes that are old by now; says how many.
    async fn pass(&self) -> Result<u64> {
        let before = self.clock.now().checked_sub(self.kept);
        let before = before.unwrap_or(Timestamp::MIN);
        let (mut rows, mut after) = (0, None);
        loop {
            let dropped = self.log.drop_changes(before, after, SLICE).await?;
            rows += dropped.rows;
            if dropped.next.is_none() {
                return Ok(rows);
            }
            after = dropped.next;
            time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{RowId, UserId};
    use testkit::builders::{bare_channel, join, message};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn changes_go_when_their_days_are_over() {
        let world = World::with(|settings| settings.limits.change_days = 2);
        let store = &world.ctx.ports.store;
        let room = store.create_room(bare_channel("lobby")).await.unwrap().id;
        let joins = (0..SLICE + 1).map(|_| join(UserId::new(), 1));
        let rows = joins.chain([message(UserId::new(), "hello")]);
        store.append(room, rows.collect()).await.unwrap();
        let marked = store.marked(Timestamp::MAX, 1_000).await.unwrap();
        let marked: Vec<RowId> = marked.iter().map(|envelope| envelope.id).collect();
        store.clear_marks(&marked).await.unwrap();
        let old = OldChanges::new(&world.ctx);
        world.clock.advance(Duration::from_secs(2 * DAY));
        assert_eq!(old.pass().await.unwrap(), 0, "two days are not over");
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(old.pass().await.unwrap(), SLICE as u64 + 1);
        let left = store.rows(room, 0, 10).await.unwrap();
        assert_eq!(left.len(), 1, "what was said stays");
        assert_eq!(old.pass().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn the_longest_time_that_can_be_set_is_for_ever() {
        let world = World::with(|settings| settings.limits.change_days = u32::MAX);
        assert_eq!(OldChanges::new(&world.ctx).pass().await.unwrap(), 0);
    }
}
