//! What a survey decided: who and what there will be.

use std::collections::BTreeMap;

use domain::{RoomId, RoomName, UserId, Username};
use mongodb::bson::oid::ObjectId;
use uuid::Uuid;

/// All people and rooms.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) people: BTreeMap<UserId, Person>,
    pub(crate) rooms: BTreeMap<RoomId, Place>,
    /// The same for the same documents.
    pub(crate) epoch: Uuid,
}

/// Somebody.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) original: ObjectId,
    pub(crate) name: Username,
    /// Whether they have an account, and are no placeholder.
    pub(crate) account: bool,
    /// Whether their address stays theirs.
    pub(crate) address: bool,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) original: ObjectId,
    pub(crate) name: RoomName,
    pub(crate) owner: UserId,
    /// When it was made, in milliseconds.
    pub(crate) since: i64,
    /// How many are in it. Their joins are the first rows of its log.
    pub(crate) members: u64,
    /// How many messages follow.
    pub(crate) messages: u64,
    /// When the earliest of them was said.
    pub(crate) first: Option<i64>,
}

impl Place {
    /// How many rows its log has: the seq of the last.
    pub(crate) fn head(&self) -> u64 {
        self.members + self.messages
    }

    /// When everybody joined. The original does not know it; time rises with the seqs.
    pub(crate) fn joined(&self) -> i64 {
        self.first.map_or(self.since, |first| first.min(self.since))
    }
}
