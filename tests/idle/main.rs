//! What an idle socket costs: a thousand of them, authenticated and joined, on a process of its
//! own, in the clear and over TLS. Figures for the documentation:
//! `cargo test --release -p e2e --test idle -- --nocapture --test-threads 1`.

use std::{collections::BTreeMap, path::Path};

use e2e::{
    Anon, Process, Rest,
    tls::{TlsClient, issue},
};
use futures_util::future::join_all;
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");
const USERS: usize = 50;
const SOCKETS_EACH: usize = 20;
const WARM: usize = 2;
const LIMIT_KIB: f64 = 10.0;

/// What TLS keeps for a connection comes on top.
const TLS_LIMIT_KIB: f64 = 40.0;

/// Resident memory of a process, in KiB.
fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let fields: BTreeMap<_, _> = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let kib = fields["VmRSS"].trim().trim_end_matches(" kB");
    kib.parse().expect("a number")
}

/// What each of a thousand sockets costs, in KiB, where `open` opens so many for everybody.
async fn each_costs<T>(process: &Process, open: impl AsyncFn(usize) -> Vec<T>) -> f64 {
    // The first sockets pay for what all share: pools, caches, and the buffers of as many
    // handshakes as are under way at once, which the allocator keeps for the next.
    let warm = open(WARM).await;
    let before = resident_kib(process.id());
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS_EACH {
        sockets.extend(open(1).await);
    }
    let after = resident_kib(process.id());
    let count = u32::try_from(sockets.len()).expect("a thousand");
    let growth = u32::try_from(after.saturating_sub(before)).expect("small");
    let each = f64::from(growth) / f64::from(count);
    println!("{count} idle sockets: {before} -> {after} KiB, {each:.1} KiB each");
    drop((warm, sockets));
    each
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_joined_sockets_cost_at_most_ten_kib_each() {
    let data = tempfile::tempdir().expect("a folder");
    let process = Process::without_limits(PROGRAM, data.path()).await;
    let anon = Anon {
        rest: Rest::new(process.addr()),
    };
    let owner = anon.sign_up("owner").await;
    let room = owner.create_room("quiet").await;
    let mut people = Vec::new();
    for n in 0..USERS {
        let person = anon.sign_up(&format!("person-{n}")).await;
        person.join(&room).await;
        people.push(person);
    }
    let open = async |each| {
        let sockets = people.iter().flat_map(|p| (0..each).map(|_| p.native()));
        join_all(sockets).await
    };
    let each = each_costs(&process, open).await;
    assert!(
        each <= LIMIT_KIB,
        "{each:.1} KiB per idle socket, at most {LIMIT_KIB} are allowed"
    );
    assert_eq!(process.terminate().await, Some(0));
}

/// The product with a certificate, and a client that trusts it.
async fn over_tls(data: &Path) -> (Process, TlsClient) {
    let files = issue(data);
    let config = data.join("hubbub.toml");
    let (certificate, key) = (&files.cert_file, &files.key_file);
    let tls = format!("cert_file = {certificate:?}\nkey_file = {key:?}\n");
    let text = format!("no_limits = true\n[server.tls]\n{tls}");
    std::fs::write(&config, text).expect("written");
    let process = Process::start(PROGRAM, data, Some(config)).await;
    let client = TlsClient::new(process.addr(), &files.cert_file);
    (process, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_they_cost_what_tls_keeps_more() {
    let data = tempfile::tempdir().expect("a folder");
    let (process, client) = over_tls(data.path()).await;
    let owner = client.sign_up("owner").await;
    let name = json!({"name": "quiet"});
    let room = client.post("/api/v1/rooms", &owner, &name).await;
    let join = format!("/api/v1/rooms/{}/join", room["id"].as_str().expect("an id"));
    let mut people = Vec::new();
    for n in 0..USERS {
        let token = client.sign_up(&format!("person-{n}")).await;
        client.post(&join, &token, &json!({})).await;
        people.push(token);
    }
    let open = async |each| {
        let sockets = people
            .iter()
            .flat_map(|p| (0..each).map(|_| client.native(p)));
        join_all(sockets).await
    };
    let each = each_costs(&process, open).await;
    assert!(
        each <= TLS_LIMIT_KIB,
        "{each:.1} KiB per idle socket over TLS, at most {TLS_LIMIT_KIB} are allowed"
    );
    assert_eq!(process.terminate().await, Some(0));
}
