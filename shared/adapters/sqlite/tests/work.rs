//! What the queue on SQLite does beyond its contract.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{sync::Arc, time::Duration};

use adapter_sqlite::SqliteQueue;
use common::{Fresh, fresh};
use domain::{
    RowId,
    ports::{Job, Outcome, Queue},
};

fn job() -> Job {
    Job {
        id: RowId::new().uuid(),
        body: b"a body".to_vec(),
    }
}

async fn in_time<T>(event: impl Future<Output = T>) -> T {
    let event = tokio::time::timeout(Duration::from_secs(10), event);
    event.await.expect("it comes soon")
}

#[tokio::test]
async fn what_a_dropped_take_had_comes_at_once_and_as_the_first_attempt() {
    let Fresh {
        store, dir: _dir, ..
    } = fresh();
    let queue = SqliteQueue::new(store);
    queue.publish_jobs(vec![job()]).await.unwrap();
    for wait in 0..40 {
        let take = queue.take_jobs(1);
        if let Ok(taken) = tokio::time::timeout(Duration::from_micros(250 * wait), take).await {
            let retry = Outcome::Retry {
                after: Duration::ZERO,
            };
            let back = taken.unwrap().remove(0).settle(retry);
            queue.settle(vec![back]).await.unwrap();
            break;
        }
    }
    // The clock stands still: nothing becomes visible by itself.
    let taken = in_time(queue.take_jobs(1)).await.unwrap();
    assert!(taken[0].attempt <= 2, "{taken:?}");
}

#[tokio::test]
async fn a_taker_that_sleeps_notices_that_its_time_has_come() {
    let Fresh {
        store,
        clock,
        dir: _dir,
    } = fresh();
    let queue = SqliteQueue::new(store);
    queue.publish_jobs(vec![job()]).await.unwrap();
    let retry = Outcome::Retry {
        after: Duration::from_secs(60),
    };
    let taken = queue.take_jobs(1).await.unwrap().remove(0);
    queue.settle(vec![taken.settle(retry)]).await.unwrap();
    let later = async {
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(60));
    };
    let (taken, ()) = in_time(async { tokio::join!(queue.take_jobs(1), later) }).await;
    assert_eq!(taken.unwrap()[0].attempt, 2);
}

#[tokio::test]
async fn publishing_and_settling_share_commits() {
    let Fresh {
        store, dir: _dir, ..
    } = fresh();
    let queue = Arc::new(SqliteQueue::new(Arc::clone(&store)));
    let before = store.stats();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let queue = Arc::clone(&queue);
        tasks.spawn(async move { queue.publish_jobs(vec![job()]).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let after = store.stats();
    assert_eq!(after.writes - before.writes, 100);
    assert!(after.commits - before.commits <= 50, "{before:?} {after:?}");
}

#[tokio::test]
async fn a_late_word_does_not_take_a_job_from_its_new_taker() {
    let Fresh {
        store,
        clock,
        dir: _dir,
    } = fresh();
    let queue = SqliteQueue::new(store);
    queue.publish_jobs(vec![job()]).await.unwrap();
    let late = queue.take_jobs(1).await.unwrap().remove(0);
    clock.advance(Duration::from_secs(30));
    let _taken = queue.take_jobs(1).await.unwrap();
    let retry = Outcome::Retry {
        after: Duration::ZERO,
    };
    queue.settle(vec![late.settle(retry)]).await.unwrap();

    let marker = job();
    queue.publish_jobs(vec![marker.clone()]).await.unwrap();
    let next = queue.take_jobs(10).await.unwrap();
    let next: Vec<_> = next.iter().map(|taken| &taken.job).collect();
    assert_eq!(next, [&marker]);
}
