//! What becomes of hints: good ones, bad ones, and those that fail for now.

use std::{
    ops::RangeInclusive,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{
    Code, Head, Row, RowId, TenantId, Timestamp,
    notification::Position,
    ports::{Dropped, Inbox, Job, Outbox, QueueDepth, Rooms, SetAside, Settled},
};
use tokio::time::timeout;

use super::*;
use crate::testing::World;

#[derive(Default)]
struct Told {
    rooms: Mutex<Vec<(RoomId, Seq)>>,
    users: Mutex<Vec<UserId>>,
}

#[async_trait]
impl News for Told {
    async fn news(&self, room: RoomId, seq: Seq) {
        self.rooms.lock().unwrap().push((room, seq));
    }

    async fn relist(&self, user: UserId) {
        self.users.lock().unwrap().push(user);
    }
}

/// A queue that remembers what became of what it handed out.
#[derive(Default)]
struct Ledger(Mutex<Vec<Outcome>>);

#[async_trait]
impl Queue for Ledger {
    async fn publish_jobs(&self, _: Vec<Job>) -> Result<()> {
        unreachable!("nobody publishes here")
    }

    async fn take_jobs(&self, _: usize) -> Result<Vec<Delivery>> {
        unreachable!("jobs are handed in")
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<()> {
        let outcomes = settled.into_iter().map(|settled| settled.outcome);
        self.0.lock().unwrap().extend(outcomes);
        Ok(())
    }

    async fn depth(&self) -> Result<QueueDepth> {
        unreachable!("nobody asks here")
    }

    async fn set_aside(&self, _: usize) -> Result<Vec<SetAside>> {
        unreachable!("nobody asks here")
    }
}

/// A log that counts how often it is read, and cannot be where a row is bad.
struct Watched {
    real: Option<Arc<dyn Store>>,
    bad: RangeInclusive<Seq>,
    code: Code,
    reads: AtomicUsize,
}

impl Watched {
    fn over(real: Arc<dyn Store>) -> Self {
        Self {
            real: Some(real),
            ..Self::broken(Code::Internal)
        }
    }

    /// Nothing of it can be read.
    fn broken(code: Code) -> Self {
        Self {
            real: None,
            bad: 1..=Seq::MAX,
            code,
            reads: AtomicUsize::new(0),
        }
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Log for Watched {
    async fn append(&self, _: RoomId, _: Vec<domain::NewRow>) -> Result<Vec<domain::Appended>> {
        unreachable!("nobody writes here")
    }

    async fn heads(&self, _: &[RoomId]) -> Result<Vec<Head>> {
        unreachable!("nobody asks here")
    }

    async fn since(&self, _: Timestamp, _: Option<RoomId>, _: usize) -> Result<Vec<Head>> {
        unreachable!("nobody looks here")
    }

    async fn rows(&self, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Row>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let wanted = after + 1..=after + limit as Seq;
        match &self.real {
            Some(real) if !wanted.clone().any(|seq| self.bad.contains(&seq)) => {
                real.rows(room, after, limit).await
            }
            _ => Err(self.code.into()),
        }
    }

    async fn drop_changes(&self, _: Timestamp, _: Option<Position>, _: usize) -> Result<Dropped> {
        unreachable!("nobody drops here")
    }
}

fn hint(row: &Row) -> Envelope {
    Envelope::row(
        TenantId::default(),
        row.room,
        row.id,
        row.seq,
        row.created_at,
    )
}

fn job(envelope: &Envelope) -> Job {
    Job {
        id: envelope.key(),
        body: envelope.encode(),
    }
}

fn delivery(body: Vec<u8>, attempt: u32) -> Delivery {
    let id = RowId::new().uuid();
    Delivery {
        job: Job { id, body },
        attempt,
        tag: 0,
    }
}

/// What becomes of bodies, and which rooms were told.
async fn served(log: Arc<dyn Log>, bodies: Vec<Vec<u8>>, attempt: u32) -> (Vec<Outcome>, usize) {
    let (ledger, told) = (Arc::new(Ledger::default()), Arc::new(Told::default()));
    let world = World::new();
    let consumer = Consumer {
        queue: ledger.clone(),
        log,
        store: world.store.clone(),
        news: told.clone(),
    };
    let deliveries = bodies.into_iter().map(|body| delivery(body, attempt));
    consumer.serve(deliveries.collect()).await.unwrap();
    let outcomes = ledger.0.lock().unwrap().clone();
    let told = told.rooms.lock().unwrap().len();
    (outcomes, told)
}

#[tokio::test]
async fn messages_are_news_and_the_rest_is_not() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("lobby", ann, &[bob]).await;
    world.say(room, ann, "hello").await;
    let rows = world.store.rows(room, 0, 10).await.unwrap();
    let bodies = rows.iter().map(|row| hint(row).encode()).collect();
    let (outcomes, told) = served(world.store.clone(), bodies, 1).await;
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done, Outcome::Done]);
    assert_eq!(told, 1);
}

/// Hints of thirty messages in each of two rooms, mixed.
async fn sixty_hints(world: &World) -> ([RoomId; 2], Vec<Vec<u8>>) {
    let ann = world.person("ann").await;
    let rooms = [
        world.channel("one", ann, &[]).await,
        world.channel("two", ann, &[]).await,
    ];
    let mut hints = Vec::new();
    for n in 0..30 {
        for room in rooms {
            let row = world.say(room, ann, &format!("{n}")).await;
            hints.push(hint(&row).encode());
        }
    }
    (rooms, hints)
}

#[tokio::test]
async fn a_batch_costs_one_read_and_one_call_for_each_room() {
    let world = World::new();
    let (_, hints) = sixty_hints(&world).await;
    let log = Arc::new(Watched {
        bad: 0..=0,
        ..Watched::over(world.store.clone())
    });
    let (outcomes, told) = served(log.clone(), hints, 1).await;
    assert_eq!(outcomes, vec![Outcome::Done; 60]);
    assert_eq!((log.reads(), told), (2, 2));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other() {
    let world = World::new();
    let (_, hints) = sixty_hints(&world).await;
    let log = Arc::new(Watched {
        bad: 7..=7,
        ..Watched::over(world.store.clone())
    });
    let (outcomes, told) = served(log, hints, 1).await;
    let failed = outcomes.iter().filter(|outcome| **outcome != Outcome::Done);
    assert_eq!((failed.count(), told), (2, 2), "{outcomes:?}");
}

/// What is done to somebody's membership, by whom, in a room of a kind: is it kept, and who is told?
async fn done_to_bob(kind: RoomKind, by_himself: bool) -> (usize, usize) {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let new = domain::NewRoom {
        kind,
        ..testkit::builders::new_channel("here", ann)
    };
    let room = world.store.create_room(new).await.unwrap().id;
    let sender = if by_himself { bob } else { ann };
    let row = domain::NewRow {
        sender,
        ..testkit::builders::join(bob, 1)
    };
    let row = world.append(room, row).await;
    let told = Arc::new(Told::default());
    let consumer = Consumer {
        queue: Arc::new(Ledger::default()),
        log: world.store.clone(),
        store: world.store.clone(),
        news: told.clone(),
    };
    let twice = || delivery(hint(&row).encode(), 1);
    consumer.serve(vec![twice(), twice()]).await.unwrap();
    let kept = world.store.kept_notifications(bob, None, 10).await.unwrap();
    let mut told = told.users.lock().unwrap().clone();
    told.dedup();
    (kept.len(), told.len())
}

#[tokio::test]
async fn who_is_added_by_somebody_else_is_told_once() {
    assert_eq!(done_to_bob(RoomKind::Group, false).await, (1, 1));
    assert_eq!(done_to_bob(RoomKind::Group, true).await, (0, 0));
    assert_eq!(done_to_bob(RoomKind::Direct, false).await, (0, 0));
}

#[tokio::test]
async fn a_hint_of_a_change_that_was_dropped_meanwhile_is_done_with() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("lobby", ann, &[bob]).await;
    let said = world.say(room, ann, "hello").await;
    let rows = world.store.rows(room, 0, 10).await.unwrap();
    let ids: Vec<RowId> = rows.iter().map(|row| row.id).collect();
    world.store.clear_marks(&ids).await.unwrap();
    let dropped = world.store.drop_changes(Timestamp::MAX, None, 10).await;
    assert_eq!(dropped.unwrap().rows, 2);
    let bodies = rows.iter().map(|row| hint(row).encode()).collect();
    let (outcomes, told) = served(world.store.clone(), bodies, 1).await;
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done, Outcome::Done]);
    assert_eq!((told, rows.last()), (1, Some(&said)));
}

#[tokio::test]
async fn hints_that_can_never_be_served_are_set_aside_with_the_reason() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel("lobby", ann, &[]).await;
    let row = world.say(room, ann, "hello").await;
    let good = hint(&row);
    let newer = String::from_utf8(good.encode())
        .unwrap()
        .replace("\"v\":1", "\"v\":2");
    let of = |change: fn(&mut Envelope)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        envelope.encode()
    };
    let bad = vec![
        b"not ours".to_vec(),
        newer.into_bytes(),
        of(|envelope| envelope.room = RoomId::new()),
        of(|envelope| envelope.id = RowId::new()),
        of(|envelope| envelope.seq = 99),
        of(|envelope| envelope.seq = 0),
    ];
    for body in bad {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let (outcomes, told) = served(world.store.clone(), vec![body, good.encode()], 1).await;
        let Outcome::SetAside { reason } = &outcomes[0] else {
            panic!("{shown}: {outcomes:?}");
        };
        assert!(!reason.is_empty());
        assert_eq!(
            (&outcomes[1], told),
            (&Outcome::Done, 1),
            "others are not held up"
        );
    }
}

fn any_hint() -> Vec<u8> {
    let at = Timestamp::UNIX_EPOCH;
    Envelope::row(TenantId::default(), RoomId::new(), RowId::new(), 1, at).encode()
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let mut pauses = Vec::new();
    for attempt in [1, 2, 5, 100] {
        let broken = Arc::new(Watched::broken(Code::Unavailable));
        let (outcomes, _) = served(broken, vec![any_hint()], attempt).await;
        let Outcome::Retry { after } = &outcomes[0] else {
            panic!("{outcomes:?}");
        };
        pauses.push(after.as_secs());
    }
    assert_eq!(pauses, [1, 2, 16, 30]);
}

#[tokio::test]
async fn what_fails_again_and_again_is_set_aside() {
    let outcome = async |attempt| {
        let broken = Arc::new(Watched::broken(Code::Internal));
        served(broken, vec![any_hint()], attempt).await.0.remove(0)
    };
    for attempt in 1..5 {
        assert!(matches!(outcome(attempt).await, Outcome::Retry { .. }));
    }
    let Outcome::SetAside { reason } = outcome(5).await else {
        panic!("it would go on for ever");
    };
    assert!(reason.contains("5 times"), "{reason}");
}

#[tokio::test]
async fn a_poison_message_never_loops_and_holds_nobody_up() {
    let world = World::new();
    let ann = world.person("ann").await;
    let room = world.channel("lobby", ann, &[]).await;
    let row = world.say(room, ann, "hello").await;
    let queue = world.ctx.ports.queue.clone();
    let poison = delivery(b"poison".to_vec(), 0).job;
    queue
        .publish_jobs(vec![poison.clone(), job(&hint(&row))])
        .await
        .unwrap();
    let (told, stop) = (Arc::new(Told::default()), CancellationToken::new());
    let consumer = Consumer {
        queue: queue.clone(),
        log: world.store.clone(),
        store: world.store.clone(),
        news: told.clone(),
    };
    let running = world.ctx.tasks.spawn(consumer.run(stop.clone()));
    let settled = async {
        while queue.depth().await.unwrap() != (QueueDepth { ready: 0, aside: 1 }) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), settled)
        .await
        .expect("settled");
    assert_eq!(*told.rooms.lock().unwrap(), [(room, row.seq)]);
    let aside = queue.set_aside(10).await.unwrap();
    assert_eq!((aside.len(), &aside[0].job), (1, &poison));
    assert!(
        aside[0].reason.contains("cannot be read"),
        "{}",
        aside[0].reason
    );
    stop.cancel();
    running.await.unwrap();
}
