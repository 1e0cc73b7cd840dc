//! The seam between sockets and rules.

use async_trait::async_trait;
use domain::{Caller, Command, Reply, Result};

/// The rules of chat, implemented by chat-service. REST handlers and sessions ask the same way.
#[async_trait]
pub trait Application: Send + Sync {
    /// Does what `who` asks for, if they may.
    ///
    /// # Errors
    /// Whatever the caller can be told; a write whose outcome is not known is `unknown_outcome`.
    /// The answer comes within [`domain::Limits::ACK`].
    async fn handle(&self, who: &Caller, command: Command) -> Result<Reply>;
}
