//! The queue between services on RabbitMQ: confirmed when published, acknowledged when done.
//!
//! Two connections, one that publishes and one that takes, so that a broker that holds up
//! publishers (its memory or its disk is full) still hands out and is rid of what is done. Each is
//! watched over by one task, which makes it anew for as long as it takes; what was not
//! acknowledged then comes again. Nothing waits for a broker that is away longer than it may, and a
//! broker that is away when a process starts hinders nobody.

pub mod checkup;
mod ear;
mod failure;
mod feed;
mod held;
mod intake;
mod link;
mod look;
mod message;
mod place;
mod plug;
mod publisher;
mod queue;
mod session;
mod taker;
mod topology;

pub use feed::{RabbitFeed, Source};
pub use place::{BadUrl, Place, Timings};
pub use queue::RabbitQueue;
