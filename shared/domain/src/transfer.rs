//! What a store keeps, as it is carried into another one: each record whole, also with what no
//! port of serving shows (password hashes, places, marks, what was taken back), and without what
//! only one kind of store has (leases, what a writer is about just then, what follows from the
//! rest).
//!
//! Moments are in whole milliseconds, as every store keeps them.

mod key;
mod moments;
mod record;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use key::Key;
pub use record::{
    KeptBody, KeptChange, KeptCopy, KeptFile, KeptLink, KeptMessage, KeptNotification, KeptNumber,
    KeptReaction, KeptRoom, KeptRow, Record, RevokedToken, RunRoom, Sighting,
};

/// A kind of record, in the order in which they are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Accounts.
    Users,
    /// What logins began.
    Families,
    /// Tokens that were ended before their time.
    RevokedTokens,
    /// When people were there last.
    Sightings,
    /// Rooms, also deleted ones.
    Rooms,
    /// Who is or was in which room, with their marks and rules.
    Members,
    /// The logs of all rooms.
    Rows,
    /// Bodies in the archive. After the rows, whose keys point to them.
    Copies,
    /// Reactions, also those that were taken back.
    Reactions,
    /// What must not be moved.
    Holds,
    /// What should be archived when.
    Policies,
    /// What rooms have of their own.
    Overrides,
    /// Executions of policies.
    Runs,
    /// What runs found and did, room by room.
    RunRooms,
    /// News that no log tells.
    Notifications,
    /// What is known of files.
    Files,
    /// Which messages refer to which files.
    FileLinks,
    /// Whole numbers of things.
    Numbers,
}

impl Part {
    /// All of them, in the order in which they are carried.
    pub const ALL: [Self; 18] = [
        Self::Users,
        Self::Families,
        Self::RevokedTokens,
        Self::Sightings,
        Self::Rooms,
        Self::Members,
        Self::Rows,
        Self::Copies,
        Self::Reactions,
        Self::Holds,
        Self::Policies,
        Self::Overrides,
        Self::Runs,
        Self::RunRooms,
        Self::Notifications,
        Self::Files,
        Self::FileLinks,
        Self::Numbers,
    ];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Families => "logins",
            Self::RevokedTokens => "revoked tokens",
            Self::Sightings => "last seen",
            Self::Rooms => "rooms",
            Self::Members => "members",
            Self::Rows => "log rows",
            Self::Copies => "archived messages",
            Self::Reactions => "reactions",
            Self::Holds => "holds",
            Self::Policies => "policies",
            Self::Overrides => "room rules",
            Self::Runs => "runs",
            Self::RunRooms => "rooms of runs",
            Self::Notifications => "notifications",
            Self::Files => "files",
            Self::FileLinks => "file links",
            Self::Numbers => "numbers",
        }
    }

    /// It and those that are carried after it.
    #[must_use]
    pub fn and_later(self) -> &'static [Self] {
        let at = Self::ALL.iter().position(|part| *part == self);
        &Self::ALL[at.unwrap_or_default()..]
    }
}

/// What does not stay as it was, where a source is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, and why.
    pub what: &'static str,
    /// How often.
    pub count: u64,
    /// The first few of them, each on one line.
    pub first: Vec<String>,
}

/// How far a store is that takes another one in. While it has this note it is not whole, and
/// nobody serves from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// The epoch of the store that it takes in.
    pub source: Uuid,
    /// What is being carried; all before it is there.
    pub part: Part,
    /// The last record of it that is there, in the source's order; none before the first.
    pub after: Option<Key>,
}

impl Intake {
    /// The note of a store that begins to take in the one of this epoch.
    #[must_use]
    pub const fn begin(source: Uuid) -> Self {
        Self {
            source,
            part: Part::ALL[0],
            after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_their_order_and_each_once() {
        assert!(Part::ALL.is_sorted_by(|one, next| one < next));
        let last = [Part::Files, Part::FileLinks, Part::Numbers];
        assert_eq!(Part::Files.and_later(), last);
        assert_eq!(Part::Users.and_later(), Part::ALL);
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let note = Intake {
            after: Some(Key::Token("ended".into())),
            part: Part::RevokedTokens,
            ..Intake::begin(Uuid::nil())
        };
        let text = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Intake>(&text).unwrap(), note);
    }
}
