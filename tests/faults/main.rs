//! Faults by really killing: the judge decides.

mod kill;
mod listener;
mod sender;

/// Set when everybody should finish.
pub type Until = std::sync::Arc<std::sync::atomic::AtomicBool>;
