//! Everything is away at the start, and comes in ten orders: readiness names what is missing, each
//! time, nothing panics, and each service is ready soon after the last came.

use std::time::Duration;

use e2e::{Anon, Nodes, Single, nodes::Doors};
use futures_util::{StreamExt, stream};
use tokio::time::{sleep, timeout};

use crate::split::{CHAT, NOTIFICATIONS, SCHEDULER};

/// What comes together: the store (`S`), Redis (`R`), the queue (`Q`).
const ORDERS: [&[&str]; 10] = [
    &["S", "R", "Q"],
    &["S", "Q", "R"],
    &["R", "S", "Q"],
    &["R", "Q", "S"],
    &["Q", "S", "R"],
    &["Q", "R", "S"],
    &["SRQ"],
    &["S", "RQ"],
    &["RQ", "S"],
    &["SQ", "R"],
];

/// How many of them are gone through at a time.
const AT_ONCE: usize = 5;

/// How long a service may take to see what came.
const RECOVERY: Duration = Duration::from_secs(30);

/// How often somebody asks.
const ASK: Duration = Duration::from_millis(100);

/// Whether somebody is told what they should be, while this is away.
fn is_right((status, told): &(u16, String), away: &str) -> bool {
    let store_is_there = !away.contains('S');
    let named = |letter: char, lines: &[&str]| match away.contains(letter) {
        true => lines.iter().all(|line| told.contains(line)),
        // What is said of the others while the store is away is not looked at: the names of what
        // is kept there come from the store.
        false => !store_is_there || lines.iter().all(|line| !told.contains(line)),
    };
    (*status == 200) == store_is_there
        && named('S', &["[-]store"])
        && named('R', &["[~]cache: ", "[~]bus: "])
        && named('Q', &["[~]queue: "])
}

/// Waits until all of them say that this is away, and nothing else.
async fn all_say(services: &[Single], away: &str, order: &[&str]) {
    for service in services {
        let mut told = service.readiness().await;
        let right = async {
            while !is_right(&told, away) {
                sleep(ASK).await;
                told = service.readiness().await;
            }
        };
        let in_time = timeout(RECOVERY, right).await.is_ok();
        assert!(in_time, "{order:?}, {away:?} is away: {told:?}");
    }
}

fn close(doors: &Doors, which: char, closed: bool) {
    let door = match which {
        'S' => &doors.store,
        'R' => &doors.redis,
        _ => &doors.queue,
    };
    door.refuse(closed);
}

/// Goes through one of them; nothing where the servers cannot be had.
async fn go_through(order: &[&str]) -> Option<()> {
    let (nodes, doors) = Nodes::behind_doors().await?;
    let mut away = "SRQ".to_owned();
    away.chars().for_each(|which| close(&doors, which, true));
    let mut services = Vec::new();
    for program in [CHAT, NOTIFICATIONS, SCHEDULER] {
        services.push(Single::start(program, nodes.variables()).await);
    }
    all_say(&services, &away, order).await;
    for coming in order {
        coming.chars().for_each(|which| close(&doors, which, false));
        away.retain(|which| !coming.contains(which));
        all_say(&services, &away, order).await;
    }
    let anon = Anon {
        rest: services[0].rest(),
    };
    let alice = anon.sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    alice.say(&room, "hello").await;
    let inbox = alice.at(services[1].addr());
    let inbox = inbox.rest.get("/api/v1/notifications").await;
    assert_eq!(inbox.status, 200, "{}", inbox.text);
    for service in services {
        let log = service.log();
        assert!(!log.contains("panicked"), "{order:?}: {log}");
        service.end().await;
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_whatever_order_they_come_each_is_seen_and_all_is_well() {
    let all = stream::iter(ORDERS).map(go_through);
    all.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
}
