//! Calls of the store, which end in time.

use domain::{Error, Limits, Result};
use tokio::time::timeout;

/// Waits for a call of the store as long as one may take ([`Limits::STORE_CALL`]).
///
/// # Errors
/// `unavailable` when it takes longer; what the store says.
pub async fn in_time<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = timeout(Limits::STORE_CALL, call).await;
    answer.map_err(Error::unavailable).flatten()
}
