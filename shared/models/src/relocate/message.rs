//! One message in the store: its key, its copies, and the single-document
//! steps that the actors are made of.

use std::collections::BTreeMap;

use super::Rule;

/// A body, named by the revision whose content it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// The content of this revision.
    Of(u8),
    /// A copy that was written wrongly: its hash will not match.
    Damaged,
}

/// A change of content; its revision is its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A new body.
    Edit,
    /// No body any more.
    Erase,
}

/// What a copy is keyed by, beside the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyId {
    /// Revision of the content.
    pub rev: u8,
    /// The key's place when the copy was made; `None` where it is no part of the id.
    pub place: Option<u8>,
}

/// A copy in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Copy {
    /// The key's place when the copy was made.
    pub place: u8,
    /// Its content.
    pub body: Body,
}

/// The message's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Revision of the content.
    pub rev: u8,
    /// Raised by every archive, restore and erasure.
    pub place: u8,
    /// The copy that is the body; set exactly while the message is archived.
    pub copy: Option<CopyId>,
    /// The body, while it is hot.
    pub body: Option<Body>,
    /// A tombstone has neither.
    pub erased: bool,
}

/// Everything the store holds about the message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Accepted changes; the first has revision 2, since the message itself is 1.
    pub log: Vec<Change>,
    /// The document in `messages`.
    pub key: Key,
    /// The documents in the archive.
    pub copies: BTreeMap<CopyId, Copy>,
}

impl Message {
    /// Returns a hot message of revision 1.
    pub fn new() -> Self {
        let key = Key {
            rev: 1,
            place: 0,
            copy: None,
            body: Some(Body::Of(1)),
            erased: false,
        };
        Self {
            log: Vec::new(),
            key,
            copies: BTreeMap::new(),
        }
    }

    /// Accepts a change as the next row of the log and returns its revision;
    /// nothing follows an erasure.
    pub fn accept(&mut self, change: Change) -> Option<u8> {
        if self.log.last() == Some(&Change::Erase) {
            return None;
        }
        self.log.push(change);
        Some(self.log.len() as u8 + 1)
    }

    /// Returns the accepted change that made revision `rev`.
    pub fn change(&self, rev: u8) -> Change {
        self.log[usize::from(rev) - 2]
    }

    /// Changes the key if it still has the rev and the place that `seen` has;
    /// `blindly` changes it in any case. Returns whether it was changed.
    pub fn swing(&mut self, seen: &Key, blindly: bool, change: impl FnOnce(&mut Key)) -> bool {
        let same = (self.key.rev, self.key.place) == (seen.rev, seen.place);
        if same || blindly {
            change(&mut self.key);
        }
        same || blindly
    }

    /// Inserts a copy if its id is absent.
    pub fn insert_copy(&mut self, id: CopyId, place: u8, body: Body) {
        self.copies.entry(id).or_insert(Copy { place, body });
    }

    /// Returns the copies that are garbage judged by `seen`, a state of the key
    /// that may be old by now.
    pub fn garbage(&self, seen: &Key, without: Option<Rule>) -> Vec<CopyId> {
        let below = |id: &CopyId, copy: &Copy| (id.rev, copy.place) < (seen.rev, seen.place);
        let any = without == Some(Rule::CollectBelowKey);
        self.copies
            .iter()
            .filter(|(id, copy)| seen.copy != Some(**id) && (any || below(id, copy)))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Returns what a reader gets who follows the key.
    pub fn readable(&self) -> Option<Body> {
        let archived = || {
            self.key
                .copy
                .and_then(|id| self.copies.get(&id))
                .map(|copy| copy.body)
        };
        self.key.body.or_else(archived)
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::new()
    }
}
