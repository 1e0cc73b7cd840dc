//! kill -9 at any point of a move and of a restore: every message is there, once, with what it
//! says, and whoever comes next finishes the work.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use adapter_sqlite::SqliteStore;
use common::{assert_sound, durable};
use domain::{
    Cursor, MessageId, RoomId, RunId, Seq, Timestamp, UserId,
    archive::{Due, Key},
    ports::{About, Bodies, Copied, History, Log, Rooms},
};
use testkit::builders::{bare_channel, edit, message, stored};

const DATABASE: &str = "HUBBUB_TEST_DATABASE";
const WORK: &str = "HUBBUB_TEST_WORK";
const MESSAGES: usize = 2_000;
/// Keys of a step, so many that a step is more than one transaction.
const BATCH: usize = 100;

/// What a reader sees of a message.
type Seen = (Seq, MessageId, String);

#[tokio::test]
async fn a_move_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let (room, said) = talk(&path).await;
    let mut kills = 0;
    for work in ["archive", "restore", "archive"] {
        loop {
            kills += 1;
            let done = killed_at_work(&path, work, kills);
            let store = durable(&path).unwrap();
            assert!(read(&store, room).await == said, "after kill {kills}");
            store.close().await;
            if done {
                break;
            }
        }
    }
    println!("killed {kills} times");
    assert!(kills >= 30, "{kills} kills show little");
    finish(&path, room, &said).await;
    assert_sound(&path);
}

/// Says many things, and edits some of them.
async fn talk(path: &Path) -> (RoomId, Vec<Seen>) {
    let store = durable(path).unwrap();
    let new = bare_channel("general");
    let (room, sender) = (new.id, UserId::new());
    store.create_room(new).await.unwrap();
    let rows = (0..MESSAGES).map(|n| message(sender, &format!("said {n}")));
    let appended = store.append(room, rows.collect()).await.unwrap();
    let edits = appended.iter().step_by(10).map(|appended| {
        let id = stored(appended).id;
        edit(sender, id, &format!("edited {id}"), None)
    });
    store.append(room, edits.collect()).await.unwrap();
    let said = read(&store, room).await;
    assert_eq!(said.len(), MESSAGES);
    store.close().await;
    (room, said)
}

async fn read(store: &SqliteStore, room: RoomId) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    loop {
        let after = seen.last().map_or(0, |(seq, ..)| *seq);
        let page = store.page(room, Cursor::After(after), 200).await.unwrap();
        seen.extend(page.messages.into_iter().map(|message| {
            let text = message.content().expect("nobody deletes here").as_text();
            (message.seq, message.id, text.to_owned())
        }));
        if !page.more_after {
            return seen;
        }
    }
}

/// Has another process go on with the work and kills it after some steps, in the middle of what it
/// does then. Says whether it had finished.
fn killed_at_work(path: &Path, work: &str, round: u64) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "child_moves"])
        .env(DATABASE, path)
        .env(WORK, work)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut steps = round % 5 + 1;
    let mut done = false;
    while steps > 0 && !done {
        let line = lines.next().expect("the child goes on").unwrap();
        done = line == "done";
        steps -= u64::from(line.starts_with("begins"));
    }
    // Not a wait for anything: the kill should come at any time within a step.
    std::thread::sleep(Duration::from_micros(round * 997 % 6_000));
    kill(&mut child);
    done
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child ended by itself");
}

/// What the killed ones left is moved, what they made for nothing is collected.
async fn finish(path: &Path, room: RoomId, said: &[Seen]) {
    let store = durable(path).unwrap();
    while archive(&store, room, RunId::new()).await {}
    while store.collect(500).await.unwrap() > 0 {}
    let archived = store.archived(room, None, 0, MESSAGES).await.unwrap();
    assert_eq!(archived.len(), MESSAGES);
    assert!(read(&store, room).await == said);
    store.close().await;
    let conn = rusqlite::Connection::open(path).unwrap();
    let count = |what: &str| -> i64 {
        let sql = format!("SELECT count({what}) FROM archived_messages");
        conn.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let all = i64::try_from(MESSAGES).unwrap();
    assert_eq!((count("*"), count("DISTINCT id")), (all, all));
}

#[test]
#[ignore = "run by a_move_that_is_killed_anywhere_loses_and_doubles_nothing, which kills it"]
fn child_moves() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = durable(Path::new(&told(DATABASE))).unwrap();
        let room = store.all_rooms(None, 1).await.unwrap()[0].id;
        let (run, restores) = (RunId::new(), told(WORK) == "restore");
        while match restores {
            true => restore(&store, room).await,
            false => archive(&store, room, run).await,
        } {}
        say("done");
        std::future::pending::<()>().await;
    });
}

#[allow(clippy::disallowed_methods, reason = "a test's word to its own child")]
fn told(name: &str) -> String {
    std::env::var(name).expect("the parent says what to do")
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// Moves a batch, as a run does. Says whether there was one.
async fn archive(store: &SqliteStore, room: RoomId, run: RunId) -> bool {
    let late: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let due = Due {
        room,
        cutoff: late,
        after: 0,
    };
    let keys: Vec<Key> = store.due(due, late, BATCH).await.unwrap();
    say("begins to copy");
    let copied = store.copy(room, run, &keys).await.unwrap();
    assert!(copied.iter().all(|copied| *copied == Copied::Verified));
    say("begins to swing");
    store.swing(room, run, &keys).await.unwrap();
    !keys.is_empty()
}

/// Brings a batch back. Says whether there was one.
async fn restore(store: &SqliteStore, room: RoomId) -> bool {
    let keys = store.archived(room, None, 0, BATCH).await.unwrap();
    say("begins to swing back");
    store.swing_back(room, &keys).await.unwrap();
    say("begins to collect");
    store.collect(BATCH / 2).await.unwrap();
    !keys.is_empty()
}
