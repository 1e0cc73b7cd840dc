//! What every adapter of a port promises, as cases. An adapter's test file is one line per suite:
//! `testkit::log_contract!(open);`, where `open` makes a fresh world.
#![allow(
    clippy::unwrap_used,
    reason = "cases are tests, and an error fails them"
)]

pub mod archive;
pub mod blobs;
pub mod bodies;
pub mod cases;
pub mod files;
pub mod history;
pub mod live;
pub mod log;
pub mod outbox;
pub mod people;
pub mod steps;
pub mod transfer;
pub mod work;
mod world;

pub use world::World;
