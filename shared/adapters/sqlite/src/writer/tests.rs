use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use domain::{Code, Error};
use tokio::task::JoinSet;

use super::*;
use crate::connect::{self, Synchronous};

struct Fixture {
    writer: Arc<Writer>,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

fn start(commands: usize, wal_cap: u64) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hubbub.db");
    let own = connect::writer(&path, Synchronous::Off).unwrap();
    let options = WriterOptions {
        path: path.clone(),
        commands,
        background: 1_000,
        wal_cap,
    };
    Fixture {
        writer: Arc::new(Writer::start(own, options).unwrap()),
        path,
        _dir: dir,
    }
}

fn writer() -> Fixture {
    start(1_000, u64::MAX)
}

fn put(conn: &Connection, name: &str) -> Result<(), Failure> {
    conn.prepare_cached("INSERT INTO meta (name, value) VALUES (?1, '')")?
        .execute([name])?;
    Ok(())
}

impl Fixture {
    /// The names that were put, as another connection sees them.
    fn names(&self) -> Vec<String> {
        let conn = connect::reader(&self.path).unwrap();
        let sql = "SELECT name FROM meta WHERE name <> 'epoch' ORDER BY name";
        let mut statement = conn.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    }

    /// Starts a write in the background of the test.
    fn spawn<F>(&self, tasks: &mut JoinSet<domain::Result<()>>, lane: Lane, work: F)
    where
        F: FnOnce(&Connection) -> Result<(), Failure> + Send + 'static,
    {
        let writer = Arc::clone(&self.writer);
        tasks.spawn(async move { writer.write(lane, work).await });
    }

    /// Keeps the writer busy until the sender that is returned says something.
    async fn block(&self, tasks: &mut JoinSet<domain::Result<()>>) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel();
        let (begun, begins) = tokio::sync::oneshot::channel();
        self.spawn(tasks, Lane::Command, move |_| {
            let _ = begun.send(());
            let _ = released.recv();
            Ok(())
        });
        begins.await.unwrap();
        release
    }

    /// Waits until a lane holds so many jobs.
    async fn waiting(&self, lane: Lane, jobs: usize) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.writer.lanes.len(lane) < jobs {
            assert!(Instant::now() < deadline, "the jobs never came");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn an_error_takes_back_its_own_job_only() {
    let fixture = writer();
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    for name in ["a", "b", "c"] {
        fixture.spawn(&mut tasks, Lane::Command, move |conn| {
            put(conn, name)?;
            if name == "b" {
                return Err(Code::Forbidden.into());
            }
            Ok(())
        });
    }
    fixture.waiting(Lane::Command, 3).await;
    release.send(()).unwrap();
    let results = tasks.join_all().await;
    let refused: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
    assert_eq!(
        refused.iter().map(|e| e.code()).collect::<Vec<_>>(),
        [Code::Forbidden]
    );
    assert_eq!(fixture.names(), ["a", "c"]);
}

#[tokio::test]
async fn commands_that_wait_share_a_commit() {
    let fixture = writer();
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    for n in 0..100 {
        fixture.spawn(&mut tasks, Lane::Command, move |conn| {
            put(conn, &n.to_string())
        });
    }
    fixture.waiting(Lane::Command, 100).await;
    release.send(()).unwrap();
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let stats = fixture.writer.stats();
    assert_eq!(stats.writes, 101);
    assert!(stats.commits <= 2, "{stats:?}");
}

#[tokio::test]
async fn commands_come_before_background_work() {
    let fixture = writer();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    for lane in [Lane::Background, Lane::Command] {
        let order = Arc::clone(&order);
        fixture.spawn(&mut tasks, lane, move |_| {
            order.lock().unwrap().push(lane);
            Ok(())
        });
        fixture.waiting(lane, 1).await;
    }
    release.send(()).unwrap();
    tasks.join_all().await;
    assert_eq!(*order.lock().unwrap(), [Lane::Command, Lane::Background]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn background_work_gets_its_turn_under_constant_commands() {
    let fixture = writer();
    let stop = Arc::new(AtomicBool::new(false));
    let mut commands = JoinSet::new();
    for _ in 0..8 {
        let (writer, stop) = (Arc::clone(&fixture.writer), Arc::clone(&stop));
        commands.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                writer.write(Lane::Command, |_| Ok(())).await.unwrap();
            }
        });
    }
    for n in 0..5 {
        let put = move |conn: &Connection| put(conn, &n.to_string());
        fixture.writer.write(Lane::Background, put).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    commands.join_all().await;
    assert_eq!(fixture.names().len(), 5);
}

#[tokio::test]
async fn background_jobs_merge_into_few_commits() {
    let fixture = writer();
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    for n in 0..100 {
        fixture.spawn(&mut tasks, Lane::Background, move |conn| {
            put(conn, &n.to_string())
        });
    }
    fixture.waiting(Lane::Background, 100).await;
    release.send(()).unwrap();
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let commits = fixture.writer.stats().commits;
    assert!(commits < 50, "{commits} commits for 100 jobs");
}

#[tokio::test]
async fn a_full_lane_is_busy_and_the_other_is_not() {
    let fixture = start(2, u64::MAX);
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    for _ in 0..2 {
        fixture.spawn(&mut tasks, Lane::Command, |_| Ok(()));
    }
    fixture.waiting(Lane::Command, 2).await;
    let refused = fixture.writer.write(Lane::Command, |_| Ok(())).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Busy);
    assert!(refused.retry_after().is_some());
    fixture.spawn(&mut tasks, Lane::Background, |_| Ok(()));
    release.send(()).unwrap();
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_defect_in_one_job_harms_no_other() {
    let fixture = writer();
    let panics = |conn: &Connection| -> Result<(), Failure> {
        put(conn, "half")?;
        panic!("a defect");
    };
    let broken = fixture.writer.write(Lane::Command, panics).await;
    assert_eq!(broken.unwrap_err().code(), Code::Internal);
    let put = |conn: &Connection| put(conn, "whole");
    fixture.writer.write(Lane::Command, put).await.unwrap();
    assert_eq!(fixture.names(), ["whole"]);
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_done() {
    let fixture = writer();
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    let mut given_up = JoinSet::new();
    fixture.spawn(&mut given_up, Lane::Command, |conn| put(conn, "given up"));
    fixture.waiting(Lane::Command, 1).await;
    given_up.shutdown().await;
    release.send(()).unwrap();
    tasks.join_all().await;
    fixture
        .writer
        .write(Lane::Command, |_| Ok(()))
        .await
        .unwrap();
    assert!(fixture.names().is_empty());
}

#[tokio::test]
async fn closing_writes_what_waits_and_takes_nothing_more() {
    let fixture = writer();
    let mut tasks = JoinSet::new();
    let release = fixture.block(&mut tasks).await;
    fixture.spawn(&mut tasks, Lane::Background, |conn| put(conn, "late"));
    fixture.waiting(Lane::Background, 1).await;
    let writer = Arc::clone(&fixture.writer);
    let closing = tokio::task::spawn_blocking(move || writer.close());
    release.send(()).unwrap();
    closing.await.unwrap();
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert_eq!(fixture.names(), ["late"]);
    let refused = fixture.writer.write(Lane::Command, |_| Ok(())).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn another_process_that_holds_the_lock_makes_it_unavailable_until_it_lets_go() {
    let fixture = writer();
    let other = Connection::open(&fixture.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = fixture.writer.write(Lane::Command, |c| put(c, "a")).await;
    let refused: Error = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    other.execute_batch("ROLLBACK").unwrap();
    let healed = fixture.writer.write(Lane::Command, |c| put(c, "b")).await;
    assert!(healed.is_ok());
    assert_eq!(fixture.names(), ["b"]);
}

#[tokio::test]
async fn a_database_that_was_taken_away_takes_nothing_more_until_it_is_back() {
    let fixture = writer();
    let aside = fixture.path.with_file_name("aside.db");
    std::fs::rename(&fixture.path, &aside).unwrap();
    let refused = fixture.writer.write(Lane::Command, |c| put(c, "a")).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    std::fs::rename(&aside, &fixture.path).unwrap();
    let healed = fixture.writer.write(Lane::Command, |c| put(c, "b")).await;
    assert!(healed.is_ok());
    assert_eq!(fixture.names(), ["b"]);
}

/// Reads in one snapshot after the other until it is told to stop.
fn read_on(path: &std::path::Path, stop: &AtomicBool) {
    let reader = connect::reader(path).unwrap();
    while !stop.load(Ordering::Relaxed) {
        reader.execute_batch("BEGIN").unwrap();
        let sql = "SELECT sum(length(value)) FROM meta";
        reader.query_row(sql, [], |_| Ok(())).unwrap();
        reader.execute_batch("COMMIT").unwrap();
    }
}

#[tokio::test]
async fn the_wal_shrinks_below_its_cap_beside_steady_readers() {
    let cap = 256 * 1024;
    let fixture = start(1_000, cap);
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (path, stop) = (fixture.path.clone(), Arc::clone(&stop));
            std::thread::spawn(move || read_on(&path, &stop))
        })
        .collect();
    let wal = fixture.path.with_file_name("hubbub.db-wal");
    let deadline = Instant::now() + Duration::from_secs(30);
    for n in 0.. {
        let value = "x".repeat(if n < 100 { 16 * 1024 } else { 1 });
        let write = fixture.writer.write(Lane::Command, move |conn| {
            let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
            conn.execute(sql, (n.to_string(), value))?;
            Ok(())
        });
        write.await.unwrap();
        if n >= 100 && std::fs::metadata(&wal).unwrap().len() <= cap {
            break;
        }
        assert!(Instant::now() < deadline, "the WAL never shrank");
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}
