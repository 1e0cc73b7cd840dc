//! What is live in this process: who listens, and how rows reach them.

mod pump;
mod recent;

use std::sync::Arc;

use domain::{
    Error, Limits, NodeId, Result, RoomId, Row, Seq,
    ports::{Bus, BusEvent, BusMessage, Cache, Ports, Store},
};
use tokio::{
    sync::OnceCell,
    time::{Duration, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{pump::Pump, recent::Fills};
use crate::{
    Task,
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
    node: NodeId,
    bus: Arc<dyn Bus>,
    cache: Arc<dyn Cache>,
    store: Arc<dyn Store>,
    fills: Fills,
    epoch: OnceCell<Uuid>,
}

impl Live {
    /// The live side of the process `node`. Nothing moves until its [`Live::tasks`] run.
    #[must_use]
    pub fn new(node: NodeId, ports: &Ports) -> Arc<Self> {
        Arc::new(Self {
            hub: Hub::new(),
            cards: Cards::new(Arc::clone(&ports.store)),
            notifier: Notifier::new(Arc::clone(&ports.store)),
            heartbeats: Heartbeats::new(),
            node,
            bus: Arc::clone(&ports.bus),
            cache: Arc::clone(&ports.cache),
            store: Arc::clone(&ports.store),
            fills: Fills::default(),
            epoch: OnceCell::new(),
        })
    }

    /// What runs behind it until `stop`: the mender of holes, the pump from the bus, and the
    /// heartbeats.
    #[must_use]
    pub fn tasks(self: &Arc<Self>, stop: &CancellationToken) -> Vec<Task> {
        let (hub, store, cards) = (&self.hub, &self.store, &self.cards);
        let mender = Mender::new(Arc::clone(hub), Arc::clone(store), Arc::clone(cards));
        let pump = Pump::new(Arc::clone(self));
        let heartbeats = Arc::clone(&self.heartbeats);
        let end = stop.clone();
        vec![
            Task::new("mender", mender.run(stop.clone())),
            Task::new("bus pump", pump.run(stop.clone())),
            Task::new("heartbeats", async move { heartbeats.run(end).await }),
        ]
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
    /// news for them up to a row.
    pub async fn news(&self, room: RoomId, seq: Seq) {
        self.notifier.news(room, seq);
        self.publish(BusEvent::News { room, seq }).await;
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
