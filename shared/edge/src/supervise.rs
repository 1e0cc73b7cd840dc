//! Watches over the background tasks, so that none is gone without anybody noticing.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use domain::{Error, Result};
use futures_util::FutureExt;

use crate::{
    Context, Task,
    service::{Start, Work},
};

/// The pauses before a task begins anew.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The first task, if any, that took the process with it.
#[derive(Clone, Default)]
pub(crate) struct Failure(Arc<OnceLock<&'static str>>);

impl Failure {
    /// What `serve` answers at its end.
    pub(crate) fn into_result(self) -> Result<()> {
        match self.0.get() {
            Some(name) => Err(Error::internal(format!("the task '{name}' failed"))),
            None => Ok(()),
        }
    }
}

/// Starts a task. Its panics are caught, logged and counted; then it begins anew if it can, and
/// takes the process with it if not: half a process helps nobody.
pub(crate) fn start(ctx: &Context, task: Task, failure: &Failure) {
    let (ctx, failure, name) = (ctx.clone(), failure.clone(), task.name);
    let tasks = ctx.tasks.clone();
    match task.start {
        Start::Once(work) => tasks.spawn(async move {
            if !ended_well(name, work).await {
                // Of several that fail, the first is the one to name.
                let _ = failure.0.set(name);
                ctx.drain.cancel();
            } else if !ctx.drain.is_cancelled() {
                tracing::info!(task = name, "a background task has nothing left to do");
            }
        }),
        Start::Again(begin) => tasks.spawn(async move { repeat(&ctx, name, begin).await }),
    };
}

async fn repeat(ctx: &Context, name: &'static str, begin: Box<dyn Fn() -> Work + Send>) {
    let part = ctx.health.part(name);
    let mut pause = FIRST_PAUSE;
    loop {
        part.up();
        let began = tokio::time::Instant::now();
        if ended_well(name, begin()).await && ctx.drain.is_cancelled() {
            return;
        }
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        part.down("restarting");
        let waited = ctx.stop.run_until_cancelled(tokio::time::sleep(pause));
        if waited.await.is_none() {
            return;
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

async fn ended_well(name: &'static str, work: Work) -> bool {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    if ended.is_err() {
        metrics::counter!("hubbub_panics_total", "in" => name).increment(1);
        tracing::error!(task = name, "a background task panicked");
    }
    ended.is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::World;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_cannot_begin_anew_ends_the_process() {
        let world = World::new();
        let ctx = world.ctx.clone();
        let failure = Failure::default();
        let task = Task::new("relay", async { panic!("expected by the test") });
        start(&ctx, task, &failure);
        ctx.drain.cancelled().await;
        assert!(failure.into_result().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_can_begin_anew_does_until_the_end() {
        let world = World::new();
        let ctx = world.ctx.clone();
        let begun = Arc::new(AtomicUsize::new(0));
        let count = begun.clone();
        let stop = ctx.stop.clone();
        let task = Task::restarting("pump", move || {
            let (attempt, stop) = (count.fetch_add(1, Ordering::SeqCst), stop.clone());
            async move {
                assert!(attempt >= 3, "expected by the test");
                stop.cancelled().await;
            }
        });
        start(&ctx, task, &Failure::default());
        while begun.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(FIRST_PAUSE).await;
        }
        assert!(!ctx.drain.is_cancelled());
        ctx.drain.cancel();
        ctx.stop.cancel();
        ctx.tasks.close();
        ctx.tasks.wait().await;
    }
}
