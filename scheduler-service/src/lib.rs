//! The archive: which policies there are, when each of them runs, and what a run does.
pub mod schedule;
