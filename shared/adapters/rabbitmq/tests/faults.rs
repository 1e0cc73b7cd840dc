//! What becomes of the queue when the broker is killed, freezes or is cut off: what was confirmed
//! is never lost, what was not is told as failed in time, and all is well again by itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_rabbitmq::{RabbitQueue, Timings};
use common::{drain, ids, job, own_server, prefix, queue, server, settle, until};
use domain::{
    Code,
    ports::{Dependency, Job, Outcome, Queue},
};
use testkit::{
    proxy::{Direction, Proxy},
    rabbit_server::RabbitServer,
};
use uuid::Uuid;

/// How soon after its return a broker is used again.
const RETURN: Duration = Duration::from_secs(30);

/// What machines add that build something else beside the tests.
const SLACK: Duration = Duration::from_secs(2);

fn timings() -> Timings {
    Timings {
        tick: Duration::from_millis(50),
        ..Timings::default()
    }
}

/// For a line that is cut again before a connection has proven itself: the pauses would grow.
fn for_many_cuts() -> Timings {
    Timings {
        pause: Duration::from_millis(200),
        ..timings()
    }
}

/// Publishes jobs until they are confirmed, and says how often that failed.
async fn publish(queue: &RabbitQueue, jobs: &[Job]) -> u32 {
    let mut failed = 0;
    until("the jobs are confirmed", async || {
        let begun = Instant::now();
        let Err(error) = queue.publish_jobs(jobs.to_vec()).await else {
            return true;
        };
        let took = begun.elapsed();
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert!(took <= timings().call + SLACK, "it took {took:?}");
        failed += 1;
        false
    })
    .await;
    failed
}

fn batch(size: usize) -> Vec<Job> {
    (0..size).map(|n| job(&n.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_loses_nothing_that_it_confirmed() {
    let Some(server) = own_server() else { return };
    let server = Arc::new(server);
    let queue = queue(&server.url_of("hubbub"), timings());
    let mut confirmed = BTreeSet::<Uuid>::new();
    let mut failed = 0;
    let broker = Arc::clone(&server);
    let killer = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(500));
        broker.kill().unwrap();
        broker.restart().unwrap();
    });
    while !killer.is_finished() || failed == 0 {
        let jobs = batch(50);
        failed += publish(&queue, &jobs).await;
        confirmed.extend(ids(&jobs));
    }
    killer.await.unwrap();
    assert!(failed > 0, "nobody noticed that the broker was killed");
    drain(&queue, confirmed).await;
    assert_eq!(queue.depth().await.unwrap().ready, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_broker_is_given_up_in_time_and_used_again() {
    let Some(server) = own_server() else { return };
    let queue = queue(&server.url_of("hubbub"), timings());
    let before = batch(10);
    publish(&queue, &before).await;
    let taken = queue.take_jobs(5).await.unwrap();
    server.stop().unwrap();
    let begun = Instant::now();
    let refused = queue.publish_jobs(batch(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(begun.elapsed() <= timings().call + SLACK);
    until("readiness tells of it", async || {
        queue.ping().await.is_err()
    })
    .await;
    // That is not the fault of those who have something to say: it comes again.
    settle(&queue, taken, Outcome::Done).await;

    server.cont().unwrap();
    let after = batch(10);
    let begun = Instant::now();
    publish(&queue, &after).await;
    drain(&queue, ids(before.iter().chain(&after))).await;
    assert!(begun.elapsed() <= RETURN, "it took {:?}", begun.elapsed());
    until("readiness is silent", async || queue.ping().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_at_any_byte_loses_nothing() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let url = server.url_through(proxy.address(), &prefix());
    let queue = queue(&url, for_many_cuts());
    let mut confirmed = batch(1);
    publish(&queue, &confirmed).await;
    for (n, direction) in [Direction::ToServer, Direction::ToClient]
        .iter()
        .cycle()
        .take(16)
        .enumerate()
    {
        proxy.cut_after(*direction, 37 * (n as u64 + 1));
        let jobs = batch(20);
        publish(&queue, &jobs).await;
        confirmed.extend(jobs);
    }
    drain(&queue, ids(&confirmed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_settled_while_the_line_is_cut_is_kept_or_comes_again() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let url = server.url_through(proxy.address(), &prefix());
    let queue = queue(&url, for_many_cuts());
    let jobs = batch(8);
    publish(&queue, &jobs).await;
    let mut aside = 0;
    for n in 0.. {
        let taken = queue.take_jobs(1).await.unwrap();
        let reason = "tried".to_owned();
        let settled = taken.into_iter().map(|taken| {
            taken.settle(Outcome::SetAside {
                reason: reason.clone(),
            })
        });
        if n < 8 {
            proxy.cut_after(Direction::ToServer, 90 * n);
        }
        // It may fail, and comes again then.
        let _ = queue.settle(settled.collect()).await;
        until("the broker answers", async || {
            let depth = queue.depth().await;
            depth.is_ok_and(|depth| {
                aside = depth.aside;
                true
            })
        })
        .await;
        if queue
            .depth()
            .await
            .is_ok_and(|depth| depth.ready == 0 && depth.aside >= 8)
        {
            break;
        }
    }
    assert!(aside >= 8);
    let listed = queue.set_aside(100).await.unwrap();
    assert_eq!(ids(listed.iter().map(|aside| &aside.job)), ids(&jobs));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_stalls_is_given_up_and_made_anew() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let url = server.url_through(proxy.address(), &prefix());
    let queue = queue(&url, timings());
    publish(&queue, &batch(1)).await;
    proxy.hold(Direction::ToClient);
    let begun = Instant::now();
    let refused = queue.publish_jobs(batch(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(begun.elapsed() <= timings().call + SLACK);
    proxy.release(Direction::ToClient).await;
    let begun = Instant::now();
    publish(&queue, &batch(1)).await;
    assert!(begun.elapsed() <= RETURN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_at_the_start_is_waited_for() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    proxy.refuse(true);
    let url = server.url_through(proxy.address(), &prefix());
    let queue = queue(&url, timings());
    until("it counts as away", async || {
        let begun = Instant::now();
        let refused = queue.publish_jobs(batch(1)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        begun.elapsed() < Duration::from_millis(100)
    })
    .await;
    let told = queue.ping().await.unwrap_err();
    assert!(told.message().contains("cannot be reached"), "{told:?}");
    assert!(!told.message().contains("guest"), "{told:?}");
    let taking = queue.take_jobs(1);
    proxy.refuse(false);
    let jobs = batch(1);
    let (taken, _) = tokio::join!(taking, publish(&queue, &jobs));
    assert_eq!(taken.unwrap()[0].job, jobs[0]);
}

/// It still hands out and hears what is done, so that it gets room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_full_takes_nothing_and_is_emptied() {
    let Some(server) = own_server() else { return };
    let queue = queue(&server.url_of("hubbub"), timings());
    let jobs = batch(10);
    publish(&queue, &jobs).await;
    tokio::task::block_in_place(|| server.fill(true)).unwrap();
    until("publishing fails at once", async || {
        let begun = Instant::now();
        let refused = queue.publish_jobs(batch(1)).await;
        refused.is_err() && begun.elapsed() < Duration::from_millis(100)
    })
    .await;
    let told = queue.ping().await.unwrap_err();
    assert!(told.message().contains("memory or its disk is full"));
    let mut missing = ids(&jobs);
    while !missing.is_empty() {
        let taken = queue.take_jobs(10).await.unwrap();
        for taken in &taken {
            missing.remove(&taken.job.id);
            assert_eq!(taken.attempt, 1, "it was handed out and done at once");
        }
        settle(&queue, taken, Outcome::Done).await;
    }
    tokio::task::block_in_place(|| server.fill(false)).unwrap();
    let begun = Instant::now();
    publish(&queue, &batch(1)).await;
    assert!(begun.elapsed() <= RETURN);
    until("readiness is silent", async || queue.ping().await.is_ok()).await;
}

async fn behind_proxy() -> Option<(&'static RabbitServer, Proxy)> {
    let server = server()?;
    let address = server.address().expect("the broker has an address");
    let proxy = Proxy::to(address).await.expect("there is a free port");
    Some((server, proxy))
}
