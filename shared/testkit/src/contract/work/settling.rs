//! What becomes of a job that was handed out.

use std::time::Duration;

use domain::ports::{Delivery, Outcome, QueueDepth, Settled};

use super::{
    VISIBILITY, WorkWorld,
    queue::{ids, is_silent, job_ids, publish, take_all},
};

/// Not even after a restart.
pub async fn what_is_done_never_comes_again(world: &dyn WorkWorld) {
    let queue = world.queue();
    publish(&queue, 3).await;
    let taken = take_all(&queue, 3).await;
    queue.settle(all(taken, &Outcome::Done)).await.unwrap();
    assert_eq!(queue.depth().await.unwrap(), QueueDepth::default());
    world.pass(VISIBILITY).await;
    assert!(is_silent(&queue).await);
    drop(queue);
    assert!(is_silent(&world.restart().await).await);
}

/// Its taker may be stuck: after thirty seconds another try is made.
pub async fn what_is_not_settled_comes_again_after_a_while(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 2).await;
    take_all(&queue, 2).await;
    world.pass(VISIBILITY - Duration::from_secs(1)).await;
    assert!(is_silent(&queue).await);
    world.pass(Duration::from_secs(1)).await;
    let again = take_all(&queue, 2).await;
    assert_eq!(ids(&again), job_ids(&published));
    assert!(again.iter().all(|taken| taken.attempt == 2));
}

/// Nobody waits thirty seconds for a process that is gone.
pub async fn what_a_dead_process_had_comes_at_once(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 3).await;
    take_all(&queue, 2).await;
    drop(queue);
    let queue = world.restart().await;
    let taken = take_all(&queue, 3).await;
    assert_eq!(ids(&taken), job_ids(&published));
}

/// Not before, and with the number of the attempt.
pub async fn a_retry_comes_after_its_pause_and_counts(world: &dyn WorkWorld) {
    let queue = world.queue();
    publish(&queue, 1).await;
    let after = Duration::from_secs(5);
    for attempt in 1..=3 {
        let taken = take_all(&queue, 1).await;
        assert_eq!(taken[0].attempt, attempt);
        let retry = all(taken, &Outcome::Retry { after });
        queue.settle(retry).await.unwrap();
        assert!(is_silent(&queue).await);
        world.pass(after).await;
    }
    assert_eq!(queue.depth().await.unwrap().ready, 1);
}

/// It lies where people look, with the reason.
pub async fn what_is_set_aside_is_shown_and_never_comes(world: &dyn WorkWorld) {
    let queue = world.queue();
    let published = publish(&queue, 2).await;
    for (n, taken) in take_all(&queue, 2).await.into_iter().enumerate() {
        let reason = format!("reason {n}");
        let aside = taken.settle(Outcome::SetAside { reason });
        queue.settle(vec![aside]).await.unwrap();
        world.pass(Duration::from_secs(1)).await;
    }
    let aside = queue.set_aside(10).await.unwrap();
    let reasons: Vec<_> = aside.iter().map(|aside| aside.reason.as_str()).collect();
    assert_eq!(reasons, ["reason 1", "reason 0"]);
    assert!(aside.iter().all(|aside| published.contains(&aside.job)));
    assert!(aside[0].at > aside[1].at);
    assert_eq!(queue.set_aside(1).await.unwrap(), aside[..1]);
    let depth = QueueDepth { ready: 0, aside: 2 };
    assert_eq!(queue.depth().await.unwrap(), depth);

    world.pass(VISIBILITY).await;
    assert!(is_silent(&queue).await);
}

/// One that is tried again and again does not keep the others waiting.
pub async fn a_poison_job_does_not_hold_up_the_others(world: &dyn WorkWorld) {
    let queue = world.queue();
    let poison = publish(&queue, 1).await.remove(0);
    let mut good = publish(&queue, 20).await.len();
    while good > 0 {
        let taken = queue.take_jobs(4).await.unwrap();
        let outcome = |taken: &Delivery| match taken.job.id == poison.id {
            true => Outcome::Retry {
                after: Duration::ZERO,
            },
            false => Outcome::Done,
        };
        good -= taken.iter().filter(|t| t.job.id != poison.id).count();
        let settled = taken.into_iter().map(|taken| {
            let outcome = outcome(&taken);
            taken.settle(outcome)
        });
        queue.settle(settled.collect()).await.unwrap();
    }
    assert_eq!(queue.depth().await.unwrap().ready, 1);
}

/// The job was handed to another meanwhile, or is done: a late word changes nothing for the worse.
pub async fn settling_late_harms_nobody(world: &dyn WorkWorld) {
    let queue = world.queue();
    publish(&queue, 1).await;
    let late = take_all(&queue, 1).await;
    world.pass(VISIBILITY).await;
    let again = take_all(&queue, 1).await;
    queue.settle(all(again, &Outcome::Done)).await.unwrap();
    let retry = Outcome::Retry {
        after: Duration::ZERO,
    };
    queue.settle(all(late, &retry)).await.unwrap();
    assert!(is_silent(&queue).await);
}

fn all(taken: Vec<Delivery>, outcome: &Outcome) -> Vec<Settled> {
    let settle = |taken: Delivery| taken.settle(outcome.clone());
    taken.into_iter().map(settle).collect()
}
