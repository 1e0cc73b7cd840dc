//! *Relocate*: keys stay and bodies move, to the archive and back.
//!
//! # The world
//! One message. Its key never leaves `messages`; its body lies in the key's own
//! document (hot) or in a copy in the archive that the key points to. Messages
//! do not touch each other here, since every step commits by one document, so
//! one message is the whole of it. Two movers archive it, two editors change
//! it, somebody erases it, somebody restores it, and a collector removes
//! garbage. Each of them may stop for ever after any step, or sleep there as
//! long as it likes and go on: the checker simply lets the others step.
//!
//! # Numbers
//! `rev` is the revision of the content: only edits and erasures raise it.
//! `place` is raised by every archive, restore and erasure. Both only rise, and
//! whoever changes the key does so by compare-and-set on both.
//! (A hold raises `place` too; to the others it looks like a restore of a body
//! that is hot, so it adds no case.)
//!
//! # The algorithm
//! - **Mover**: read the key and the body; insert the copy, keyed by message,
//!   rev and place, if absent and never overwriting; read it back and compare;
//!   swing the key: archived, `copy`, `place + 1`, body unset.
//! - **Writer** (edit or erasure): the change is first a row of the log, where
//!   (message, rev) is unique. Then it is applied where the body lies: hot, by
//!   compare-and-set of the key; in the archive as a new copy and then a
//!   compare-and-set of the key. Changes are applied in the order of their
//!   revisions, by whoever comes first, and acknowledged after that. An erasure
//!   leaves a tombstone and collects at once.
//! - **Restorer**: read the key and the copy, swing the key back: `place + 1`.
//! - **Collector**: read the key; take a copy that is not the key's *and* whose
//!   (rev, place) is below the key's.
//!
//! # What holds
//! See [`properties`]; which rule keeps what is shown in `tests/relocate.rs`.

mod actors;
mod message;
mod model;
pub mod properties;

pub use actors::{Collector, Mover, Restorer, Writer};
pub use message::{Body, Change, Copy, CopyId, Key, Message};
pub use model::{Action, Relocate, State};

/// A rule of the algorithm; a model can be built without one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A copy is keyed by rev *and place*; without the rule by rev alone, so
    /// that a second archiving finds the copy of the first.
    PlaceInCopyKey,
    /// The collector takes only what is below the key; without the rule it
    /// takes whatever no key points to.
    CollectBelowKey,
    /// The mover's swing is a compare-and-set on rev and place.
    MoverComparesAndSets,
    /// The restorer's swing is a compare-and-set on rev and place.
    RestorerComparesAndSets,
    /// An edit is applied by compare-and-set on rev and place.
    WriterComparesAndSets,
    /// A restore raises the place.
    RestoreRaisesPlace,
    /// The body is unset only after the copy was read back and compared.
    VerifyBeforeUnset,
}
