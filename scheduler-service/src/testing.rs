//! A store on a file, a clock in the test's hand, and rooms in which something was said.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use adapter_sqlite::{Options, SqliteStore, Synchronous};
use async_trait::async_trait;
use domain::{
    Appended, Body, Change, Cursor, Limits, Message, NewChange, NewRow, PolicyId, Result, Room,
    RoomId, Row, RunId, Timestamp, UserId,
    archive::{Action, CatchUp, Phase, Policy, PolicySource, RoomCount, Run, Scope, Trigger},
    ports::{Bodies, Clock, History, Log, Policies, Rooms, Runs},
};
use testkit::{builders, clock::TestClock};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    archive::{Archive, Parts},
    policies::id_of,
    room_log::RoomLog,
    run::{Pace, Right},
};

/// Waits for nothing, and asks at every batch.
pub(crate) const PACE: Pace = Pace {
    ask: Duration::ZERO,
    lease: Duration::from_secs(15),
    retry: Duration::ZERO,
};

/// What rooms were told, and something to be done when the first is.
pub(crate) struct Told {
    store: Arc<SqliteStore>,
    rows: Mutex<Vec<Row>>,
    /// The run that is cancelled as soon as a room is told something.
    cancel: Mutex<Option<RunId>>,
    /// Whether the run panics that tells a room next.
    panic: AtomicBool,
}

#[async_trait]
impl RoomLog for Told {
    async fn append(&self, room: &Room, row: NewRow) -> Result<Appended> {
        let NewChange::Archive { run, .. } = row.change else {
            panic!("runs append archive rows only");
        };
        let panic = self.panic.swap(false, Ordering::Relaxed);
        assert!(!panic, "a defect, as the test wants it");
        let answer = self.store.append(room.id, vec![row]).await?.remove(0);
        // One that a crash kept from its answer is heard of when it is told again.
        if let Appended::Stored(row) | Appended::Repeat(row) = &answer {
            self.keep(row);
        }
        if self.cancel.lock().unwrap().take().is_some() {
            self.store.cancel_run(run).await?;
        }
        Ok(answer)
    }
}

impl Told {
    fn keep(&self, row: &Row) {
        let mut rows = self.rows.lock().unwrap();
        if rows.iter().all(|kept| kept.id != row.id) {
            rows.push(row.clone());
        }
    }
}

/// A store, its time, and one scheduler.
pub(crate) struct World {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) told: Arc<Told>,
    pub(crate) archive: Archive,
    pub(crate) dir: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(clock.clone())
        };
        let store = SqliteStore::open(dir.path().join("hubbub.db"), options).unwrap();
        let store = Arc::new(store);
        let told = Arc::new(Told {
            store: Arc::clone(&store),
            rows: Mutex::default(),
            cancel: Mutex::default(),
            panic: AtomicBool::new(false),
        });
        let archive = scheduler(&store, &clock, &told);
        Self {
            store,
            clock,
            told,
            archive,
            dir,
        }
    }

    /// One more scheduler on the same store, as another process would be.
    pub(crate) fn another(&self) -> Archive {
        scheduler(&self.store, &self.clock, &self.told)
    }

    /// A room in which so many messages were said now.
    pub(crate) async fn room(&self, name: &str, messages: usize) -> RoomId {
        let room = self.store.create_room(builders::bare_channel(name)).await;
        let room = room.unwrap().id;
        self.say(room, messages).await;
        room
    }

    pub(crate) async fn say(&self, room: RoomId, messages: usize) {
        let rows = (0..messages).map(|n| builders::message(UserId::new(), &format!("message {n}")));
        for answer in self.store.append(room, rows.collect()).await.unwrap() {
            assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
        }
    }

    pub(crate) async fn append(&self, room: RoomId, row: NewRow) {
        let answer = self.store.append(room, vec![row]).await.unwrap().remove(0);
        assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
    }

    /// All messages of a room, as members read them.
    pub(crate) async fn history(&self, room: RoomId) -> Vec<Message> {
        let page = self.store.page(room, Cursor::Newest, 10_000).await.unwrap();
        assert!(!page.more_before);
        page.messages
    }

    pub(crate) async fn first(&self, room: RoomId) -> Message {
        self.history(room).await.remove(0)
    }

    /// How many messages of a room lie in the archive. All of them can be read.
    pub(crate) async fn archived(&self, room: RoomId) -> usize {
        let messages = self.history(room).await;
        let readable = |m: &Message| matches!(m.body, Body::Present { .. } | Body::Deleted);
        assert!(messages.iter().all(readable));
        messages.iter().filter(|m| m.archived).count()
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Cancels the run that tells a room next.
    pub(crate) fn cancel_at_next_row(&self) {
        *self.told.cancel.lock().unwrap() = Some(RunId::new());
    }

    /// Lets the run panic that tells a room next.
    pub(crate) fn panic_at_next_row(&self) {
        self.told.panic.store(true, Ordering::Relaxed);
    }

    /// The archive rows that rooms were told: room, run, through.
    pub(crate) fn told(&self) -> Vec<(RoomId, RunId, u64)> {
        let rows = self.told.rows.lock().unwrap();
        let told = rows.iter().map(|row| match row.change {
            Change::Archive { run, through } => (row.room, run, through),
            _ => unreachable!("runs append archive rows only"),
        });
        told.collect()
    }

    /// A run that somebody asks for, to its end.
    pub(crate) async fn run(&self, policy: Policy) -> Run {
        let run = self.archive.run_now(policy, "ann").await.unwrap();
        self.end_of(run.id).await
    }

    /// A run, once no run is at work any more.
    pub(crate) async fn end_of(&self, id: RunId) -> Run {
        settle(&self.archive).await;
        self.archive.run(id).await.unwrap()
    }

    /// What a run found and did, room by room.
    pub(crate) async fn rooms_of(&self, run: &Run) -> Vec<RoomCount> {
        let rooms = self.archive.rooms_of(run, None, 1_000).await.unwrap();
        assert!(!rooms.more);
        rooms.items
    }

    /// All scheduled runs, newest first.
    pub(crate) async fn scheduled(&self) -> Vec<Run> {
        let runs = self.store.runs(None, None, 1_000).await.unwrap();
        let scheduled = runs
            .into_iter()
            .filter(|run| run.trigger == Trigger::Schedule);
        scheduled.collect()
    }

    /// Begins a run, and drops it once it was woken `steps` times, as a crash would. `None` when
    /// it came to its end before.
    pub(crate) async fn crash(&self, run: Run, steps: usize) -> Option<Run> {
        let right = Right::take(&*self.store, &run, PACE.lease).await.unwrap();
        assert!(self.store.claim_run(run.clone()).await.unwrap());
        let id = run.id;
        let other = Run {
            id: RunId::new(),
            ..run.clone()
        };
        let ended = at_most(steps, self.archive.runner(run, right.unwrap()).run()).await;
        // What it had handed to the store's two lanes comes to pass, and before what follows.
        assert!(!self.store.cancel_run(other.id).await.unwrap());
        assert!(!self.store.save_run(&other).await.unwrap());
        let run = self.store.run(id).await.unwrap().unwrap();
        (!ended)
            .then_some(run)
            .filter(|run| run.phase == Phase::Running)
    }

    /// Stores a policy as it is.
    pub(crate) async fn save(&self, policy: Policy) {
        assert!(self.store.save_policy(policy, None).await.unwrap());
    }

    /// No copy that nothing points to is left.
    pub(crate) async fn assert_collected(&self) {
        assert_eq!(self.store.collect(10).await.unwrap(), 0);
    }
}

/// The places at which a run can be dropped, one after the other.
#[derive(Default)]
pub(crate) struct Places {
    steps: usize,
    ended: usize,
    /// How many runs were dropped.
    pub(crate) dropped: usize,
}

impl Places {
    /// How often the next run is woken. `None` once there is no further place: how often a run
    /// waits depends on how fast the store answers, so several in a row have to come to their end.
    pub(crate) fn next(&self) -> Option<usize> {
        (self.ended < 5).then_some(self.steps)
    }

    /// [`World::crash`] at this place.
    pub(crate) async fn crash(&mut self, world: &World, run: Run) -> Option<Run> {
        let left = world.crash(run, self.steps).await;
        self.steps += 1;
        if left.is_some() {
            self.dropped += 1;
            self.ended = 0;
        } else {
            self.ended += 1;
        }
        left
    }
}

/// Waits until no run of a scheduler is at work.
pub(crate) async fn settle(archive: &Archive) {
    let tasks = &archive.parts.tasks;
    tasks.close();
    tokio::time::timeout(Duration::from_secs(30), tasks.wait())
        .await
        .expect("runs come to an end");
    tasks.reopen();
}

/// Polls a future until it is ready or was pending `steps` times; says whether it was ready.
async fn at_most(steps: usize, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    let mut pending = 0;
    poll_fn(|cx| {
        if work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        pending += 1;
        if pending > steps {
            return Poll::Ready(false);
        }
        Poll::Pending
    })
    .await
}

fn scheduler(store: &Arc<SqliteStore>, clock: &Arc<TestClock>, told: &Arc<Told>) -> Archive {
    Archive::new(Parts {
        store: store.clone(),
        clock: clock.clone(),
        rooms: told.clone(),
        batch: 10,
        tasks: TaskTracker::new(),
        drain: CancellationToken::new(),
        pace: PACE,
    })
}

/// A policy for all rooms, of messages older than an hour, every day at 02:00 UTC.
pub(crate) fn policy(name: &str) -> Policy {
    let id: PolicyId = id_of(name);
    Policy {
        id,
        name: name.to_owned(),
        scope: Scope::AllRooms,
        older_than: HOUR,
        action: Action::Archive,
        schedule: "every day at 02:00".to_owned(),
        timezone: "UTC".to_owned(),
        catch_up: CatchUp::RunOnce,
        enabled: true,
        paused: false,
        withdrawn: false,
        source: PolicySource::Administrator,
        rev: 1,
        next_run_at: None,
    }
}

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The limits that nobody changed.
pub(crate) fn limits() -> Limits {
    Limits::default()
}
