//! Work between services, leases over it, and the time it happens at.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Result, Timestamp};

/// A piece of work, as bytes that only its reader understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The same for every repeat of it.
    pub id: Uuid,
    /// The body.
    pub body: Vec<u8>,
}

/// A job that was handed out and must be settled.
#[derive(Debug)]
pub struct Delivery {
    /// The job.
    pub job: Job,
    /// How often it was handed out, this time included: 1 at first.
    pub attempt: u32,
    /// What the adapter knows it by.
    pub tag: u64,
}

/// What is to become of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done: forget it.
    Done,
    /// Hand it out again after a pause.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// It can never be done: put it where people look, with the reason.
    SetAside {
        /// Why.
        reason: String,
    },
}

/// A delivery with its outcome. Made by consuming the delivery, so that none is settled twice.
#[derive(Debug)]
pub struct Settled {
    /// The job's id.
    pub id: Uuid,
    /// What the adapter knows it by.
    pub tag: u64,
    /// What is to become of it.
    pub outcome: Outcome,
}

impl Delivery {
    /// Says what is to become of it.
    #[must_use]
    pub fn settle(self, outcome: Outcome) -> Settled {
        Settled {
            id: self.job.id,
            tag: self.tag,
            outcome,
        }
    }
}

/// How much is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Waiting or handed out. What other processes were handed may be missing.
    pub ready: u64,
    /// Set aside.
    pub aside: u64,
}

/// A job that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The job.
    pub job: Job,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Work between services: at least once, in no order.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Stores jobs. From the answer on they are durable. Publishing a job again may hand it out
    /// again.
    async fn publish_jobs(&self, jobs: Vec<Job>) -> Result<()>;

    /// Waits for jobs and takes up to `max` of them. What is not settled comes again: at once
    /// after the process ended, else after 30 s. Cancel-safe: a dropped call loses nothing.
    async fn take_jobs(&self, max: usize) -> Result<Vec<Delivery>>;

    /// Settles deliveries. What cannot be settled (the connection went) comes again.
    async fn settle(&self, settled: Vec<Settled>) -> Result<()>;

    /// How much is in it.
    async fn depth(&self) -> Result<QueueDepth>;

    /// Up to `limit` jobs that were set aside, newest first.
    async fn set_aside(&self, limit: usize) -> Result<Vec<SetAside>>;
}

/// Something that another system tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// What happened, in its word.
    pub action: String,
    /// The rest, as bytes that only its reader understands.
    pub body: Vec<u8>,
    /// What the adapter knows it by.
    pub tag: u64,
}

/// What another system tells, on a queue that is the other system's: at least once, and in its
/// order while nothing fails. Nothing is taken from the queue before somebody listens.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Waits for the next, however long. What is not settled comes again, at once after the process
    /// ended, else after 30 s. Cancel-safe: a dropped call loses nothing.
    async fn next_telling(&self) -> Telling;

    /// Says what is to become of it. One that is retried comes again after the pause; one that is set
    /// aside lies with the jobs that are ([`Queue::set_aside`]).
    async fn settle_telling(&self, tag: u64, outcome: Outcome) -> Result<()>;
}

/// A right to do something alone, for a while. It saves work; correctness must not hang on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What for.
    pub name: String,
    /// Who has it.
    pub holder: Uuid,
    /// Until when, in store time.
    pub until: Timestamp,
}

/// The leases.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or prolongs a lease for `ttl` of store time. `None` while another holder has it.
    /// Atomic.
    async fn acquire_lease(&self, name: &str, holder: Uuid, ttl: Duration)
    -> Result<Option<Lease>>;

    /// Gives a lease back, if it is this holder's. Idempotent.
    async fn release_lease(&self, name: &str, holder: Uuid) -> Result<()>;
}

/// The store's time.
pub trait Clock: Send + Sync {
    /// Now, in whole milliseconds.
    fn now(&self) -> Timestamp;
}
