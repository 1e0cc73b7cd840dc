//! What a token is known by, wherever it has to be found again.

use std::sync::Arc;

use crate::FamilyId;

/// What the store knows a token by, and what sockets that live by it are listed under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenKey {
    /// The family it belongs to: it ends with it.
    Family(FamilyId),
    /// A token on its own, by its id, or by its hash where it has none.
    Single(Arc<str>),
}
