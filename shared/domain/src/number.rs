//! Whole numbers for things, for clients that know no other ids.
//!
//! A thing gets its number when somebody first asks for it, and keeps it for ever. A message's
//! number follows from that of its room and from its seq, so that none has to be kept.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{RoomId, Seq, UserId};

/// How many bits of a message's number its seq takes. With the 21 of a room's number it is exact
/// where numbers are floating-point ones, as in JavaScript.
const SEQ_BITS: u32 = 32;

/// The highest number of a room.
const LAST_ROOM: u64 = (1 << 21) - 1;

/// The highest of all else: what a floating-point number holds exactly.
const LAST: u64 = (1 << 53) - 1;

/// What kind of things is numbered; each has numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbering {
    /// Rooms, up to 2,097,151 of a tenant.
    Rooms,
    /// People.
    Users,
}

impl Numbering {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Rooms, Self::Users];

    /// The highest number there can be.
    #[must_use]
    pub const fn last(self) -> u64 {
        match self {
            Self::Rooms => LAST_ROOM,
            Self::Users => LAST,
        }
    }

    /// What stores call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rooms => "rooms",
            Self::Users => "users",
        }
    }

    /// The kind that stores call so.
    #[must_use]
    pub fn stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A thing that can have a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Numbered {
    /// What kind of thing it is.
    pub kind: Numbering,
    /// Its id.
    pub id: Uuid,
}

impl From<RoomId> for Numbered {
    fn from(id: RoomId) -> Self {
        let (kind, id) = (Numbering::Rooms, id.uuid());
        Self { kind, id }
    }
}

impl From<UserId> for Numbered {
    fn from(id: UserId) -> Self {
        let (kind, id) = (Numbering::Users, id.uuid());
        Self { kind, id }
    }
}

/// The place of a message, which its number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageNumber {
    /// The number of its room.
    pub room: u64,
    /// Its seq there.
    pub seq: Seq,
}

impl MessageNumber {
    /// The number; `None` for a seq beyond 4,294,967,295, and for a room that cannot have that number.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        if self.room > LAST_ROOM || self.seq >> SEQ_BITS != 0 {
            return None;
        }
        Some((self.room << SEQ_BITS) | self.seq)
    }

    /// What a number stands for; `None` where no message can have it.
    #[must_use]
    pub const fn of(number: u64) -> Option<Self> {
        let (room, seq) = (number >> SEQ_BITS, number & ((1 << SEQ_BITS) - 1));
        if room == 0 || room > LAST_ROOM || seq == 0 {
            return None;
        }
        Some(Self { room, seq })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_in_javascript_and_leads_back() {
        for (room, seq, number) in [
            (1, 1, (1 << 32) + 1),
            (67, 565, 67 * (1 << 32) + 565),
            (LAST_ROOM, u64::from(u32::MAX), (1 << 53) - 1),
        ] {
            let place = MessageNumber { room, seq };
            assert_eq!(place.number(), Some(number));
            assert_eq!(MessageNumber::of(number), Some(place));
        }
    }

    #[test]
    fn what_is_beyond_has_no_number_and_is_none() {
        let number = |room, seq| MessageNumber { room, seq }.number();
        assert_eq!(number(LAST_ROOM + 1, 1), None);
        assert_eq!(number(1, 1 << 32), None);
        for number in [0, 1, 565, 1 << 32, 1 << 53, u64::MAX] {
            assert_eq!(MessageNumber::of(number), None, "{number}");
        }
    }

    #[test]
    fn stores_call_each_kind_by_one_name() {
        for kind in Numbering::ALL {
            assert_eq!(Numbering::stored(kind.as_str()), Some(kind));
        }
        assert_eq!(Numbering::stored("messages"), None);
    }
}
