//! Carrying all that a store keeps into another one, while nobody serves from either.
//!
//! Apart from [`Store`](super::Store): serving shows what things are now, and this what lies there.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Result,
    transfer::{Intake, Key, Part, Record},
};

/// A store that is read whole. Reading changes nothing in it.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it is, without secrets.
    fn describe(&self) -> String;

    /// The store's epoch; `None` for one that nothing was ever kept in.
    async fn epoch(&self) -> Result<Option<Uuid>>;

    /// How far it has taken another one in; `None` for one that is whole.
    async fn intake(&self) -> Result<Option<Intake>>;

    /// Why it should not be read just now, as far as the store itself shows it: somebody works on
    /// it, or left something half done. In words that say what to do.
    async fn unrest(&self) -> Result<Option<String>>;

    /// How many records of a part there are.
    async fn count(&self, part: Part) -> Result<u64>;

    /// Up to `limit` records of a part after `after`, in an order of the store's own that does not
    /// change. Fewer only at the end.
    async fn page(&self, part: Part, after: Option<&Key>, limit: usize) -> Result<Vec<Record>>;
}

/// A store that takes another one in. Nobody serves from it until it is whole: a server that finds
/// the note of [`Target::note`] does not open it.
#[async_trait]
pub trait Target: Source {
    /// Those records of a part that are known by these keys, in any order. Meant for a page of them.
    async fn find(&self, part: Part, keys: &[Key]) -> Result<Vec<Record>>;

    /// Notes how far it is. The first note comes before the first record. Atomic.
    async fn note(&self, intake: &Intake) -> Result<()>;

    /// Stores records of one part, each atomic; those whose key is there already are left as they
    /// are. Idempotent. What follows from other records is made to follow from those that are there.
    async fn import(&self, records: Vec<Record>) -> Result<()>;

    /// Gives the store the epoch of the one that it took in, and takes the note away: it is whole.
    /// Atomic.
    async fn finish(&self, epoch: Uuid) -> Result<()>;

    /// Writes what waits, and stops.
    async fn close(&self);
}
