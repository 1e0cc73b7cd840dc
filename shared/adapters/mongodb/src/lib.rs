//! The log of rooms and the moving of bodies, kept in MongoDB.
//!
//! This is the part of the store on which all else rests: `Log`, `History`, `Inbox`, `Outbox`,
//! `Rooms`, `Members`, `Bodies` and `Holds`. The other ports are not here yet, so `adapters::open`
//! does not offer `mongodb://` yet.
//!
//! Each method commits by one document; there is neither a transaction nor a counter. What keeps
//! a log dense and free of doubles are three unique indexes and one ordered insert in flight per
//! room and node ([`domain::ports::Log::append`]); what keeps bodies from being lost is
//! compare-and-set on (rev, place) ([`domain::ports::Bodies`]). The crate `models` checks both
//! over all interleavings.
//!
//! Only what servers of the MongoDB protocol have in common is used: insert, ordered insertMany,
//! find with sort and limit, count, update with operators, delete, unique and sparse indexes, and
//! one `$group`. Partial indexes only make things faster; no promise hangs on one.

mod apply;
mod bodies;
mod connect;
mod db;
mod failure;
mod history;
mod holds;
mod inbox;
mod indexes;
mod log;
mod members;
mod messages;
mod outbox;
mod reactions;
mod records;
mod rooms;
mod store;
mod values;

pub use connect::ConnectError;
pub use store::{MongoStore, Options, Timings};
