//! What every [`Queue`] promises: at least once, never lost, never at two places at once.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod queue;
pub mod settling;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::Queue;

/// How long a job that was handed out may stay unsettled before it comes again.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(30);

/// A fresh queue.
#[async_trait]
pub trait WorkWorld: Send + Sync {
    /// The queue.
    fn queue(&self) -> Arc<dyn Queue>;

    /// Lets time pass, as the queue measures it.
    async fn pass(&self, time: Duration);

    /// Ends the process that had the queue, without settling anything, and opens it in another.
    async fn restart(&self) -> Arc<dyn Queue>;
}

/// Runs the suite of [`Queue`](domain::ports::Queue) on the worlds of `open`.
#[macro_export]
macro_rules! queue_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, work;
            queue: [
                what_is_published_comes,
                a_taker_waits_until_something_is_published,
                no_more_than_wanted_comes_at_once,
                nothing_is_handed_to_two_takers,
                a_dropped_take_loses_nothing,
                a_job_may_be_published_twice,
                many_at_once_all_come,
            ]
            settling: [
                what_is_done_never_comes_again,
                what_is_not_settled_comes_again_after_a_while,
                what_a_dead_process_had_comes_at_once,
                a_retry_comes_after_its_pause_and_counts,
                what_is_set_aside_is_shown_and_never_comes,
                a_poison_job_does_not_hold_up_the_others,
                settling_late_harms_nobody,
            ]
        }
    };
}
