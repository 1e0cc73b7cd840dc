//! Those who act on the message. Each remembers only what it has read, and its
//! memory may be as old as it likes.

use super::Rule;
use super::message::{Body, Change, CopyId, Key, Message};

/// Returns the id of a copy made at `seen`, for content of `rev`.
fn copy_id(rev: u8, seen: &Key, without: Option<Rule>) -> CopyId {
    let keyed = without != Some(Rule::PlaceInCopyKey);
    CopyId {
        rev,
        place: keyed.then_some(seen.place),
    }
}

/// Archives the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mover {
    /// About to read the key; may begin this many times.
    Idle(u8),
    /// Has read the key with its body.
    Read(u8, Key),
    /// Has inserted the copy.
    Copied(u8, Key),
    /// Has read the copy back and found it equal.
    Verified(u8, Key),
}

impl Mover {
    /// Takes the next step; `damaged` says that a copy inserted now goes wrong.
    pub fn step(self, message: &mut Message, damaged: bool, without: Option<Rule>) -> Option<Self> {
        Some(match self {
            Self::Idle(0) => return None,
            Self::Idle(left) => Self::Read(left - 1, message.key.body.map(|_| message.key)?),
            Self::Read(left, seen) => {
                let body = if damaged { Body::Damaged } else { seen.body? };
                message.insert_copy(copy_id(seen.rev, &seen, without), seen.place, body);
                Self::Copied(left, seen)
            }
            Self::Copied(left, seen) if without == Some(Rule::VerifyBeforeUnset) => {
                Self::Verified(left, seen)
            }
            Self::Copied(left, seen) => {
                let copy = message.copies.get(&copy_id(seen.rev, &seen, without));
                let equal = copy.map(|copy| copy.body) == seen.body;
                if equal {
                    Self::Verified(left, seen)
                } else {
                    Self::Idle(left)
                }
            }
            Self::Verified(left, seen) => {
                let id = copy_id(seen.rev, &seen, without);
                let blindly = without == Some(Rule::MoverComparesAndSets);
                message.swing(&seen, blindly, |key| {
                    (key.copy, key.body, key.place) = (Some(id), None, seen.place + 1);
                });
                Self::Idle(left)
            }
        })
    }
}

/// Edits or erases the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writer {
    /// Has nothing accepted yet.
    Idle(Change),
    /// Its change is in the log with this revision; about to read the key.
    Accepted(u8),
    /// Has read the key, which is behind that revision.
    Behind(u8, Key),
    /// Has inserted a copy with the next revision, since the body is archived.
    Copied(u8, Key),
    /// Has left a tombstone; about to collect.
    Erased(u8),
    /// Its change is acknowledged, or was refused.
    Done,
}

impl Writer {
    /// Takes the next step and returns also the revision acknowledged by it.
    pub fn step(self, message: &mut Message, without: Option<Rule>) -> Option<(Self, Option<u8>)> {
        let next = match self {
            Self::Done => return None,
            Self::Idle(change) => message.accept(change).map_or(Self::Done, Self::Accepted),
            Self::Accepted(mine) if message.key.rev >= mine => {
                return Some((Self::Done, Some(mine)));
            }
            Self::Accepted(mine) => Self::Behind(mine, message.key),
            Self::Behind(mine, seen) if message.change(seen.rev + 1) == Change::Erase => {
                erase(message, &seen);
                Self::Erased(mine)
            }
            Self::Behind(mine, seen) if seen.copy.is_some() => {
                let rev = seen.rev + 1;
                message.insert_copy(copy_id(rev, &seen, without), seen.place, Body::Of(rev));
                Self::Copied(mine, seen)
            }
            Self::Behind(mine, seen) => {
                let body = Some(Body::Of(seen.rev + 1));
                apply(message, &seen, without, |key| key.body = body);
                Self::Accepted(mine)
            }
            Self::Copied(mine, seen) => {
                let id = Some(copy_id(seen.rev + 1, &seen, without));
                apply(message, &seen, without, |key| key.copy = id);
                Self::Accepted(mine)
            }
            Self::Erased(mine) => {
                for id in message.garbage(&message.key, without) {
                    message.copies.remove(&id);
                }
                Self::Accepted(mine)
            }
        };
        Some((next, None))
    }
}

/// Brings the key to the revision after the one in `seen`.
fn apply(message: &mut Message, seen: &Key, without: Option<Rule>, change: impl FnOnce(&mut Key)) {
    let blindly = without == Some(Rule::WriterComparesAndSets);
    message.swing(seen, blindly, |key| {
        key.rev = seen.rev + 1;
        change(key);
    });
}

/// Turns the key into a tombstone.
fn erase(message: &mut Message, seen: &Key) {
    message.swing(seen, false, |key| {
        *key = Key {
            rev: seen.rev + 1,
            place: seen.place + 1,
            copy: None,
            body: None,
            erased: true,
        };
    });
}

/// Brings the body back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restorer {
    /// About to read the key; may begin this many times.
    Idle(u8),
    /// Has read the key, which is archived.
    Read(u8, Key),
    /// Has read the copy's body.
    Fetched(u8, Key, Body),
}

impl Restorer {
    /// Takes the next step.
    pub fn step(self, message: &mut Message, without: Option<Rule>) -> Option<Self> {
        Some(match self {
            Self::Idle(0) => return None,
            Self::Idle(left) => Self::Read(left - 1, message.key.copy.map(|_| message.key)?),
            Self::Read(left, seen) => match message.copies.get(&seen.copy?) {
                Some(copy) => Self::Fetched(left, seen, copy.body),
                None => Self::Idle(left),
            },
            Self::Fetched(left, seen, body) => {
                let raised = u8::from(without != Some(Rule::RestoreRaisesPlace));
                let blindly = without == Some(Rule::RestorerComparesAndSets);
                message.swing(&seen, blindly, |key| {
                    (key.copy, key.body, key.place) = (None, Some(body), seen.place + raised);
                });
                Self::Idle(left)
            }
        })
    }
}

/// Removes garbage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collector {
    /// About to read the key; may begin this many times.
    Idle(u8),
    /// Has read the key.
    Read(u8, Key),
}

impl Collector {
    /// Reads the key.
    pub fn read(self, message: &Message) -> Option<Self> {
        match self {
            Self::Idle(left) if left > 0 => Some(Self::Read(left - 1, message.key)),
            _ => None,
        }
    }

    /// Deletes one copy, and is done with this round.
    pub fn take(self, message: &mut Message, id: CopyId) -> Option<Self> {
        let Self::Read(left, _) = self else {
            return None;
        };
        message.copies.remove(&id);
        Some(Self::Idle(left))
    }
}
