//! The delivery judge: one recorder and one verdict for every test of delivery and of faults, so
//! that "passed" always means the same.
//!
//! Senders write down what they asked for and what they were told; listeners write down what they
//! heard, in the order they heard it; at the end the whole history is read. [`Ledger::judge`]
//! compares the three. A sender that saw a time-out knows nothing: its outcome is unknown, and
//! the message may or may not be there.

mod verdict;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::{ClientId, MessageId, RoomId, Seq};
pub use verdict::Verdict;

/// What a sender was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is stored, as this message.
    Stored {
        /// The message.
        id: MessageId,
        /// Its number in the room.
        seq: Seq,
    },
    /// It was refused: surely not stored.
    Refused,
    /// Nothing, or that it is not known.
    Nothing,
}

/// One send, with all its repeats under one client_id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The sender's own id for it.
    pub client_id: ClientId,
    /// Where.
    pub room: RoomId,
    /// Who, by a number of the test's own.
    pub sender: usize,
    /// The sender's own count in this room, rising.
    pub n: u64,
    /// What came of it.
    pub told: Told,
}

/// How a listener came to hear of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As it happened.
    Live,
    /// By resuming.
    Replay,
}

/// One message heard by one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Who, by a number of the test's own.
    pub listener: usize,
    /// Where.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The message.
    pub id: MessageId,
    /// How.
    pub how: How,
}

/// What a listener was told when it resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Who.
    pub listener: usize,
    /// Where.
    pub room: RoomId,
    /// The position it resumed from.
    pub since: Seq,
    /// The position that it was said to have reached, with everything in between.
    pub head: Seq,
}

/// One message of the final history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its number in the room.
    pub seq: Seq,
    /// The message.
    pub id: MessageId,
    /// The sender's own id for it.
    pub client_id: ClientId,
}

/// Everything that was written down during a test.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// What was sent.
    pub sent: Vec<Sent>,
    /// What was heard, in each listener's own order.
    pub heard: Vec<Heard>,
    /// What listeners were told when they resumed.
    pub recovered: Vec<Recovered>,
    /// The final history of each room, in the order it was read.
    pub history: BTreeMap<RoomId, Vec<Kept>>,
    /// The listeners that must have heard everything up to the head by the end, and from which
    /// seq on they listened.
    pub complete: Vec<(usize, RoomId, Seq)>,
}

impl Ledger {
    /// Compares what was promised with what was kept.
    #[must_use]
    pub fn judge(&self) -> Verdict {
        verdict::of(self)
    }
}
