//! Exhaustive models of the two algorithms that everything else stands on.
//!
//! - [`append`]: how rows get their numbers in the log of a room, with two
//!   writing nodes on a document store that has unique indexes and nothing more.
//! - [`relocate`]: how a message's body moves to the archive and back while
//!   others edit, erase and collect.
//!
//! A model is a state, the steps that may happen next, and the properties that
//! must hold whatever step happens when. The checker (stateright) walks through
//! every reachable state, so a property that holds here holds over *all*
//! interleavings of the small case, not over those that a test happened to hit.
//!
//! Each rule of an algorithm is a variant of an enum (`Rule`), and every model
//! can be built `without` one of them. The tests ask for both: with all rules
//! the whole space is clean, and without any single one the checker finds a
//! fault, which shows that the rule is needed and that the model can see it.
//!
//! These modules double as the description of the algorithms: the adapters'
//! code follows the steps that are named here.

pub mod append;
mod explore;
pub mod relocate;

pub use explore::{Verdict, explore};
