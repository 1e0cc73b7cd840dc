//! What an installation can choose: one struct, read once at the start from flags, variables, a
//! file and defaults, and checked before anything runs. Nothing else reads the environment.

mod check;
mod explain;
mod file;
mod issuer;
mod keys;
mod layer;
mod load;
mod model;
mod network;
mod problem;
mod show;
mod variables;

pub use explain::ADDRESS;
pub use issuer::{IssuerSetting, SignatureAlgorithm};
pub use load::{DEFAULT_FILE, Flags, Inputs, Loaded, load};
pub use model::*;
pub use network::Network;
pub use problem::{Origin, Problem, Problems};
pub use show::Shown;
pub use variables::{Variables, process_variables, variable};
