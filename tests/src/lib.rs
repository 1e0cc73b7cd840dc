//! The harness of the end-to-end tests: servers on ports of their own, and clients of each kind,
//! which know nothing of the product's code.

pub mod alone;
pub mod backends;
pub mod balancer;
pub mod described;
pub mod frames;
pub mod load;
pub mod lossy_redis;
pub mod nodes;
pub mod people;
pub mod process;
pub mod rest;
pub mod server;
pub mod single;
pub mod socket;
mod split;
pub mod tls;

pub use alone::Alone;
pub use balancer::Balancer;
pub use lossy_redis::LossyRedis;
pub use nodes::Nodes;
pub use people::{Anon, SignedIn};
pub use process::Process;
pub use rest::{Answer, Rest};
pub use server::Server;
pub use single::Single;
pub use socket::Socket;

use std::time::Duration;

/// How long any single step of a test may take before it counts as stuck.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for something that should happen soon, and says what did not.
///
/// # Panics
/// After [`PATIENCE`].
pub async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, happens).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {PATIENCE:?}"),
    }
}

/// How much of something a test does: what a variable says, or else what fits into the gate.
///
/// # Panics
/// When the variable says something else than a number.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "it steers the tests and is no setting of the product"
)]
pub fn number(variable: &str, otherwise: u64) -> u64 {
    let said = std::env::var(variable).ok();
    said.map_or(otherwise, |said| said.parse().expect("a number"))
}

/// Runs something beside the test, which itself waits for its end.
#[allow(
    clippy::disallowed_methods,
    reason = "the test waits for it; nothing here is shut down by a tracker"
)]
pub fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(work)
}

/// Asks again and again until the answer is `Some`.
///
/// # Panics
/// After [`PATIENCE`].
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    soon(what, async {
        loop {
            if let Some(value) = ask().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}
