//! Publishing and taking.

use std::{collections::HashSet, sync::Arc, time::Duration};

use domain::{
    RowId,
    ports::{Delivery, Job, Outcome, Queue, QueueDepth},
};
use futures_util::{FutureExt, future::join_all};
use uuid::Uuid;

use super::{VISIBILITY, WorkWorld};

/// With the body as it was, for the first time.
pub async fn what_is_published_comes(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 3).await;
    let taken = take_all(&queue, 3).await;
    let mut jobs: Vec<_> = taken.iter().map(|taken| taken.job.clone()).collect();
    jobs.sort_by_key(|job| job.id);
    assert_eq!(jobs, published);
    assert!(taken.iter().all(|taken| taken.attempt == 1));
    let depth = QueueDepth { ready: 3, aside: 0 };
    assert_eq!(queue.depth().await.unwrap(), depth);
    queue.publish_jobs(Vec::new()).await.unwrap();
    queue.settle(Vec::new()).await.unwrap();
}

/// It is woken by the job, not by looking now and then.
pub async fn a_taker_waits_until_something_is_published(world: &dyn WorkWorld) {
    let queue = world.queue();
    let mut take = queue.take_jobs(10);
    for _ in 0..20 {
        assert!((&mut take).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let (taken, published) = tokio::join!(take, publish(&queue, 1));
    assert_eq!(taken.unwrap()[0].job, published[0]);
}

/// `max` bounds a batch; the rest stays for the next.
pub async fn no_more_than_wanted_comes_at_once(world: &dyn WorkWorld) {
    let queue = world.queue();
    publish(&queue, 5).await;
    let mut taken = 0;
    while taken < 5 {
        let batch = queue.take_jobs(2).await.unwrap().len();
        assert!((1..=2).contains(&batch));
        taken += batch;
    }
    assert_eq!(taken, 5);
}

/// However many take at once, until it is settled or its time is over.
pub async fn nothing_is_handed_to_two_takers(world: &dyn WorkWorld) {
    let queue = world.queue();
    publish(&queue, 40).await;
    let taken = join_all((0..8).map(|_| take_all(&queue, 5))).await;
    let ids: HashSet<_> = taken.iter().flatten().map(|taken| taken.job.id).collect();
    assert_eq!(ids.len(), 40);
}

/// A call that is given up at any moment gives back what it had.
pub async fn a_dropped_take_loses_nothing(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 10).await;
    for wait in 0..20 {
        let take = queue.take_jobs(1);
        let given_up = tokio::time::timeout(Duration::from_micros(wait * 500), take);
        if let Ok(taken) = given_up.await {
            // Came in time: let it come again.
            drop(taken.unwrap());
        }
    }
    world.pass(VISIBILITY).await;
    assert_eq!(ids(&take_all(&queue, 10).await), job_ids(&published));
}

/// At least once, and gone when it is done.
pub async fn a_job_may_be_published_twice(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 1).await;
    queue.publish_jobs(published.clone()).await.unwrap();
    let twice = vec![published[0].clone(), published[0].clone()];
    queue.publish_jobs(twice).await.unwrap();
    while queue.depth().await.unwrap().ready > 0 {
        let taken = queue.take_jobs(10).await.unwrap();
        assert!(taken.iter().all(|taken| taken.job == published[0]));
        let done = taken.into_iter().map(|taken| taken.settle(Outcome::Done));
        queue.settle(done.collect()).await.unwrap();
    }
    // Once it is forgotten, it is a new job.
    queue.publish_jobs(published.clone()).await.unwrap();
    assert_eq!(ids(&take_all(&queue, 1).await), job_ids(&published));
}

/// Publishers and takers side by side: everything is done once at least, and nothing is left.
pub async fn many_at_once_all_come(world: &dyn WorkWorld) {
    let queue = world.queue();
    let publishers = join_all((0..10).map(|_| publish(&queue, 20)));
    let taker = async {
        let mut done = HashSet::new();
        while done.len() < 200 {
            let taken = queue.take_jobs(16).await.unwrap();
            done.extend(taken.iter().map(|taken| taken.job.id));
            let settled = taken.into_iter().map(|taken| taken.settle(Outcome::Done));
            queue.settle(settled.collect()).await.unwrap();
        }
        done
    };
    let (published, done) = tokio::join!(publishers, taker);
    let published = published.iter().flatten().map(|job| job.id);
    assert_eq!(published.collect::<HashSet<_>>(), done);
    assert_eq!(queue.depth().await.unwrap(), QueueDepth::default());
}

/// Publishes `count` jobs and returns them by id.
pub(super) async fn publish(queue: &Arc<dyn Queue>, count: usize) -> Vec<Job> {
    let jobs: Vec<_> = (0..count).map(|n| job(n as u8)).collect();
    queue.publish_jobs(jobs.clone()).await.unwrap();
    jobs
}

fn job(n: u8) -> Job {
    Job {
        id: RowId::new().uuid(),
        body: vec![n, 0, 255],
    }
}

/// Takes until there are `count` jobs.
pub(super) async fn take_all(queue: &Arc<dyn Queue>, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let batch = queue.take_jobs(count - taken.len()).await.unwrap();
        assert!(!batch.is_empty(), "a take waits for jobs");
        taken.extend(batch);
    }
    taken
}

/// Whether nothing comes now. Jobs that were published or settled before would.
pub(super) async fn is_silent(queue: &Arc<dyn Queue>) -> bool {
    let marker = publish(queue, 1).await;
    let taken = queue.take_jobs(10).await.unwrap();
    let silent = ids(&taken) == job_ids(&marker);
    let settled = taken.into_iter().map(|taken| taken.settle(Outcome::Done));
    queue.settle(settled.collect()).await.unwrap();
    silent
}

/// The ids of deliveries, rising.
pub(super) fn ids(taken: &[Delivery]) -> Vec<Uuid> {
    let mut ids: Vec<_> = taken.iter().map(|taken| taken.job.id).collect();
    ids.sort();
    ids
}

/// The ids of jobs, rising.
pub(super) fn job_ids(jobs: &[Job]) -> Vec<Uuid> {
    let mut ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    ids.sort();
    ids
}
