//! What an installation can choose: one struct, read once at the start from flags, variables, a
//! file and defaults, and checked before anything runs. Nothing else reads the environment.

mod model;

pub use model::*;
