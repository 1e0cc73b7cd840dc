//! When people were there last.

use async_trait::async_trait;

use crate::{Result, Timestamp, UserId};

/// When people's last session ended. Written when somebody goes offline, so that it costs nothing
/// while they are there.
#[async_trait]
pub trait Sightings: Send + Sync {
    /// Notes that users were there until `at`. Idempotent; an earlier moment changes nothing.
    /// Atomic for each user.
    async fn note_seen(&self, users: &[UserId], at: Timestamp) -> Result<()>;

    /// When users were there last, in the order asked; `None` for who was never seen to go.
    async fn last_seen(&self, users: &[UserId]) -> Result<Vec<Option<Timestamp>>>;
}
