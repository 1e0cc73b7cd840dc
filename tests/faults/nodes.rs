//! Two chat-services, one room. Both are killed with -9 in turn, again and again, while one message
//! in ten between them is lost; whoever listens at either hears the same, once, in order, without a
//! hole. Figures for the documentation:
//! `MESSAGES=20000 cargo test --release -p e2e --test faults -- --nocapture nodes`.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use e2e::{LossyRedis, Nodes, Single, load::Until, number};
use testkit::redis_server::{RedisServer, or_skip};

use crate::{cluster::Cluster, crowd::Crowd};

const CHAT: &str = env!("CARGO_BIN_EXE_chat-service-under-test");

const SENDERS: usize = 8;
/// Half of them at each node.
const LISTENERS: usize = 6;

/// One message of the bus in so many is lost.
const ONE_IN: u64 = 10;

/// How long both nodes run before the next is killed.
const BETWEEN: Duration = Duration::from_millis(700);

/// How long it may all take for each message, and in the end.
const EACH: Duration = Duration::from_millis(50);
const IN_THE_END: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn everybody_agrees_while_nodes_are_killed_and_the_bus_loses_messages() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let Some(redis) = or_skip(RedisServer::shared()) else {
        return;
    };
    let server = redis.address().expect("an address");
    let (mut buses, mut singles) = (Vec::new(), Vec::new());
    for seed in [1, 2] {
        let bus = LossyRedis::to(server, ONE_IN, seed).await.expect("a port");
        let url = redis.url_through(bus.address());
        let more = [
            ("BUS_URL", url.as_str()),
            ("HUBBUB_NO_LIMITS", "true"),
            // Who is away for a moment misses much at this rate, and is to be told all of it.
            ("HUBBUB_LIMITS__RESUME_ROOM_ROWS", "100000"),
            ("HUBBUB_LIMITS__RESUME_ROWS", "100000"),
        ];
        let variables = nodes.variables().into_iter().chain(more);
        singles.push(("chat", Single::ready(CHAT, variables).await));
        buses.push(bus);
    }
    let mut cluster = Cluster::of(singles);
    let (talk, listen) = ([cluster.addr()], [0, 1].map(|n| cluster.singles[n].addr()));

    let messages = number("MESSAGES", 1_000);
    let mut crowd = Crowd::gather(cluster.addr(), SENDERS, LISTENERS).await;
    let each = messages.div_ceil(SENDERS as u64);
    crowd.senders = crowd.senders.into_iter().map(|s| s.saying(each)).collect();
    let (began, mut kills) = (Instant::now(), 0);
    let patience = IN_THE_END + EACH * u32::try_from(messages).expect("not that many");
    let killing = async |over: &Until| {
        while kills < 2 || !over.load(Ordering::Relaxed) {
            tokio::time::sleep(BETWEEN).await;
            let node = &mut cluster.singles[kills % 2];
            node.kill().await;
            node.start_again().await;
            kills += 1;
        }
    };
    let verdict = crowd.suffer([&talk, &listen], killing, patience).await;
    let lost: u64 = buses.iter().map(LossyRedis::lost).sum();
    println!(
        "{kills} kills, {lost} bus messages lost, {:.0?}: {verdict}",
        began.elapsed()
    );
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(
        u64::try_from(verdict.acknowledged),
        Ok(each * SENDERS as u64)
    );
    assert!(lost > 0, "the bus lost nothing");
    cluster.end().await;
}
