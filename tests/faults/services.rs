//! kill -9 of each service in turn, under load, while the archive runs: whoever comes by the one
//! address loses nothing that was acknowledged, hears everything once and in order, is notified of
//! everything, and every run of the archive ends, once.

use std::{
    collections::HashSet,
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use e2e::{
    Anon, Nodes, Rest, SignedIn, Single, Socket, eventually, load::Until, number, people::PASSWORD,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command, task::JoinHandle, time::sleep};

use crate::{CONFIG, cluster::Cluster, crowd::Crowd};

const CHAT: &str = env!("CARGO_BIN_EXE_chat-service-under-test");
const NOTIFICATIONS: &str = env!("CARGO_BIN_EXE_notification-service-under-test");
const SCHEDULER: &str = env!("CARGO_BIN_EXE_scheduler-service-under-test");
const HUBBUB: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

const SENDERS: usize = 3;
const LISTENERS: usize = 3;

/// How long all of them run before the next is killed, and how long it is away.
const BETWEEN: Duration = Duration::from_millis(600);
const AWAY: Duration = Duration::from_millis(300);

/// How long it may all take for each kill, and in the end.
const EACH: Duration = Duration::from_secs(10);
const IN_THE_END: Duration = Duration::from_secs(60);

async fn start(nodes: &Nodes) -> Cluster {
    let more = [
        ("HUBBUB_LIMITS__RESUME_ROOM_ROWS", "100000"),
        ("HUBBUB_LIMITS__RESUME_ROWS", "100000"),
    ];
    let mut singles = Vec::new();
    for (upstream, program) in [
        ("chat", CHAT),
        ("chat", CHAT),
        ("notifications", NOTIFICATIONS),
        ("scheduler", SCHEDULER),
    ] {
        let variables = nodes.variables().into_iter().chain(more);
        let single = Single::new(program, variables).configured(CONFIG);
        singles.push((upstream, single.serving().await));
    }
    Cluster::of(singles)
}

/// Makes an administrator as whoever runs it does.
async fn operator(nodes: &Nodes, addr: SocketAddr) -> SignedIn {
    let folder = tempfile::tempdir().expect("a folder");
    let mut create = Command::new(HUBBUB)
        .args(["user", "create", "ops", "--admin", "--password-stdin"])
        .envs(nodes.variables())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program");
    let mut input = create.stdin.take().expect("piped");
    input.write_all(PASSWORD.as_bytes()).await.expect("read");
    drop(input);
    assert!(create.wait().await.expect("an end").success());
    let rest = Rest::new(addr);
    Anon { rest }.log_in("ops").await
}

/// Somebody's notifications, over all their sockets.
struct Bell {
    heard: Arc<Mutex<HashSet<String>>>,
    listening: JoinHandle<()>,
}

impl Bell {
    fn of(person: &SignedIn) -> Self {
        let heard = Arc::<Mutex<HashSet<_>>>::default();
        let (person, into) = (person.clone(), Arc::clone(&heard));
        let listening = e2e::spawn(async move {
            loop {
                Self::listen(&person, &into).await;
                sleep(Duration::from_millis(20)).await;
            }
        });
        Self { heard, listening }
    }

    /// Listens until it is cut.
    async fn listen(person: &SignedIn, into: &Mutex<HashSet<String>>) {
        let bearer = format!("Bearer {}", person.token);
        let headers = [("authorization", bearer.as_str())];
        let path = "/ws/join-notification/";
        let Ok(mut socket) = Socket::try_open(person.rest.addr(), path, &headers).await else {
            return;
        };
        while let Some(frame) = socket.try_next().await {
            if let Some(content) = frame["Content"].as_str() {
                into.lock().expect("no panic").insert(content.to_owned());
            }
        }
    }

    /// Waits until all of it was heard.
    async fn rings_for(self, all: &HashSet<String>) {
        eventually("every notification", async || {
            let heard = self.heard.lock().expect("no panic");
            let missing = all.difference(&heard).count();
            (missing == 0).then_some(()).or_else(|| {
                eprintln!("{missing} of {} are not notified of", all.len());
                None
            })
        })
        .await;
        self.listening.abort();
    }
}

/// Every message, as it is read in the end.
async fn said(reader: &SignedIn, room: &str) -> Vec<Value> {
    reader.whole_history(room).await
}

/// The runs of the archive that told a room of what they took.
async fn told(reader: &SignedIn, room: &str) -> Vec<String> {
    let socket = reader.socket("/api/v1/ws?resume=true").await;
    let mut socket = socket.expect("a socket");
    let hello = socket.next_of("hello").await;
    let resume = json!({"id": "r", "type": "resume", "epoch": hello["epoch"], "rooms": {room: 0}});
    socket.send(&resume).await;
    let mut runs = Vec::new();
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str() {
            Some("archived") => runs.push(frame["run"].to_string()),
            Some("gap") => panic!("all of it is to be told: {frame}"),
            Some("resumed") if frame["room"] == room => return runs,
            _ => {}
        }
    }
}

/// Every run of the archive, the newest first.
async fn runs(ops: &SignedIn) -> Vec<Value> {
    let mut runs: Vec<Value> = Vec::new();
    loop {
        let before = runs.last().and_then(|run| run["id"].as_str());
        let before = before.map_or(String::new(), |id| format!("&before={id}"));
        let path = format!("/api/v1/admin/archive/runs?limit=100{before}");
        let page = ops.rest.get(&path).await.expect(200);
        runs.extend_from_slice(page["runs"].as_array().expect("runs"));
        if page["more"] == json!(false) {
            return runs;
        }
    }
}

/// The archive has everything, every run came to its end, and told the room so once.
async fn archive_is_whole(ops: &SignedIn, reader: &SignedIn, room: &str) {
    let messages = eventually("the archive to catch up", async || {
        let messages = said(reader, room).await;
        let whole = messages.iter().all(|m| m["archived"] == json!(true));
        whole.then_some(messages.len())
    })
    .await;
    let runs = runs(ops).await;
    let (mut moved, mut slots) = (0, HashSet::new());
    for run in runs.iter().filter(|run| run["phase"] != "running") {
        moved += run["total"]["moved"].as_u64().expect("a count");
        assert_eq!(run["phase"], "finished", "{run}");
        assert!(slots.insert(run["slot"].to_string()), "twice: {run}");
    }
    assert_eq!(moved, messages as u64, "each is counted once");
    let told = told(reader, room).await;
    let once: HashSet<_> = told.iter().collect();
    assert_eq!(once.len(), told.len(), "a run ended twice: {told:?}");
    println!(
        "{} runs moved {moved} messages, {} told so",
        runs.len(),
        told.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_is_killed_in_turn_and_nothing_is_lost() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let mut cluster = start(&nodes).await;
    let addr = cluster.addr();
    let crowd = Crowd::gather(addr, SENDERS, LISTENERS).await;
    let (owner, room) = (crowd.owner.clone(), crowd.room.to_string());
    let ops = operator(&nodes, addr).await;
    let also = Anon {
        rest: Rest::new(addr),
    }
    .sign_up("also")
    .await;
    also.join(&room).await;
    let bells = [Bell::of(&owner), Bell::of(&also)];

    let rounds = number("ROUNDS", 2);
    let kills = rounds * cluster.singles.len() as u64;
    let killing = async |until: &Until| {
        for _ in 0..rounds {
            for single in &mut cluster.singles {
                sleep(BETWEEN).await;
                single.kill().await;
                sleep(AWAY).await;
                single.start_again().await;
            }
        }
        until.store(true, Ordering::Relaxed);
    };
    let patience = EACH * u32::try_from(kills).expect("few") + IN_THE_END;
    let verdict = crowd.suffer([&[addr], &[addr]], killing, patience).await;
    println!("{kills} kills: {verdict}");
    assert!(verdict.is_clean(), "{verdict}");
    assert!(verdict.acknowledged > 100, "too little to say: {verdict}");

    let all = said(&owner, &room).await;
    let text = |message: &Value| message["content"].as_str().expect("a text").to_owned();
    let all = all.iter().map(text).collect();
    for bell in bells {
        bell.rings_for(&all).await;
    }
    archive_is_whole(&ops, &owner, &room).await;
    cluster.end().await;
}
