//! News for one user, derived from the log.

use crate::{
    Code, Mark, Member, Message, NotificationId, Result, RoomId, Seq, Timestamp, UserId,
    ports::{Log, Members},
};

/// News for one user. Its id is the same wherever and whenever it is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Derived from message and user.
    pub id: NotificationId,
    /// Who is told.
    pub receiver: UserId,
    /// Of what.
    pub message: Message,
    /// When the message was said.
    pub at: Timestamp,
}

impl Notification {
    /// The notification that tells `member` of `message`.
    #[must_use]
    pub fn of(member: &Member, message: Message) -> Self {
        Self {
            id: NotificationId::of_message(message.id, member.user),
            receiver: member.user,
            at: message.created_at,
            message,
        }
    }
}

/// Whether `message` is news for `member`. The one rule for live delivery, inbox and explanation:
/// what was said after they joined, by somebody else, and is still there.
#[must_use]
pub fn notifies(member: &Member, message: &Message) -> bool {
    member.is_active()
        && message.sender != member.user
        && message.seq > member.joined_seq
        && message.content().is_some()
}

/// Settles the notifications of a room for a member, through a row; beyond the head counts as the
/// head. The one rule for REST and sockets. Settling what is settled changes nothing.
///
/// # Errors
/// `room_not_found` for who is not in the room; what the store says.
pub async fn acknowledge<S>(store: &S, room: RoomId, user: UserId, through: Seq) -> Result<()>
where
    S: Members + Log + ?Sized,
{
    let member = store.member(room, user).await?;
    if !member.is_some_and(|member| member.is_active()) {
        return Err(Code::RoomNotFound.into());
    }
    let heads = store.heads(&[room]).await?;
    let head = heads.first().map_or(0, |head| head.seq);
    store
        .raise_mark(room, user, Mark::Notified, through.min(head))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, ClientId, Content, MemberState, MessageId, Role};

    fn member() -> Member {
        Member {
            room: RoomId::new(),
            user: UserId::new(),
            role: Role::Member,
            state: MemberState::Active,
            rev: 1,
            joined_seq: 5,
            joined_at: Timestamp::UNIX_EPOCH,
            read: 0,
            received: 0,
            notified: 0,
        }
    }

    fn message(room: RoomId, sender: UserId, seq: u64) -> Message {
        Message {
            id: MessageId::new(),
            room,
            seq,
            sender,
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            rev: 1,
            body: Body::Present {
                content: Content::Text {
                    text: "hello".into(),
                },
            },
            archived: false,
        }
    }

    #[test]
    fn members_hear_of_what_others_say_after_they_joined() {
        let member = member();
        let other = UserId::new();
        assert!(notifies(&member, &message(member.room, other, 6)));
        assert!(
            !notifies(&member, &message(member.room, other, 5)),
            "before joining"
        );
        assert!(
            !notifies(&member, &message(member.room, member.user, 6)),
            "one's own"
        );
    }

    #[test]
    fn who_left_and_what_is_gone_make_no_news() {
        let mut member = member();
        let mut gone = message(member.room, UserId::new(), 6);
        gone.body = Body::Deleted;
        assert!(!notifies(&member, &gone));
        member.state = MemberState::Left;
        assert!(!notifies(&member, &message(member.room, UserId::new(), 6)));
    }
}
