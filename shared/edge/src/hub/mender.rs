//! Reads from the store what was lost on the way.

use std::sync::Arc;

use domain::{Code, Error, Result, RoomId, Seq, ports::Store};
use futures_util::{StreamExt, stream};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;

use super::{Hub, holes::Hole};
use crate::{cards::Cards, in_time, live::healed, locks::lock};

/// How long a room may stand still before its sessions are told to come back.
const GIVE_UP: Duration = Duration::from_secs(5);

/// How long to wait after a read that failed.
const RETRY: Duration = Duration::from_millis(250);

/// Rows of one read, and rooms that are read at a time.
const PAGE: usize = 200;
const AT_A_TIME: usize = 16;

/// The task that reads missing rows from the store and delivers them.
pub struct Mender {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    cards: Arc<Cards>,
}

impl Mender {
    /// A mender of one hub.
    #[must_use]
    pub fn new(hub: Arc<Hub>, store: Arc<dyn Store>, cards: Arc<Cards>) -> Self {
        Self { hub, store, cards }
    }

    /// Mends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let due = tokio::select! {
                () = stop.cancelled() => return,
                due = self.hub.holes.due() => due,
            };
            let mend = |(room, hole)| self.mend(room, hole);
            stream::iter(due).for_each_concurrent(AT_A_TIME, mend).await;
        }
    }

    async fn mend(&self, room: RoomId, hole: Hole) {
        let Err(error) = self.fill(room).await else {
            return self.hub.holes.forget(room);
        };
        if self.waits_out(&error) || hole.since.elapsed() < GIVE_UP {
            return self.hub.holes.postpone(room, RETRY);
        }
        tracing::warn!(%room, %error, "giving up a room whose log cannot be read");
        self.hub.lose(room);
    }

    /// Whether an error passes by itself: a store that others work on, too, comes back, and until
    /// then the hub pauses.
    fn waits_out(&self, error: &Error) -> bool {
        error.code() == Code::Unavailable && self.store.is_shared()
    }

    /// Reads until nothing is missing.
    async fn fill(&self, room: RoomId) -> Result<()> {
        while let Some(last) = self.hub.hole(room) {
            let read = self.store.rows(room, last, PAGE);
            let rows = in_time(read).await?;
            let Some(first) = rows.first().map(|row| row.seq) else {
                return Err(Error::internal(
                    "a row was announced that the log does not have",
                ));
            };
            self.hub.pass_over(room, last, first);
            healed("rows", rows.len());
            let scenes = self.cards.scenes(rows).await;
            self.hub.hand_out(room, scenes);
        }
        Ok(())
    }
}

impl Hub {
    /// The last row before a hole in a room, if there is one.
    fn hole(&self, room: RoomId) -> Option<Seq> {
        let state = self.rooms.get(&room).map(|state| Arc::clone(&state))?;
        lock(&state).hole()
    }

    /// Passes over old changes between `after` and `first` that the store has dropped. Nobody who
    /// is live waits for rows so old, unless this process stood still for days: then they are told
    /// to come back, and hear on their resume that something is missing.
    fn pass_over(&self, room: RoomId, after: Seq, first: Seq) {
        let state = self.rooms.get(&room).map(|state| Arc::clone(&state));
        if state.is_some_and(|state| !lock(&state).pass_over(after, first)) {
            self.lose(room);
        }
    }
}
