//! Documents as they are stored. Their fields are a promise to the data that is there; the types
//! of the domain may change without them.

mod archive;
mod change;
mod content;
mod member;
mod new_row;
mod notification;
mod room;
mod row;
mod rule;

pub(crate) use archive::{CopyRecord, HoldRecord, KeyRecord, copy_id_of};
pub(crate) use change::{ReactionRecord, RoomRowRecord};
pub(crate) use content::ContentRecord;
pub(crate) use member::{MemberRecord, StateRecord};
pub(crate) use notification::NotificationRecord;
pub(crate) use room::{NameRecord, RoomKindRecord, RoomRecord};
pub(crate) use row::{KindRecord, RowRecord};
pub(crate) use rule::RuleRecord;

use domain::Error;

/// A record that lacks what its kind must have.
fn incomplete(what: &'static str) -> Error {
    Error::internal(format!("a stored record lacks {what}"))
}
