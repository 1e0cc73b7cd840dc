//! A collector that is away, or hangs, is nobody's trouble but the operator's.

use std::time::{Duration, Instant};

use e2e::eventually;
use tokio::net::TcpListener;

use crate::start;

/// What a stop may take.
const STOP: Duration = Duration::from_secs(10);

/// Requests whose spans are more than one batch has room for.
const REQUESTS: usize = 300;

async fn serves_and_stops(collector: &str) {
    let data = tempfile::tempdir().expect("a folder");
    let (process, anon) = start(data.path(), collector).await;
    let ann = anon.sign_up("ann").await;
    let room = ann.create_room("lobby").await;
    let path = format!("/api/v1/rooms/{room}");
    for _ in 0..REQUESTS {
        assert_eq!(ann.rest.get(&path).await.status, 200);
    }
    eventually("that spans are lost is counted", async || {
        let metrics = ann.rest.get("/metrics").await.text;
        let lost = r#"hubbub_trace_spans_total{outcome="lost"}"#;
        metrics.contains(lost).then_some(())
    })
    .await;
    ann.say(&room, "x").await;
    let begun = Instant::now();
    assert_eq!(process.terminate().await, Some(0));
    assert!(begun.elapsed() < STOP, "it took {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_collector_that_is_away_is_not_waited_for() {
    // Nobody listens on the first of all ports.
    serves_and_stops("http://127.0.0.1:1").await;
}

#[tokio::test]
async fn a_collector_that_never_answers_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = silent.local_addr().expect("an address");
    serves_and_stops(&format!("http://{addr}/otlp")).await;
    drop(silent);
}
