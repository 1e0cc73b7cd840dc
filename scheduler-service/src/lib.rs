//! The archive: which policies there are, when each of them runs, and what a run does.
//!
//! Read [`archive`] for what can be asked, [`due`] for when a run begins, and [`run`] for how it
//! goes. Bodies of messages move, their keys stay: `domain::ports::Bodies` says how.

pub mod age;
pub mod archive;
mod cut;
pub mod difference;
pub mod due;
mod metrics;
pub mod policies;
pub mod room_log;
mod routes;
mod rules;
pub mod run;
pub mod schedule;
mod scope;
mod service;
#[cfg(test)]
mod testing;
pub mod tick;
mod work;

pub use archive::{Archive, Parts, Restore};
pub use cut::end_cut;
pub use room_log::RoomLog;
pub use run::Pace;
pub use service::{LiveLog, alone, archive, configure, configure_when_there, service};
