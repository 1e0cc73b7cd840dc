//! `messages` and `archived_messages` as one: a copy has the id of what it was copied from, which
//! may be there still.

use std::cmp::Ordering;

use domain::Result;
use mongodb::bson::{Document, RawDocument};
use uuid::Uuid;

use crate::{
    db::{Db, Kind, Scan},
    documents::{Flaw, Said},
};

/// How many documents were read, and a digest of them all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) read: u64,
    pub(crate) digest: Uuid,
}

impl Tally {
    pub(crate) fn count(&mut self, document: &RawDocument) {
        self.read += 1;
        self.digest = Uuid::new_v5(&self.digest, document.as_bytes());
    }
}

/// What was come upon.
pub(crate) enum Met {
    Said(Said),
    Flawed(Flaw),
}

/// The messages of both collections in the order of their ids, each once. The same id in two rooms
/// are two messages.
pub(crate) struct Union {
    hot: Head,
    cold: Head,
    pub(crate) tally: Tally,
}

struct Head {
    kind: Kind,
    scan: Scan,
    next: Option<Said>,
    ended: bool,
}

impl Union {
    /// Begins to read what is like `filter`.
    pub(crate) async fn of(db: &Db, filter: Document) -> Result<Self> {
        Ok(Self {
            hot: Head::new(db, Kind::Messages, filter.clone()).await?,
            cold: Head::new(db, Kind::Archived, filter).await?,
            tally: Tally::default(),
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Result<Option<Met>> {
        for head in [&mut self.hot, &mut self.cold] {
            if let Some(flaw) = head.fill(&mut self.tally).await? {
                return Ok(Some(Met::Flawed(flaw)));
            }
        }
        Ok(self.first().map(Met::Said))
    }

    fn first(&mut self) -> Option<Said> {
        let (hot, cold) = (&mut self.hot.next, &mut self.cold.next);
        let (Some(one), Some(other)) = (&hot, &cold) else {
            return hot.take().or_else(|| cold.take());
        };
        let is_copy = one.room == other.room;
        match one.id.bytes().cmp(&other.id.bytes()) {
            Ordering::Greater => return cold.take(),
            Ordering::Equal if is_copy => *cold = None,
            Ordering::Equal | Ordering::Less => {}
        }
        hot.take()
    }
}

impl Head {
    async fn new(db: &Db, kind: Kind, filter: Document) -> Result<Self> {
        Ok(Self {
            kind,
            scan: db.scan(kind, filter).await?,
            next: None,
            ended: false,
        })
    }

    /// Reads on until there is a message, or nothing more; stops at what is not understood.
    async fn fill(&mut self, tally: &mut Tally) -> Result<Option<Flaw>> {
        while self.next.is_none() && !self.ended {
            let Some(document) = self.scan.next().await? else {
                self.ended = true;
                break;
            };
            tally.count(document);
            match Said::read(self.kind, document) {
                Ok(said) => self.next = Some(said),
                Err(flaw) => return Ok(Some(flaw)),
            }
        }
        Ok(None)
    }
}
