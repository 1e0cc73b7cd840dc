//! The relay and the sweep, stopped at every step.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Envelope, Error, NodeId, Result, RoomId, RowId, Seq, Timestamp, TraceParent,
    ports::{Delivery, Job, Outbox, Queue, QueueDepth, SetAside, Settled},
};
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::{Publisher, Relay, Retell, Sweep, sweep::RETRY};
use crate::{testing::World, writer::Stored};

/// A queue that remembers, and can be away.
#[derive(Default)]
struct FakeQueue {
    away: AtomicBool,
    published: Mutex<Vec<Envelope>>,
}

#[async_trait]
impl Queue for FakeQueue {
    async fn publish_jobs(&self, jobs: Vec<Job>) -> Result<()> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::unavailable("away"));
        }
        let envelopes = jobs.iter().map(|job| Envelope::decode(&job.body).unwrap());
        self.published.lock().unwrap().extend(envelopes);
        Ok(())
    }

    async fn take_jobs(&self, _: usize) -> Result<Vec<Delivery>> {
        unreachable!("nobody consumes here")
    }

    async fn settle(&self, _: Vec<Settled>) -> Result<()> {
        unreachable!("nobody consumes here")
    }

    async fn depth(&self) -> Result<QueueDepth> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(Error::unavailable("away")),
            false => Ok(QueueDepth::default()),
        }
    }

    async fn set_aside(&self, _: usize) -> Result<Vec<SetAside>> {
        unreachable!("nobody asks here")
    }
}

/// An outbox whose marks cannot always be cleared.
struct FakeOutbox {
    real: Arc<dyn Outbox>,
    stuck: AtomicBool,
    reads: AtomicUsize,
    writes: AtomicUsize,
    /// Nothing is cleared while somebody has it.
    gate: RwLock<()>,
}

#[async_trait]
impl Outbox for FakeOutbox {
    async fn marked(&self, before: Timestamp, limit: usize) -> Result<Vec<Envelope>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.real.marked(before, limit).await
    }

    async fn clear_marks(&self, rows: &[RowId]) -> Result<()> {
        if self.stuck.load(Ordering::SeqCst) {
            return Err(Error::unavailable("stuck"));
        }
        let _open = self.gate.read().await;
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.real.clear_marks(rows).await
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<(RoomId, Seq)>>);

#[async_trait]
impl Retell for Told {
    async fn retell(&self, room: RoomId, seq: Seq) {
        self.0.lock().unwrap().push((room, seq));
    }
}

struct House {
    world: World,
    queue: Arc<FakeQueue>,
    outbox: Arc<FakeOutbox>,
    told: Arc<Told>,
    sweep: Sweep,
}

impl House {
    fn new() -> Self {
        let world = World::new();
        let queue = Arc::new(FakeQueue::default());
        let outbox = Arc::new(FakeOutbox {
            real: world.ctx.ports.store.clone(),
            stuck: AtomicBool::new(false),
            reads: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            gate: RwLock::default(),
        });
        let told = Arc::new(Told::default());
        let sweep = Sweep {
            publisher: Publisher {
                outbox: outbox.clone(),
                queue: queue.clone(),
            },
            retell: told.clone(),
            clock: world.ctx.ports.clock.clone(),
            leases: world.ctx.ports.store.clone(),
            node: NodeId::new(),
        };
        Self {
            world,
            queue,
            outbox,
            told,
            sweep,
        }
    }

    /// Three rows whose process died before anybody published them.
    async fn three_rows(&self) -> RoomId {
        let ann = self.world.person("ann").await;
        let room = self.world.channel(&ann, "lobby").await.room.id;
        self.world.say(&ann, room, "one").await;
        self.world.say(&ann, room, "two").await;
        room
    }

    fn published(&self) -> Vec<Seq> {
        let published = self.queue.published.lock().unwrap();
        published.iter().map(|envelope| envelope.seq).collect()
    }

    async fn marked(&self) -> usize {
        self.outbox.marked(Timestamp::MAX, 100).await.unwrap().len()
    }
}

#[tokio::test]
async fn rows_that_nobody_published_are_found_by_their_marks() {
    let house = House::new();
    let room = house.three_rows().await;
    assert_eq!(
        house.sweep.sweep().await.unwrap(),
        0,
        "their own process has its time"
    );
    house.world.clock.advance(Duration::from_secs(6));
    assert_eq!(house.sweep.sweep().await.unwrap(), 3);
    assert_eq!(house.published(), [1, 2, 3]);
    let told = house.told.0.lock().unwrap().clone();
    assert_eq!(told, [(room, 3)], "the sockets are told, too");
    assert_eq!(house.sweep.sweep().await.unwrap(), 0, "once");
}

#[tokio::test]
async fn what_was_published_and_not_cleared_is_published_again() {
    let house = House::new();
    house.three_rows().await;
    house.world.clock.advance(Duration::from_secs(6));
    house.outbox.stuck.store(true, Ordering::SeqCst);
    assert!(house.sweep.sweep().await.is_err());
    assert_eq!(house.marked().await, 3);
    house.outbox.stuck.store(false, Ordering::SeqCst);
    house.sweep.sweep().await.unwrap();
    assert_eq!(
        house.published(),
        [1, 2, 3, 1, 2, 3],
        "repeated, never lost"
    );
    assert_eq!(house.marked().await, 0);
}

#[tokio::test]
async fn while_the_queue_is_away_the_marks_stay() {
    let house = House::new();
    house.three_rows().await;
    house.world.clock.advance(Duration::from_secs(6));
    house.queue.away.store(true, Ordering::SeqCst);
    assert!(house.sweep.sweep().await.is_err());
    assert_eq!(house.marked().await, 3);
    house.queue.away.store(false, Ordering::SeqCst);
    assert_eq!(house.sweep.sweep().await.unwrap(), 3);
    assert_eq!(
        (house.published(), house.marked().await),
        (vec![1, 2, 3], 0)
    );
}

#[tokio::test]
async fn while_the_queue_is_away_the_store_is_left_alone_and_soon_afterwards_all_is_published() {
    let house = House::new();
    house.three_rows().await;
    house.world.clock.advance(Duration::from_secs(6));
    house.queue.away.store(true, Ordering::SeqCst);
    assert_eq!(house.sweep.sweep_if_heard().await, RETRY);
    assert_eq!(house.outbox.reads.load(Ordering::SeqCst), 0);
    house.queue.away.store(false, Ordering::SeqCst);
    assert!(house.sweep.sweep_if_heard().await > RETRY);
    assert_eq!(house.published(), [1, 2, 3]);
}

#[tokio::test]
async fn what_is_handed_over_is_published_and_cleared_before_the_end() {
    let house = House::new();
    let room = house.three_rows().await;
    let (hand_over, relay) = Relay::new(house.sweep.publisher.clone());
    let rows = house.world.ctx.ports.store.rows(room, 0, 10).await.unwrap();
    let trace = TraceParent::new(1, 2, true);
    let rows: Vec<_> = rows.into_iter().map(|row| Stored { row, trace }).collect();
    hand_over.rows(&domain::TenantId::default(), &rows);
    let stop = CancellationToken::new();
    stop.cancel();
    relay.run(stop).await;
    assert_eq!(house.published(), [1, 2, 3]);
    assert_eq!(house.marked().await, 0);
    let published = house.queue.published.lock().unwrap();
    assert!(published.iter().all(|hint| hint.trace == trace));
}

#[tokio::test]
async fn nobody_waits_until_marks_are_cleared_and_many_are_cleared_together() {
    let house = House::new();
    let room = house.three_rows().await;
    let (hand_over, relay) = Relay::new(house.sweep.publisher.clone());
    let stop = CancellationToken::new();
    let clearing = house.outbox.gate.write().await;
    let running = house.world.ctx.tasks.spawn(relay.run(stop.clone()));
    for row in house.world.ctx.ports.store.rows(room, 0, 10).await.unwrap() {
        let (seq, trace) = (row.seq, None);
        hand_over.rows(&domain::TenantId::default(), &[Stored { row, trace }]);
        while house.published().last() != Some(&seq) {
            tokio::task::yield_now().await;
        }
    }
    drop(clearing);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(house.marked().await, 0);
    let writes = house.outbox.writes.load(Ordering::SeqCst);
    assert!(
        writes <= 2,
        "one that had begun, and one for the rest: {writes}"
    );
}

#[tokio::test]
async fn what_does_not_fit_into_memory_is_left_to_the_sweep() {
    let house = House::new();
    let room = house.three_rows().await;
    let (hand_over, relay) = Relay::new(house.sweep.publisher.clone());
    let row = house
        .world
        .ctx
        .ports
        .store
        .rows(room, 0, 1)
        .await
        .unwrap()
        .remove(0);
    let row = Stored { row, trace: None };
    hand_over.rows(
        &domain::TenantId::default(),
        &vec![row; super::CAPACITY + 10],
    );
    let stop = CancellationToken::new();
    stop.cancel();
    relay.run(stop).await;
    assert_eq!(house.published().len(), super::CAPACITY);
    assert_eq!(house.marked().await, 2, "the two that were not handed over");
}

#[tokio::test]
async fn a_backlog_is_worked_off_by_one_process_while_that_does_so() {
    let house = House::new();
    let room = house.three_rows().await;
    let ann = domain::UserId::new();
    let store = &house.world.ctx.ports.store;
    let more = (0..1_500).map(|n| testkit::builders::message(ann, &n.to_string()));
    store.append(room, more.collect()).await.unwrap();
    house.world.clock.advance(Duration::from_secs(6));
    let (other, lease) = (NodeId::new().uuid(), "relay:backlog");
    let ttl = Duration::from_secs(10);
    store.acquire_lease(lease, other, ttl).await.unwrap();
    assert_eq!(house.sweep.sweep().await.unwrap(), 0, "the other is at it");
    house.world.clock.advance(Duration::from_secs(11));
    assert_eq!(house.sweep.sweep().await.unwrap(), 1_503, "it was killed");
    assert_eq!(house.published(), (1..=1_503).collect::<Vec<_>>());
    let free = store.acquire_lease(lease, other, ttl).await.unwrap();
    assert!(free.is_some(), "it is given back");
}
