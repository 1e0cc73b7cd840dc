//! Faults by really killing: the judge decides.

mod away;
mod cluster;
mod crowd;
mod kill;
mod nodes;
mod services;

/// How much of something a test does: what a variable says, or else what fits into the gate.
#[allow(
    clippy::disallowed_methods,
    reason = "it steers the tests and is no setting of the product"
)]
fn number(variable: &str, otherwise: u64) -> u64 {
    let said = std::env::var(variable).ok();
    said.map_or(otherwise, |said| said.parse().expect("a number"))
}
