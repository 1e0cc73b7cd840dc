//! Installations of their own, on the server that tests share or on one that they stop.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::{
    io::Write,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use adapter_redis::{BusBounds, Link, Place, RedisBus, Timings};
use domain::{
    NodeId, RoomId,
    ports::{BusEvent, BusMessage},
};
use testkit::redis_server::{RedisServer, or_skip};

/// The server of all tests that do not stop it; `None` after printing why there is none.
pub(crate) fn server() -> Option<&'static RedisServer> {
    static SAID: Once = Once::new();
    let server = or_skip(RedisServer::shared())?;
    SAID.call_once(|| {
        // Past the capture of what tests print, which would show it for failed tests only.
        let said = writeln!(std::io::stderr(), "ran on {}", server.describe());
        said.expect("the report can be written");
    });
    Some(server)
}

/// A server that a test may stop; `None` after printing why there is none.
pub(crate) fn own_server() -> Option<RedisServer> {
    let server = or_skip(RedisServer::start())?;
    if !server.is_ours() {
        println!("skipped: the server of REDIS_URL is not ours to stop");
        return None;
    }
    Some(server)
}

/// An installation that no other test has.
pub(crate) fn place(url: &str) -> Place {
    Place::new(url, NodeId::new().uuid()).expect("a URL that the driver takes")
}

/// What is usual, but for machines that build something else beside the tests.
pub(crate) fn patient() -> Timings {
    Timings {
        call: Duration::from_secs(5),
        connect: Duration::from_secs(5),
        ..Timings::default()
    }
}

pub(crate) async fn link(place: Place, timings: Timings) -> Arc<Link> {
    Link::open("cache", place, timings).await
}

pub(crate) async fn bus(place: &Place, timings: Timings, bounds: BusBounds) -> Arc<RedisBus> {
    Arc::new(RedisBus::open(place.clone(), timings, bounds).await)
}

pub(crate) fn news(origin: NodeId, seq: u64) -> BusMessage {
    let room = RoomId::new();
    BusMessage {
        origin,
        event: BusEvent::News { room, seq },
    }
}

/// Waits until something is so, and says how long that took.
pub(crate) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: never");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}
