//! Why a message was news for somebody, or was not.

use domain::{
    Code, Member, Message, MessageId, Result, UserId, Verdict,
    ports::{History, Members},
    verdict,
};

/// What decided about a message for one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The message as it is now.
    pub message: Message,
    /// Their place in its room, and their rule there.
    pub member: Member,
    /// The rule that decided, looked at now: the same that live delivery and inbox look at.
    pub verdict: Verdict,
}

impl Decision {
    /// Whether it waits in the inbox until it is acknowledged.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.verdict == Verdict::News && self.message.seq > self.member.notified_through()
    }
}

/// Decides anew about a message, by its id alone.
///
/// # Errors
/// `message_not_found` when there is none, or the user never was in its room, or deleted the room
/// for themselves; what the store says.
pub async fn decide<S>(store: &S, message: MessageId, user: UserId) -> Result<Decision>
where
    S: History + Members + ?Sized,
{
    let not_found = || Code::MessageNotFound;
    let room = store.room_of(message).await?.ok_or_else(not_found)?;
    let member = store.member(room, user).await?.ok_or_else(not_found)?;
    let message = store.message(room, message).await?;
    let message = message.filter(|message| message.seq > member.hidden);
    let message = message.ok_or_else(not_found)?;
    Ok(Decision {
        verdict: verdict(&member, &message),
        message,
        member,
    })
}
