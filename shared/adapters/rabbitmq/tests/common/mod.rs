//! Installations of their own, on the broker that tests share or on one that they stop.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use adapter_rabbitmq::{Place, RabbitQueue, Timings};
use domain::{
    NodeId, RowId,
    ports::{Clock, Delivery, Job, Outcome, Queue},
};
use testkit::{
    clock::TestClock,
    rabbit_server::{RabbitServer, or_skip},
};
use uuid::Uuid;

/// The broker of all tests that do not stop it; `None` after printing why there is none.
pub(crate) fn server() -> Option<&'static RabbitServer> {
    static SAID: Once = Once::new();
    let server = or_skip(RabbitServer::shared())?;
    SAID.call_once(|| {
        // Past the capture of what tests print, which would show it for failed tests only.
        let said = writeln!(std::io::stderr(), "ran on {}", server.describe());
        said.expect("the report can be written");
    });
    Some(server)
}

/// A broker that a test may stop; `None` after printing why there is none.
pub(crate) fn own_server() -> Option<RabbitServer> {
    let server = or_skip(RabbitServer::start())?;
    if !server.is_ours() {
        println!("skipped: the broker of AMQP_URL is not ours to stop");
        return None;
    }
    Some(server)
}

/// What the names of an installation begin with that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{}", NodeId::new().uuid().simple())
}

/// What is usual, but for machines that build something else beside the tests.
pub(crate) fn patient() -> Timings {
    Timings {
        call: Duration::from_secs(20),
        connect: Duration::from_secs(20),
        tick: Duration::from_millis(50),
        ..Timings::default()
    }
}

pub(crate) fn queue(url: &str, timings: Timings) -> RabbitQueue {
    queue_by(url, timings, Arc::new(TestClock::default()))
}

pub(crate) fn queue_by(url: &str, timings: Timings, clock: Arc<dyn Clock>) -> RabbitQueue {
    let place = Place::new(url).expect("a URL that is read");
    RabbitQueue::open(place, timings, clock)
}

pub(crate) fn job(body: &str) -> Job {
    Job {
        id: RowId::new().uuid(),
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) fn ids<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> BTreeSet<Uuid> {
    jobs.into_iter().map(|job| job.id).collect()
}

/// Takes and does everything until all of `wanted` was there, and returns what else was.
pub(crate) async fn drain(queue: &RabbitQueue, mut wanted: BTreeSet<Uuid>) -> BTreeSet<Uuid> {
    let mut others = BTreeSet::new();
    while !wanted.is_empty() {
        let taken = queue.take_jobs(100).await.expect("a take waits");
        for taken in &taken {
            if !wanted.remove(&taken.job.id) {
                others.insert(taken.job.id);
            }
        }
        settle(queue, taken, Outcome::Done).await;
    }
    others
}

pub(crate) async fn settle(queue: &RabbitQueue, taken: Vec<Delivery>, outcome: Outcome) {
    let settled = taken.into_iter().map(|taken| taken.settle(outcome.clone()));
    let settled = queue.settle(settled.collect()).await;
    settled.expect("what cannot be settled comes again");
}

/// Waits until something is so, and says how long that took.
pub(crate) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: never");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}
