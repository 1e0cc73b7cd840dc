//! What all servers of tests have in common: how they are found, started, stopped, and never left
//! behind.

mod held;
mod process;
mod test_server;
mod tools;
mod watched;

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

pub(crate) use held::Held;
pub use held::Program;
pub use process::Process;
pub(crate) use process::run;
pub use test_server::{Kind, Shared, TestServer};
pub(crate) use test_server::{hosts, through};
pub use tools::target_directory;
pub(crate) use tools::{FETCH, install, works};
pub(crate) use watched::{free_port, on_port, watched};

/// How long a server may take to be ready or to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Decides for a test whether it runs: `None` after printing why it is skipped. `what` is the
/// server that it needs.
///
/// # Panics
/// Where `CI` is set: there a test that cannot run has failed.
pub fn or_skip<T>(what: &str, server: Result<T, impl Display>) -> Option<T> {
    match server {
        Ok(server) => Some(server),
        Err(reason) if variable("CI").is_some() => panic!("no {what} server: {reason:#}"),
        Err(reason) => {
            // Past the capture of what tests print, which nobody would see: the test passes.
            let told = writeln!(std::io::stderr(), "skipped, no {what} server: {reason:#}");
            told.expect("the report can be written");
            None
        }
    }
}

/// Reads a variable that steers the tests; empty counts as absent.
#[allow(
    clippy::disallowed_methods,
    reason = "these steer the tests' own servers and are no settings of the product"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
