//! kill -9 in the middle of appending: what was answered is there, once, in order.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use common::{assert_sound, durable};
use domain::{
    NewRow, RoomId, RowId, Seq, UserId,
    ports::{Log, Rooms},
};
use testkit::{
    builders::{bare_channel, message, stored},
    contract::steps::whole_log,
};

const DATABASE: &str = "HUBBUB_TEST_DATABASE";
const ROUNDS: usize = 10;
const ROOMS: usize = 4;
/// Answers that a round waits for before it kills.
const ANSWERS: usize = 300;

/// What the child was answered: where each row is.
type Answered = HashMap<(RoomId, Seq), RowId>;

#[tokio::test]
async fn what_was_answered_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let store = durable(&path).unwrap();
    for n in 0..ROOMS {
        let room = bare_channel(&format!("room {n}"));
        store.create_room(room).await.unwrap();
    }
    drop(store);
    let mut answered = Answered::new();
    for round in 0..ROUNDS {
        killed_while_appending(&path, &mut answered);
        verify(&path, &answered).await;
        assert!(answered.len() >= (round + 1) * ANSWERS);
    }
    assert_sound(&path);
}

/// Runs this file's other test in a process of its own, and kills it after some answers.
fn killed_while_appending(path: &Path, answered: &mut Answered) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "child_appends"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    collect(&mut lines, answered, ANSWERS);
    kill(&mut child);
    // What it said before it died counts, too.
    collect(&mut lines, answered, usize::MAX);
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child ended by itself");
}

fn collect(lines: &mut Lines<BufReader<ChildStdout>>, answered: &mut Answered, most: usize) {
    let mut count = 0;
    while count < most {
        let Some(Ok(line)) = lines.next() else { return };
        let Some(answer) = line.strip_prefix("answered ") else {
            continue;
        };
        let words: Vec<_> = answer.split(' ').collect();
        // The kill may cut the last line short.
        let &[room, seq, id, "."] = &words[..] else {
            continue;
        };
        let place = (room.parse().unwrap(), seq.parse().unwrap());
        let before = answered.insert(place, id.parse().unwrap());
        assert_eq!(before, None, "one place was given to two rows");
        count += 1;
    }
}

async fn verify(path: &Path, answered: &Answered) {
    let store = durable(path).unwrap();
    let mut stored = HashMap::new();
    for room in store.all_rooms(None, 100).await.unwrap() {
        for row in whole_log(&store, room.id).await {
            stored.insert((row.room, row.seq), row.id);
        }
    }
    for (place, id) in answered {
        assert_eq!(stored.get(place), Some(id), "an answered row is gone");
    }
}

#[test]
#[ignore = "run by what_was_answered_survives_kill_9, which kills it"]
fn child_appends() {
    #[allow(clippy::disallowed_methods, reason = "a test's word to its own child")]
    let path = std::env::var(DATABASE).expect("the parent says where");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Arc::new(durable(Path::new(&path)).unwrap());
        let mut tasks = tokio::task::JoinSet::new();
        for room in store.all_rooms(None, 100).await.unwrap() {
            let store = Arc::clone(&store);
            tasks.spawn(async move { append_for_ever(&*store, room.id).await });
        }
        tasks.join_all().await;
    });
}

async fn append_for_ever(store: &impl Log, room: RoomId) {
    let sender = UserId::new();
    for n in 0_u64.. {
        let rows: Vec<NewRow> = (0..=n % 3).map(|_| message(sender, "hello")).collect();
        let answers = store.append(room, rows).await.unwrap();
        let mut out = std::io::stdout().lock();
        for answer in &answers {
            let row = stored(answer);
            writeln!(out, "answered {room} {} {} .", row.seq, row.id).unwrap();
        }
        out.flush().unwrap();
    }
}
