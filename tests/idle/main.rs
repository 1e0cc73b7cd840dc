//! What an idle socket costs: a thousand of them, authenticated and joined, on a process of its
//! own. Figures for the documentation: `cargo test --release -p e2e --test idle -- --nocapture`.

use std::collections::BTreeMap;

use e2e::{Anon, Process, Rest};
use futures_util::future::join_all;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");
const USERS: usize = 50;
const SOCKETS_EACH: usize = 20;
const WARM: usize = 2;
const LIMIT_KIB: f64 = 10.0;

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
    let open = |each: usize| {
        join_all(
            people
                .iter()
                .flat_map(move |p| (0..each).map(|_| p.native())),
        )
    };
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
    assert!(
        each <= LIMIT_KIB,
        "{each:.1} KiB per idle socket, at most {LIMIT_KIB} are allowed"
    );
    drop((warm, sockets));
    assert_eq!(process.terminate().await, Some(0));
}
