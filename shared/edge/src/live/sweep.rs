//! What the bus lost, found in the store.
//!
//! The bus makes delivery fast and may lose anything; the store says what is true. Where processes
//! share a store, each looks back into it once a period: for rooms with new rows, and for logins
//! that ended. So the cost follows the traffic. What no row tells, and what came late into the
//! store, is looked for in rounds.

use std::sync::Arc;

use domain::{Head, Result, RoomId, Timestamp, UserId};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Live, round::Round};
use crate::in_time;

/// How often the store is looked into. Each look goes a period further back than the one before
/// began: a row may be on its way for a while.
const PERIOD: Duration = Duration::from_secs(5);

/// How many periods pass until every room and every listener had its turn: five minutes.
const TURNS: usize = 60;

/// How long the store may be away before nothing is delivered any more, and how often it is tried.
const AWAY: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(1);

/// Rooms that are asked for at once, rows of one read, and reads at a time.
const ROOMS: usize = 500;
const ROWS: usize = 1_000;
const AT_A_TIME: usize = 16;

/// Counts what was lost on the way and is made good from the store.
pub(crate) fn healed(what: &'static str, count: usize) {
    metrics::counter!("hubbub_healed_total", "what" => what).increment(count as u64);
}

/// The task that looks. It keeps nothing that it cannot do without.
pub(super) struct Sweep {
    live: Arc<Live>,
    /// When the last look began that found everything, in store time.
    looked: Option<Timestamp>,
    /// Since when the store does not answer.
    away: Option<Instant>,
    rooms: Round<RoomId>,
    users: Round<UserId>,
}

impl Sweep {
    pub(super) fn new(live: Arc<Live>) -> Self {
        Self {
            live,
            looked: None,
            away: None,
            rooms: Round::of(TURNS),
            users: Round::of(TURNS),
        }
    }

    /// Looks once a period until `stop`. Who has the store alone heard everything.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        if !self.live.store.is_shared() {
            return stop.cancelled().await;
        }
        let looking = async {
            loop {
                let pause = self.look_once().await;
                sleep(pause).await;
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    /// Looks, and sees to it that nothing is delivered while that cannot be done. Answers with the
    /// pause to the next look.
    async fn look_once(&mut self) -> Duration {
        match self.look().await {
            Ok(()) => {
                self.away = None;
                if self.live.hub.go_on() {
                    tracing::info!("the store is back: delivery goes on");
                    self.live.mend().await;
                }
                PERIOD
            }
            Err(error) => {
                let since = *self.away.get_or_insert_with(Instant::now);
                if since.elapsed() >= AWAY && self.live.hub.pause() {
                    tracing::warn!(%error, "the store is away: nothing is delivered");
                }
                AGAIN
            }
        }
    }

    /// Looks once for everything.
    pub(super) async fn look(&mut self) -> Result<()> {
        let now = self.live.clock.now();
        let looked = self.looked.unwrap_or(now - PERIOD).min(now);
        self.look_back(looked - PERIOD).await?;
        self.live.keys.doubt();
        self.look_round().await?;
        self.looked = Some(now);
        Ok(())
    }

    /// Looks for rooms in which something was stored since a moment.
    async fn look_back(&self, since: Timestamp) -> Result<()> {
        let mut after = None;
        loop {
            let heads = in_time(self.live.store.since(since, after, ROOMS)).await?;
            after = heads.last().map(|head| head.room);
            let more = heads.len() == ROOMS;
            self.compare(heads).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn compare(&self, heads: Vec<Head>) -> Result<()> {
        let compared = stream::iter(heads).map(|head| self.live.compare(head));
        compared.buffer_unordered(AT_A_TIME).try_collect().await
    }

    /// Looks at those rooms and listeners whose turn it is.
    async fn look_round(&mut self) -> Result<()> {
        let live = &self.live;
        let mut rooms = live.hub.live_rooms();
        rooms.extend(live.notifier.watched_rooms());
        let (rooms, over) = self.rooms.turn(rooms);
        live.note_heads(&rooms).await?;
        if over {
            live.cards.forget();
        }
        let (users, _) = self.users.turn(live.notifier.listening_users());
        users
            .into_iter()
            .for_each(|user| live.notifier.relist(user));
        Ok(())
    }
}

impl Live {
    /// Asks the store for everything that may have been lost on the way: this process was cut off
    /// from the others, or from the store.
    pub(super) async fn mend(&self) {
        self.cards.forget();
        self.notifier.relist_all();
        self.keys.doubt();
        if let Err(error) = self.note_heads(&self.hub.live_rooms()).await {
            tracing::warn!(%error, "the heads of live rooms could not be read");
        }
    }

    /// Asks the store how far rooms have gone; the mender reads what is missing.
    async fn note_heads(&self, rooms: &[RoomId]) -> Result<()> {
        for rooms in rooms.chunks(ROOMS) {
            for head in in_time(self.store.heads(rooms)).await? {
                self.hub.note_head(head);
                self.notifier.note_head(head);
            }
        }
        Ok(())
    }

    /// Takes what the store says of a room's end. What was not heard of a room that nobody here is
    /// in is shown, too: it may say who came in.
    async fn compare(&self, head: Head) -> Result<()> {
        self.notifier.note_head(head);
        let Some(after) = self.hub.compare(head) else {
            return Ok(());
        };
        if !self.is_anybody_here() {
            self.hub.note_head(head);
            return Ok(());
        }
        let mut rows = in_time(self.store.rows(head.room, after, ROWS)).await?;
        // Who came in before this process began was in the room when their sessions read the store.
        rows.retain(|row| row.created_at >= self.began);
        self.show(head.room, rows).await;
        self.hub.note_head(head);
        Ok(())
    }

    /// Whether anybody has a session here that follows them into rooms.
    fn is_anybody_here(&self) -> bool {
        self.hub.has_followers() || self.notifier.has_listeners()
    }
}
