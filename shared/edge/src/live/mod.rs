//! What is live in this process: who listens, and how rows reach them.

mod keys;
mod presence;
mod pump;
mod receipts;
mod recent;
mod round;
mod sizes;
mod sweep;
mod telling;
#[cfg(test)]
mod tests;
mod typing;
mod visits;
mod word;

use std::sync::Arc;

use domain::{
    Card, Error, Limits, NodeId, Result, RoomId, Row, Seq, Timestamp, UserId, Visit,
    ports::{Bus, BusEvent, BusMessage, Cache, Clock, Ports, Presences, Store},
};
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Mutex, OnceCell, broadcast::error::RecvError},
    time::{Duration, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::sweep::healed;
pub(crate) use self::{keys::KeyWatch, presence::Attending, visits::Visiting};
pub use self::{keys::Keys, presence::Attendance, receipts::Receipts, typing::Typing};
use self::{pump::Pump, recent::Fills, sizes::Sizes, sweep::Sweep, word::Word};
use crate::{
    Authenticator, Context, Task,
    cards::Cards,
    heartbeat::Heartbeats,
    hub::{Hub, Mender},
    notifier::Notifier,
};

/// How long a publish on the bus may hold up a room. What is lost is read from the store.
const BUS_CALL: Duration = Duration::from_millis(250);

/// The live side of a process: one hub, and the ways into and out of it.
pub struct Live {
    /// The rooms that somebody here listens to.
    pub hub: Arc<Hub>,
    /// What people are called.
    pub cards: Arc<Cards>,
    /// The notification listeners.
    pub notifier: Arc<Notifier>,
    /// Asks quiet sessions whether they are still there.
    pub heartbeats: Arc<Heartbeats>,
    /// Which sessions live by which token.
    pub keys: Arc<Keys>,
    /// How far members are, before it is stored and told.
    pub receipts: Receipts,
    /// Who types where.
    pub typing: Typing,
    /// Who has sessions here.
    pub attendance: Attendance,
    /// Which conversations have their socket open here, and by whom.
    pub visits: Attendance<Visit>,
    /// Whoever says outside what is open or closed has it meanwhile.
    visits_turn: Mutex<()>,
    node: NodeId,
    limits: Arc<Limits>,
    bus: Arc<dyn Bus>,
    cache: Arc<dyn Cache>,
    presences: Arc<dyn Presences>,
    visitors: Arc<dyn Presences<Visit>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// When this process began, in store time.
    began: Timestamp,
    /// When the sweep heard of the store.
    word: Word,
    sizes: Sizes,
    fills: Fills,
    epoch: OnceCell<Uuid>,
}

impl Live {
    /// The live side of the process `node`. Nothing moves until its [`Live::tasks`] run.
    #[must_use]
    pub fn new(node: NodeId, ports: &Ports, limits: Arc<Limits>) -> Arc<Self> {
        Arc::new(Self {
            hub: Hub::new(),
            cards: Cards::new(Arc::clone(&ports.store)),
            notifier: Notifier::new(Arc::clone(&ports.store)),
            heartbeats: Heartbeats::new(),
            keys: Arc::default(),
            receipts: Receipts::default(),
            typing: Typing::new(limits.typing_per_second),
            attendance: Attendance::default(),
            visits: Attendance::default(),
            visits_turn: Mutex::default(),
            node,
            bus: Arc::clone(&ports.bus),
            cache: Arc::clone(&ports.cache),
            presences: Arc::clone(&ports.presences),
            visitors: Arc::clone(&ports.visitors),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            began: ports.clock.now(),
            word: Word::begin(),
            sizes: Sizes::new(Arc::clone(&ports.store), limits.small_room),
            limits,
            fills: Fills::default(),
            epoch: OnceCell::new(),
        })
    }

    /// What runs behind it until the process stops: the mender of holes, the pump from the bus,
    /// the sweep where the store is shared, the heartbeats, the end of sessions whose token is
    /// revoked, and the owners of receipts, typing, presence and visits.
    #[must_use]
    pub fn tasks(ctx: &Context) -> Vec<Task> {
        let (live, stop) = (Arc::clone(&ctx.live), ctx.stop.clone());
        let auth = Arc::clone(&ctx.auth);
        let task = |name, begin: fn(Arc<Self>, CancellationToken) -> BoxFuture<'static, ()>| {
            let (live, stop) = (Arc::clone(&live), stop.clone());
            Task::restarting(name, move || begin(Arc::clone(&live), stop.clone()))
        };
        vec![
            task("mender", |live, stop| Box::pin(live.mender().run(stop))),
            task("bus pump", |live, stop| Box::pin(Pump::new(live).run(stop))),
            task("bus sweep", |live, stop| {
                Box::pin(Sweep::new(live).run(stop))
            }),
            task("heartbeats", |live, stop| {
                Box::pin(async move { live.heartbeats.run(stop).await })
            }),
            task("receipts", |live, stop| Box::pin(live.keep_receipts(stop))),
            task("typing", |live, stop| Box::pin(live.tell_typing(stop))),
            task("presence", |live, stop| Box::pin(live.keep_presence(stop))),
            task("visits", |live, stop| Box::pin(live.keep_visits(stop))),
            Task::restarting("revocations", {
                let (live, stop) = (Arc::clone(&live), stop.clone());
                move || {
                    let keys = Arc::clone(&live.keys);
                    keys.run(auth.revocations(), Arc::clone(&auth), stop.clone())
                }
            }),
            Task::restarting("names told", {
                let (live, stop) = (Arc::clone(&live), stop.clone());
                let auth = Arc::clone(&ctx.auth);
                move || Arc::clone(&live).tell_names(Arc::clone(&auth), stop.clone())
            }),
            Task::restarting("revocations told", {
                let (live, auth, stop) = (Arc::clone(&live), Arc::clone(&ctx.auth), stop.clone());
                move || Arc::clone(&live).tell_revocations(Arc::clone(&auth), stop.clone())
            }),
        ]
    }

    fn mender(&self) -> Mender {
        let store = Arc::clone(&self.store);
        Mender::new(Arc::clone(&self.hub), store, Arc::clone(&self.cards))
    }

    /// Shows rows of one room that were just appended: to the sessions here, to the cache, and to
    /// the other processes, in this order. Call it after the commit, for each room in the order
    /// of its log. It cannot fail: what is lost on the way is read from the store.
    pub async fn rows(&self, rows: Vec<Row>) {
        let Some(room) = rows.first().map(|row| row.room) else {
            return;
        };
        self.show(room, rows.clone()).await;
        let cached = timeout(Limits::CACHE_CALL, self.cache.add_recent(&rows));
        ignore("cache", cached.await.map_err(Error::unavailable).flatten());
        self.publish(BusEvent::Rows(rows)).await;
    }

    /// Tells the notification listeners, here and in the other processes, that a room may have
    /// news for them up to a row. The others look whether they delivered it, too.
    pub async fn news(&self, room: RoomId, seq: Seq) {
        self.notifier.news(room, seq);
        self.publish(BusEvent::News { room, seq }).await;
    }

    /// Tells all processes that a room's log has a row which nobody may have told them of: whoever
    /// listens and is behind it is told from the store.
    pub async fn retell(&self, room: RoomId, seq: Seq) {
        self.hub.hear_of(room, seq);
        self.news(room, seq).await;
    }

    /// Shows what somebody is called from now on, here and in the other processes.
    pub async fn renamed(&self, card: Card) {
        self.cards.know(card.clone());
        self.publish(BusEvent::Renamed(card)).await;
    }

    /// Ends the sockets of somebody who was deleted, here and in the other processes, whatever
    /// token they live by, and shows them as they are called from now on.
    pub async fn deleted(&self, card: Card) {
        let user = card.user;
        self.keys.end_user(user);
        self.renamed(card).await;
        self.publish(BusEvent::UserDeleted { user }).await;
    }

    /// Tells the other processes which tokens this one ends, until `stop`.
    async fn tell_revocations(self: Arc<Self>, auth: Arc<Authenticator>, stop: CancellationToken) {
        let mut ended = auth.revocations();
        while let Some(next) = stop.run_until_cancelled(ended.recv()).await {
            match next {
                Ok(ended) => self.publish(BusEvent::TokensEnded(ended.to_vec())).await,
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "other processes were not told of ended tokens");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Shows who got a name as they are called now, until `stop`.
    async fn tell_names(self: Arc<Self>, auth: Arc<Authenticator>, stop: CancellationToken) {
        let mut named = auth.namings();
        while let Some(next) = stop.run_until_cancelled(named.recv()).await {
            match next {
                Ok(card) => self.renamed(card).await,
                // Whoever was missed is looked up anew.
                Err(RecvError::Lagged(_)) => self.cards.forget(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Tells a user's notification listeners, here and in the other processes, to look anew: their
    /// rules changed, or something is kept for them that no room's log tells.
    pub async fn relist(&self, user: UserId) {
        self.notifier.relist(user);
        self.publish(BusEvent::Relist { user }).await;
    }

    /// The store's id: positions of another epoch mean nothing. Asked once.
    ///
    /// # Errors
    /// `unavailable` while the store is away and was never asked.
    pub async fn epoch(&self) -> Result<Uuid> {
        let asked = self.epoch.get_or_try_init(|| self.store.epoch());
        asked.await.copied()
    }

    /// Shows rows to the sessions of this process.
    async fn show(&self, room: RoomId, rows: Vec<Row>) {
        self.notifier.rows(&rows);
        self.sizes.note(&rows);
        let scenes = self.cards.scenes(rows).await;
        self.hub.deliver(room, scenes);
    }

    async fn publish(&self, event: BusEvent) {
        let origin = self.node;
        let published = timeout(BUS_CALL, self.bus.publish(BusMessage { origin, event }));
        ignore("bus", published.await.map_err(Error::unavailable).flatten());
    }
}

/// Forgives what the store makes good.
fn ignore(port: &'static str, done: Result<()>) {
    if let Err(error) = done {
        metrics::counter!("hubbub_live_losses_total", "port" => port).increment(1);
        tracing::debug!(port, %error, "lost on the way; the store has it");
    }
}
