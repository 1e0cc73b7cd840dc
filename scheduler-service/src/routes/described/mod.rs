//! The archive's operations, described.

mod examples;
mod policies;
mod rooms;
mod runs;

use described::{Operation, Who};

/// Every operation of the archive.
pub(crate) fn operations() -> Vec<Operation> {
    let groups = [
        policies::operations(),
        rooms::operations(),
        runs::operations(),
    ];
    let all = groups.into_iter().flatten();
    all.map(|operation| operation.of(Who::Administrator))
        .collect()
}
