//! The writer against a log that fails on demand, on paused time.

mod fake_log;

use std::{sync::Arc, time::Duration};

use domain::{
    Appended, ClientId, Code, Content, Limits, NewChange, NewRow, Result, RoomId, RowId, TenantId,
    UserId,
};
use tokio::{task::JoinHandle, time};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::fake_log::{FakeLog, Fault};
use super::{Parts, Writers, room};

struct House {
    log: Arc<FakeLog>,
    writers: Writers,
    tasks: TaskTracker,
    stop: CancellationToken,
    room: RoomId,
}

impl House {
    fn new(faults: &[Fault]) -> Self {
        Self::limited(faults, Limits::default())
    }

    fn limited(faults: &[Fault], limits: Limits) -> Self {
        let log = FakeLog::failing(faults);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let writers = Writers::new(Parts {
            log: log.clone(),
            announce: log.clone(),
            limits: Arc::new(limits),
            tasks: tasks.clone(),
            stop: stop.clone(),
        });
        Self {
            log,
            writers,
            tasks,
            stop,
            room: RoomId::new(),
        }
    }

    /// Puts a row in line, so that calls are served in the order they are made.
    async fn say(&self, sender: UserId, text: &str) -> JoinHandle<Result<Appended>> {
        self.submit(row(sender, text)).await
    }

    async fn submit(&self, row: NewRow) -> JoinHandle<Result<Appended>> {
        let (writers, room) = (self.writers.clone(), self.room);
        let call = async move { writers.append(&TenantId::default(), room, row).await };
        let handle = self.tasks.spawn(call);
        tokio::task::yield_now().await;
        handle
    }

    fn announced(&self) -> Vec<u64> {
        self.log.announced.lock().unwrap().clone()
    }
}

fn row(sender: UserId, text: &str) -> NewRow {
    NewRow {
        id: RowId::new(),
        client_id: ClientId::new(),
        sender,
        change: NewChange::Message {
            content: Content::plain(text),
        },
    }
}

async fn code(call: JoinHandle<Result<Appended>>) -> Code {
    call.await.unwrap().unwrap_err().code()
}

async fn stored(call: JoinHandle<Result<Appended>>) -> u64 {
    match call.await.unwrap() {
        Ok(Appended::Stored(row)) => row.seq,
        other => panic!("not stored: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_appended_at_once() {
    let house = House::new(&[Fault::Slow(Duration::from_secs(1))]);
    let ann = UserId::new();
    let first = house.say(ann, "0").await;
    let mut calls = Vec::new();
    for n in 1..=100 {
        calls.push(house.say(ann, &n.to_string()).await);
    }
    stored(first).await;
    for call in calls {
        stored(call).await;
    }
    assert_eq!(*house.log.batches.lock().unwrap(), [1, 100]);
    let wanted: Vec<_> = (0..=100).map(|n| n.to_string()).collect();
    assert_eq!(house.log.texts(), wanted);
}

#[tokio::test(start_paused = true)]
async fn a_batch_keeps_to_its_limits() {
    let limits = Limits {
        append_rows: 3,
        append_bytes: 200,
        message_bytes: 100,
        ..Limits::default()
    };
    let house = House::limited(&[Fault::Slow(Duration::from_secs(1))], limits);
    let mut calls = vec![house.say(UserId::new(), "first").await];
    for text in ["a", "b", "c", "d"].map(str::to_owned) {
        calls.push(house.say(UserId::new(), &text).await);
    }
    for letter in ["x", "y", "z"] {
        calls.push(house.say(UserId::new(), &letter.repeat(100)).await);
    }
    for call in calls {
        stored(call).await;
    }
    assert_eq!(*house.log.batches.lock().unwrap(), [1, 3, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_a_repeat() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::UnknownFrom(0)] {
        let house = House::new(&[fault]);
        let call = house.say(UserId::new(), "once").await;
        assert_eq!(stored(call).await, 1, "{fault:?}");
        tokio::task::yield_now().await;
        assert_eq!(house.log.texts(), ["once"], "{fault:?}");
        assert_eq!(house.announced(), [1], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_the_caller_hears_that_it_is_not_known() {
    let house = House::new(&[Fault::RequestLost; 15]);
    let started = time::Instant::now();
    let call = house.say(UserId::new(), "later").await;
    assert_eq!(code(call).await, Code::UnknownOutcome);
    assert_eq!(started.elapsed(), Limits::STORE_CALL);
    time::sleep(Duration::from_secs(20)).await;
    assert_eq!(house.log.texts(), ["later"], "it is tried on");
    assert_eq!(house.announced(), [1]);
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_sender_in_doubt_wait_and_others_do_not() {
    let house = House::new(&[Fault::UnknownFrom(0), Fault::UnknownFrom(0)]);
    let (ann, bob) = (UserId::new(), UserId::new());
    let one = house.say(ann, "ann 1").await;
    let two = house.say(ann, "ann 2").await;
    let other = house.say(bob, "bob 1").await;
    stored(one).await;
    stored(two).await;
    stored(other).await;
    let texts = house.log.texts();
    let place = |text: &str| texts.iter().position(|t| t == text).unwrap();
    assert!(place("ann 1") < place("ann 2"), "{texts:?}");
    assert!(place("bob 1") < place("ann 2"), "{texts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_said_at_once_and_nothing_is_stored() {
    let house = House::new(&[Fault::Unavailable]);
    let call = house.say(UserId::new(), "no").await;
    assert_eq!(code(call).await, Code::Unavailable);
    assert!(house.log.texts().is_empty());
    let again = house.say(UserId::new(), "yes").await;
    assert_eq!(stored(again).await, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_overtakes_what_was_surely_not_stored() {
    let limits = Limits {
        append_rows: 1,
        ..Limits::default()
    };
    let (ann, bob) = (UserId::new(), UserId::new());
    let faults = [Fault::Slow(Duration::from_secs(1)), Fault::Unavailable];
    let house = House::limited(&faults, limits);
    let first = house.say(bob, "bob 1").await;
    let refused = house.say(ann, "ann 1").await;
    let behind = house.say(ann, "ann 2").await;
    let other = house.say(bob, "bob 2").await;
    stored(first).await;
    assert_eq!(code(refused).await, Code::Unavailable);
    assert_eq!(code(behind).await, Code::Unavailable);
    stored(other).await;
    assert_eq!(house.log.texts(), ["bob 1", "bob 2"]);
}

#[tokio::test(start_paused = true)]
async fn doubt_survives_a_store_that_goes_away_afterwards() {
    let house = House::new(&[Fault::AnswerLost, Fault::Unavailable, Fault::Unavailable]);
    let call = house.say(UserId::new(), "kept").await;
    assert_eq!(stored(call).await, 1, "never reported as failed");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_of_the_client_is_a_repeat() {
    let house = House::new(&[]);
    let first = row(UserId::new(), "hello");
    let again = NewRow {
        id: RowId::new(),
        ..first.clone()
    };
    let seq = stored(house.submit(first).await).await;
    match house.submit(again).await.await.unwrap() {
        Ok(Appended::Repeat(row)) => assert_eq!(row.seq, seq),
        other => panic!("not a repeat: {other:?}"),
    }
    tokio::task::yield_now().await;
    assert_eq!(house.announced(), [1], "told of once");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_busy() {
    let limits = Limits {
        writer_queue: 4,
        ..Limits::default()
    };
    let house = House::limited(&[Fault::Slow(Duration::from_secs(1))], limits);
    let mut calls = Vec::new();
    for n in 0..5 {
        calls.push(house.say(UserId::new(), &n.to_string()).await);
    }
    assert_eq!(code(house.say(UserId::new(), "5").await).await, Code::Busy);
    for call in calls {
        stored(call).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_loses_nothing() {
    let house = House::new(&[Fault::Slow(Duration::from_secs(1))]);
    let taken = house.say(UserId::new(), "taken").await;
    let waiting = house.say(UserId::new(), "waiting").await;
    taken.abort();
    waiting.abort();
    time::sleep(Duration::from_secs(2)).await;
    assert_eq!(house.log.texts(), ["taken", "waiting"]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_goes_when_its_room_is_quiet() {
    let house = House::new(&[]);
    stored(house.say(UserId::new(), "1").await).await;
    assert_eq!(house.writers.active(), 1);
    time::sleep(room::IDLE * 2).await;
    assert_eq!(house.writers.active(), 0);
    assert_eq!(stored(house.say(UserId::new(), "2").await).await, 2);
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_what_was_taken() {
    let house = House::new(&[Fault::Slow(Duration::from_secs(1)), Fault::AnswerLost]);
    let first = house.say(UserId::new(), "1").await;
    let second = house.say(UserId::new(), "2").await;
    house.stop.cancel();
    let late = house.say(UserId::new(), "3").await;
    assert_eq!(code(late).await, Code::Draining);
    house.tasks.close();
    house.tasks.wait().await;
    assert_eq!((stored(first).await, stored(second).await), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_row_is_given_up_after_its_time() {
    let house = House::new(&[Fault::RequestLost; 200]);
    let call = house.say(UserId::new(), "never").await;
    assert_eq!(code(call).await, Code::UnknownOutcome);
    time::sleep(room::SETTLE + room::IDLE * 2).await;
    assert_eq!(house.writers.active(), 0, "the writer does not stay for it");
}
