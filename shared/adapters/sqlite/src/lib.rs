//! The Store on SQLite: one file, one writer with two lanes and group commit, a pool of readers.
//!
//! Start at [`SqliteStore`]. Every port is one file here. A write is a closure that the writer
//! runs in a savepoint of a shared transaction; a read is a closure on a connection of the pool.

mod bodies;
pub mod checkup;
mod columns;
mod connect;
mod error;
mod families;
mod file_links;
mod file_records;
mod files;
mod history;
mod holds;
mod inbox;
mod leases;
mod lock;
mod log;
mod members;
mod messages;
mod notifications;
mod numbers;
mod outbox;
mod overrides;
mod policies;
mod queue;
mod reactions;
mod readers;
mod rooms;
mod run_rooms;
mod runs;
mod schema;
mod sightings;
mod store;
mod tokens;
mod transfer;
mod users;
mod writer;

pub use connect::Synchronous;
pub use error::OpenError;
pub use lock::{Holder, ProcessLock};
pub use queue::SqliteQueue;
pub use store::{Options, SqliteStore};
pub use transfer::{SqliteSource, SqliteTarget};
pub use writer::WriterStats;
