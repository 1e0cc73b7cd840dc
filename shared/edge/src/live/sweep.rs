//! What the bus lost, found in the store.
//!
//! The bus makes delivery fast and may lose anything; the store says what is true. Where processes
//! share a store, each looks back into it once a period: for rooms with new rows, and for logins
//! that ended. So the cost follows the traffic. What no row tells, and what came late into the
//! store, is looked for in rounds.

use std::sync::Arc;

use domain::{Code, Error, Head, Result, RoomId, Timestamp, UserId};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Duration, Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{Live, round::Round};

/// How often the store is looked into. Each look goes a period further back than the one before
/// began: a row may be on its way for a while.
const PERIOD: Duration = Duration::from_secs(5);

/// How many periods pass until every room and every listener had its turn: five minutes.
const TURNS: usize = 60;

/// How often a store that does not answer is tried, and how often one that does is asked for a word
/// between two looks.
const AGAIN: Duration = Duration::from_secs(1);

/// How long it may take to say that. Twice this is less than what makes it count as away, so that
/// one connection that hangs does not.
const WORD: Duration = Duration::from_secs(2);

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
    rooms: Round<RoomId>,
    users: Round<UserId>,
}

impl Sweep {
    pub(super) fn new(live: Arc<Live>) -> Self {
        Self {
            live,
            looked: None,
            rooms: Round::of(TURNS),
            users: Round::of(TURNS),
        }
    }

    /// Looks once a period until `stop`. Who has the store alone heard everything.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        if !self.live.store.is_shared() {
            return stop.cancelled().await;
        }
        self.live.word.note();
        let looking = async {
            loop {
                let pause = self.look_once().await;
                self.rest(pause).await;
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    /// Looks, and sees to it that nothing is delivered while that cannot be done. Answers with the
    /// pause to the next look.
    async fn look_once(&mut self) -> Duration {
        match self.look_unless_silent().await {
            Ok(()) => {
                if self.live.hub.go_on() {
                    tracing::info!("the store is back: delivery goes on");
                    self.live.mend().await;
                }
                PERIOD
            }
            Err(error) => {
                if self.live.word.is_missing() && self.live.pause() {
                    tracing::warn!(%error, "the store is away: nothing is delivered");
                }
                AGAIN
            }
        }
    }

    /// Looks, but gives up when the store falls silent. Once that is known it is waited for.
    async fn look_unless_silent(&mut self) -> Result<()> {
        let live = Arc::clone(&self.live);
        tokio::select! {
            looked = self.look() => looked,
            () = live.word.missing(), if !live.hub.is_paused() => {
                Err(Error::unavailable("the store is silent"))
            }
        }
    }

    /// Waits for the next look; no longer when the store gives no word of itself meanwhile.
    async fn rest(&self, pause: Duration) {
        let over = Instant::now() + pause;
        while Instant::now() + AGAIN < over {
            sleep(AGAIN).await;
            let asked = timeout(WORD, self.live.ask_for_a_word()).await;
            if !asked.is_ok_and(|answer| answer.is_ok()) {
                return;
            }
        }
        sleep_until(over).await;
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
            let heads = self.live.store.since(since, after, ROOMS);
            let heads = self.live.word.by(heads).await?;
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
    /// Stops delivering what is announced, and tells every session so, once: says whether it was
    /// not paused already.
    pub(super) fn pause(&self) -> bool {
        let paused = self.hub.pause();
        if paused {
            // Some hear rooms and news both.
            let mut sessions = self.hub.subscribers();
            sessions.extend(self.notifier.subscribers());
            let error = Error::new(Code::Unavailable);
            sessions.values().for_each(|session| session.refuse(&error));
        }
        paused
    }

    /// Asks the store for what costs it next to nothing.
    async fn ask_for_a_word(&self) -> Result<()> {
        let newest = self.store.since(self.clock.now(), None, 1);
        self.word.by(newest).await.map(drop)
    }

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
            for head in self.word.by(self.store.heads(rooms)).await? {
                self.hub.note_head(head);
                self.notifier.news(head.room, head.seq);
            }
        }
        Ok(())
    }

    /// Takes what the store says of a room's end. What was not heard of a room that nobody here is
    /// in is shown, too: it may say who came in.
    async fn compare(&self, head: Head) -> Result<()> {
        self.notifier.news(head.room, head.seq);
        let Some(after) = self.hub.compare(head) else {
            return Ok(());
        };
        if !self.is_anybody_here() {
            self.hub.note_head(head);
            return Ok(());
        }
        let rows = self.store.rows(head.room, after, ROWS);
        let mut rows = self.word.by(rows).await?;
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
