//! How far members have received and read a room.

use crate::{Mark, Member, RoomId, Seq, UserId};

/// How far one member has received and read a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The room.
    pub room: RoomId,
    /// The member.
    pub user: UserId,
    /// Up to which row they have read.
    pub read: Seq,
    /// Up to which row one of their devices has it. Never behind `read`: what was read, has come.
    pub received: Seq,
}

impl Receipt {
    /// What the marks of a member say.
    #[must_use]
    pub fn of(member: &Member) -> Self {
        Self {
            room: member.room,
            user: member.user,
            read: member.read,
            received: member.received.max(member.read),
        }
    }

    /// The receipt after one of the marks was raised: marks only rise, and who has read a row has
    /// received it. The other marks are no part of it.
    #[must_use]
    pub fn raised(mut self, mark: Mark, through: Seq) -> Self {
        match mark {
            Mark::Read => self.read = self.read.max(through),
            Mark::Received => self.received = self.received.max(through),
            Mark::Notified | Mark::Hidden => {}
        }
        self.received = self.received.max(self.read);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_only_rise_and_what_was_read_has_come() {
        let begun = Receipt {
            room: RoomId::new(),
            user: UserId::new(),
            read: 3,
            received: 5,
        };
        let marks = |receipt: Receipt| (receipt.read, receipt.received);
        assert_eq!(marks(begun.raised(Mark::Read, 4)), (4, 5));
        assert_eq!(marks(begun.raised(Mark::Read, 9)), (9, 9));
        assert_eq!(marks(begun.raised(Mark::Received, 7)), (3, 7));
        for (mark, through) in [(Mark::Read, 2), (Mark::Received, 5), (Mark::Hidden, 9)] {
            assert_eq!(begun.raised(mark, through), begun);
        }
    }
}
