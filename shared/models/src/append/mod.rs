//! *Append*: numbering the rows of one room from several nodes.
//!
//! # The world
//! One room, two nodes that write to it, and a store that knows single
//! documents and unique indexes, nothing else: no transaction, no counter.
//! A client sends a command with its own `client_id` and may send it again, to
//! the same node or to the other. A request to the store may time out for the
//! node and still be under way: it lands later, row by row, a *zombie*. A node
//! may crash and forget everything.
//!
//! A deadline that passes ("unknown outcome") is not a step of its own: for the
//! log it is the crash of a node, with what was under way left in flight.
//! The store itself is one machine here: what only a majority shows is a
//! property of the replica set, not of this algorithm.
//!
//! # The algorithm
//! 1. A node learns `last`, the highest seq ([`Action::ReadLast`]).
//! 2. It writes all that waits at `last + 1 … last + k` with one ordered
//!    insertMany ([`Action::Send`]), and has at most one such request in flight.
//! 3. Rows land one by one ([`Action::Land`]). At the first duplicate the
//!    request ends; the rows before it are stored and acknowledged.
//! 4. A duplicate seq: another writer was faster; read `last` again. Any other
//!    duplicate: look the `client_id` up ([`Action::LookUp`]). Found, it is a
//!    repeat and gets the original's seq; only otherwise does a duplicate
//!    revision mean a conflict. The row is taken out, the rest is numbered anew.
//! 5. After a time-out ([`Action::TimeOut`]) nothing is known: read `last`, look
//!    every pending `client_id` up ([`Action::LookUpPending`]), write the rest.
//!
//! # What is not modelled
//! Old changes are dropped from the log. That takes away no `last`, since a
//! room's newest row stays, and asks nothing of two who drop at once. What it
//! does take away are the seq, `client_id` and revision under which the indexes
//! refuse a zombie. So the rules hold as long as no request is under way for as
//! long as a change is kept: a day at least, where a node gives a request up
//! within seconds and its connection with it. A drop under a zombie's feet is
//! therefore no step of this world.
//!
//! # What holds
//! See [`properties`]; which rule keeps what is shown in `tests/append.rs`.

mod model;
mod node;
pub mod properties;
mod store;

pub use model::{Action, Append, Command, State};
pub use node::{Answer, Doubt, Node, Outcome};
pub use store::{Index, Kind, Log, Request, Row};

/// A rule of the algorithm; a model can be built without one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// An insertMany is ordered: it ends at the first duplicate.
    OrderedInsert,
    /// A node has at most one request in flight per room.
    OneInFlight,
    /// (room, seq) is unique.
    UniqueSeq,
    /// (room, sender, client_id) is unique.
    UniqueClientId,
    /// (room, target, rev) is unique.
    UniqueRev,
    /// After a duplicate revision the `client_id` is looked up first.
    LookUpBeforeConflict,
    /// After a duplicate `_id` or `client_id` the original's seq is looked up;
    /// without the rule the node believes that the seq it tried is the row's.
    LookUpOriginal,
    /// How many rows were stored is counted from the index of the error;
    /// without the rule a server's too high `n` is believed.
    CountFromErrorIndex,
    /// When a row is taken out of a batch the rest is numbered anew.
    NumberAnew,
    /// After a time-out `last` is read; without the rule the node takes it that
    /// its rows were stored.
    ReadLastAfterTimeOut,
}
