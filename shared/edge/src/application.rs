//! The seam between sockets and rules.

use async_trait::async_trait;
use domain::{Caller, Command, Error, Reply, Result};

/// The rules of chat, implemented by chat-service. REST handlers and sessions ask the same way.
#[async_trait]
pub trait Application: Send + Sync {
    /// Does what `who` asks for, if they may.
    ///
    /// # Errors
    /// Whatever the caller can be told; a write whose outcome is not known is `unknown_outcome`.
    /// The answer comes within [`domain::Limits::ACK`].
    async fn handle(&self, who: &Caller, command: Command) -> Result<Reply>;

    /// Does several things for one session, with one answer each, in order: the rows of its sends
    /// are stored in the order given. A session never has two calls of this under way.
    ///
    /// This one does them one after the other. An implementation may hand sends that follow each
    /// other to the rooms' writers together, so that they share a commit.
    async fn handle_all(&self, who: &Caller, commands: Vec<Command>) -> Vec<Result<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        for command in commands {
            replies.push(self.handle(who, command).await);
        }
        replies
    }
}

/// The application gave an answer to another question.
#[must_use]
pub fn unexpected() -> Error {
    Error::internal("an answer that does not belong to the command")
}
