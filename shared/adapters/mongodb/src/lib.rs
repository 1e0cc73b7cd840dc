//! The store kept in MongoDB: every port of [`domain::ports::Store`].
//!
//! Each method commits by one document; there is neither a transaction nor a counter. What keeps
//! a log dense and free of doubles are three unique indexes and one ordered insert in flight per
//! room and node ([`domain::ports::Log::append`]); what keeps bodies from being lost is
//! compare-and-set on (rev, place) ([`domain::ports::Bodies`]). The crate `models` checks both
//! over all interleavings. Where two documents belong together, the module says in which order they
//! are written and why stopping in between does no harm.
//!
//! A server is made sure of before anything is kept on it: how it stands to others, that it does
//! what it says, its time, the schema and the indexes. One that is away at the start is waited for.
//!
//! Only what servers of the MongoDB protocol have in common is used: insert, ordered insertMany,
//! find with sort and limit, count, update with operators, delete, unique and sparse indexes, and
//! one `$group`. Partial indexes only make things faster; no promise hangs on one.

mod about;
mod apply;
mod bodies;
mod clock;
mod connect;
mod db;
mod failure;
mod families;
mod file_links;
mod files;
mod history;
mod holds;
mod inbox;
mod indexes;
mod keeper;
mod leases;
mod log;
mod members;
mod messages;
mod numbers;
mod outbox;
mod overrides;
mod policies;
mod reactions;
mod records;
mod rooms;
mod run_rooms;
mod runs;
mod schema;
mod self_check;
mod server;
mod sightings;
mod store;
mod tokens;
mod transfer;
mod users;
mod values;

pub use clock::StoreClock;
pub use connect::ConnectError;
pub use store::{MongoStore, Options, Timings};
pub use transfer::{MongoSource, MongoTarget};
