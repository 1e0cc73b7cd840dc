//! Commands on a stopped server: from wherever they are given, and whatever becomes of them.

use std::{
    io::Write,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant, SystemTime},
};

use domain::{
    NodeId, RunId, UserId,
    archive::{Phase, Run, Totals, Trigger},
};
use hubbub::Server;
use serde_json::{Value, json};
use settings::Settings;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// How long any step may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A data folder, and a folder beside it without a configuration.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A server with a policy.
    async fn serve(&self) -> Server {
        let policy = json!({
            "name": "old",
            "older_than": "1ms",
            "action": "archive",
            "schedule": "every day at 02:00",
        });
        let mut settings = Settings {
            data: self.data(),
            ..Settings::default()
        };
        settings.archive.policies = vec![serde_json::from_value(policy).expect("a policy")];
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = hubbub::run(settings, vec![listener]).await;
        server.expect("a server")
    }

    /// Begins a command without the configuration.
    fn begin(&self, args: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
        let command = command.args(args).arg("--data").arg(self.data());
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let place = pipes.current_dir(self.folder.path()).env_clear();
        place.spawn().expect("the program starts")
    }

    /// Carries out a command that must succeed.
    fn command(&self, args: &[&str]) -> Output {
        let mut child = self.begin(args);
        let mut stdin = child.stdin.take().expect("piped");
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(b"correct horse\n");
        drop(stdin);
        let output = child.wait_with_output().expect("a child");
        assert!(output.status.success(), "{args:?}: {output:?}");
        output
    }

    /// What a command prints in JSON.
    fn list(&self, what: &str, fields: &[&str]) -> Vec<Value> {
        let output = self.command(&["archive", what, "--json"]);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let items = answer[what].as_array().expect("a list");
        let pick = |item: &Value| fields.iter().map(|field| item[field].clone()).collect();
        items.iter().map(pick).collect()
    }
}

async fn stop(server: Server) {
    server.stop().await.expect("an orderly end");
}

#[tokio::test]
async fn a_command_without_the_configuration_leaves_the_policies_alone() {
    let place = Place::new();
    stop(place.serve().await).await;
    let policies = || place.list("policies", &["id", "enabled", "next_run_at"]);
    let before = policies();
    assert_eq!(before.len(), 1, "{before:?}");
    place.command(&["user", "create", "--password-stdin", "bob"]);
    assert_eq!(policies(), before);
}

/// What a killed command leaves: a run that nobody works on, and the right to do so.
async fn leave_run(server: &Server) {
    let ports = &server.ctx().ports;
    let policies = ports.store.policies().await.expect("a store");
    let policy = policies[0].clone();
    let lease = format!("archive:{}", policy.id);
    let (killed, long) = (NodeId::new().uuid(), Duration::from_hours(1));
    let leased = ports.store.acquire_lease(&lease, killed, long).await;
    assert!(leased.is_ok_and(|lease| lease.is_some()));
    let now = ports.clock.now();
    let run = Run {
        id: RunId::new(),
        policy,
        trigger: Trigger::Manual,
        slot: None,
        origin: None,
        cutoff: now,
        phase: Phase::Running,
        through: Totals::default(),
        after: None,
        at: None,
        first_failure: None,
        missing: Vec::new(),
        started_at: now,
        ended_at: None,
        lag_ms: 0,
        missed_slots: 0,
        by: "ann".to_owned(),
        restore: None,
        error: None,
        cancel: false,
        fence: 1,
    };
    let claimed = ports.store.claim_run(run).await;
    assert!(claimed.is_ok_and(|claimed| claimed));
}

#[tokio::test]
async fn a_command_that_was_killed_is_not_in_the_way_of_the_next() {
    let place = Place::new();
    let server = place.serve().await;
    say(&server, 1).await;
    leave_run(&server).await;
    stop(server).await;
    place.command(&["archive", "run", "old"]);
    assert_eq!(
        place.list("runs", &["phase"]),
        [json!(["finished"]), json!(["cancelled"])]
    );
}

/// Ten thousand messages take a run a while.
async fn say(server: &Server, thousands: usize) {
    let store = &server.ctx().ports.store;
    let room = store.create_room(testkit::builders::bare_channel("much"));
    let room = room.await.expect("a room").id;
    for _ in 0..thousands {
        let rows = (0..1_000).map(|n| testkit::builders::message(UserId::new(), &n.to_string()));
        store.append(room, rows.collect()).await.expect("a store");
    }
}

/// When something was written last, if anything was.
fn written(place: &Place) -> Option<SystemTime> {
    let log = place.data().join("hubbub.db-wal").metadata().ok()?;
    log.modified().ok().filter(|_| log.len() > 0)
}

/// Begins a run, and waits until the command has written so often that it is in the middle of it.
fn begin_run(place: &Place) -> Child {
    let mut command = place.begin(&["archive", "run", "old"]);
    let until = Instant::now() + PATIENCE;
    let (mut last, mut writes) = (written(place), 0);
    while writes < 5 && command.try_wait().is_ok_and(|ended| ended.is_none()) {
        assert!(Instant::now() < until, "it does not begin");
        let now = written(place);
        writes += u32::from(now.is_some() && now != last);
        last = now;
        std::thread::yield_now();
    }
    command
}

#[tokio::test]
async fn a_command_that_is_told_to_end_does_so_in_order() {
    let place = Place::new();
    let server = place.serve().await;
    say(&server, 10).await;
    stop(server).await;
    let mut command = begin_run(&place);
    let sent = Command::new("kill")
        .args(["-INT", &command.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let ended = command.wait().unwrap().code();
    assert!(ended.is_some(), "the signal ended it, and not the command");
    place.command(&["archive", "run", "old"]);
    let phases = place.list("runs", &["phase"]);
    assert_eq!(phases[0], json!(["finished"]));
    assert!(!phases.contains(&json!(["running"])), "{phases:?}");
}
