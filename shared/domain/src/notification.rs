//! News for one user, derived from the log.

use crate::{Member, Message, NotificationId, Timestamp, UserId};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, ClientId, Content, MemberState, MessageId, Role, RoomId};

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
            hidden: 0,
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
                content: Content::plain("hello"),
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
