//! What the domain needs of the outside, as traits that state their guarantees.
//!
//! One behaviour suite per port in `testkit` holds every adapter to these words. No port has a
//! transaction handle: each method commits by one document (one transaction in SQLite), and all
//! else is idempotent follow-up. A method that says nothing about atomicity only reads.
//!
//! Every method may fail with `unavailable` (the store is away; surely nothing was done), and
//! those that write with `unknown_outcome` (the answer was lost: call again, it is idempotent).

mod archive;
mod budgets;
mod files;
mod live;
mod log;
mod numbers;
mod people;
mod sightings;
mod transfer;
mod work;

use std::sync::Arc;

pub use archive::{Bodies, Copied, Holds, Overrides, Policies, RunRooms, Runs, Swung};
pub use budgets::{Budgets, Spent};
pub use files::{Blobs, ByteStream, FileLinks, Files};
pub use live::{Bus, BusEvent, BusMessage, BusStream, Cache, Presences};
pub use log::{Dropped, History, Inbox, Log, Outbox};
pub use numbers::Numbers;
pub use people::{Families, Members, Profiles, Rooms, Tokens, Users};
pub use sightings::Sightings;
pub use transfer::{Source, Target};
pub use work::{
    Clock, Delivery, Feed, Job, Lease, Leases, Outcome, Queue, QueueDepth, SetAside, Settled,
    Telling,
};

/// All that is durable, behind one object. Use cases take the sub-port they need.
pub trait Store:
    Users
    + Profiles
    + Tokens
    + Families
    + Rooms
    + Members
    + Sightings
    + Numbers
    + Log
    + History
    + Inbox
    + Outbox
    + Policies
    + Overrides
    + Runs
    + RunRooms
    + Holds
    + Bodies
    + Leases
    + Files
    + FileLinks
    + About
{
}

impl<T> Store for T where
    T: Users
        + Profiles
        + Tokens
        + Families
        + Rooms
        + Members
        + Sightings
        + Numbers
        + Log
        + History
        + Inbox
        + Outbox
        + Policies
        + Overrides
        + Runs
        + RunRooms
        + Holds
        + Bodies
        + Leases
        + Files
        + FileLinks
        + About
{
}

/// What a store says of itself.
#[async_trait::async_trait]
pub trait About: Send + Sync {
    /// The store's id, renewed when a backup is restored: positions of another epoch mean nothing.
    async fn epoch(&self) -> crate::Result<uuid::Uuid>;

    /// Whether it answers and can write, for readiness.
    async fn ping(&self) -> crate::Result<()>;

    /// What it is and what it cannot promise, for the banner and the test report.
    fn describe(&self) -> String;

    /// Whether other processes may work on it at the same time. Who shares a store looks into it for
    /// what the bus lost; who has it alone heard everything.
    fn is_shared(&self) -> bool;

    /// Writes what waits, and stops. Later calls fail with `unavailable`.
    async fn close(&self);
}

/// A server that the process goes on without, at a price: something is slower or comes later, and
/// nothing is lost. Readiness names it while it is away, and stays.
#[async_trait::async_trait]
pub trait Dependency: Send + Sync {
    /// Whether it answers.
    async fn ping(&self) -> crate::Result<()>;

    /// What it is and where, without secrets.
    fn describe(&self) -> String;
}

/// The ports that a process works with.
#[derive(Clone)]
pub struct Ports {
    /// Durable.
    pub store: Arc<dyn Store>,
    /// Forgetful.
    pub cache: Arc<dyn Cache>,
    /// Forgetful too: who is there.
    pub presences: Arc<dyn Presences>,
    /// The same of who has a conversation open.
    pub visitors: Arc<dyn Presences<crate::Visit>>,
    /// What rates count over all processes; none where this one counts for itself.
    pub budgets: Option<Arc<dyn Budgets>>,
    /// Live, at most once.
    pub bus: Arc<dyn Bus>,
    /// Work, at least once.
    pub queue: Arc<dyn Queue>,
    /// What another system tells of its people, where the settings name its queue.
    pub feed: Option<Arc<dyn Feed>>,
    /// The bytes of files.
    pub blobs: Arc<dyn Blobs>,
    /// The store's time.
    pub clock: Arc<dyn Clock>,
    /// The servers behind them that may be away, by the name that readiness calls them.
    pub dependencies: Vec<(&'static str, Arc<dyn Dependency>)>,
}
