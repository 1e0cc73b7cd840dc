//! Documents as they are stored. Their fields are a promise to the data that is there; the types
//! of the domain may change without them.

mod archive;
mod change;
mod content;
mod file;
mod kept;
mod lease;
mod member;
mod new_row;
mod notification;
mod number;
mod policy;
mod room;
mod row;
mod rule;
mod run;
mod schema;
mod token;
mod user;

pub(crate) use archive::{CopyRecord, HoldRecord, KeyRecord, copy_id_of};
pub(crate) use change::{ReactionRecord, RoomRowRecord};
pub(crate) use content::ContentRecord;
pub(crate) use file::{FileLinkRecord, FileRecord, FileStateRecord};
pub(crate) use lease::LeaseRecord;
pub(crate) use member::{MemberRecord, RoleRecord, StateRecord};
pub(crate) use notification::NotificationRecord;
pub(crate) use number::NumberRecord;
pub(crate) use policy::{OverrideRecord, PolicyRecord};
pub(crate) use room::{NameRecord, RoomKindRecord, RoomRecord};
pub(crate) use row::{KindRecord, RowRecord};
pub(crate) use rule::RuleRecord;
pub(crate) use run::{PhaseRecord, RunRecord, RunRoomRecord};
pub(crate) use schema::SchemaRecord;
pub(crate) use token::{FamilyRecord, SightingRecord, TokenRecord};
pub(crate) use user::{OwnRecord, UserRecord};

use domain::Error;

/// A record that lacks what its kind must have.
fn incomplete(what: &'static str) -> Error {
    Error::internal(format!("a stored record lacks {what}"))
}

/// Words that the domain and the records have in common.
macro_rules! words {
    ($domain:ident, $record:ident: $($word:ident),+) => {
        impl From<$domain> for $record {
            fn from(word: $domain) -> Self {
                match word {
                    $($domain::$word => Self::$word,)+
                }
            }
        }

        impl From<$record> for $domain {
            fn from(record: $record) -> Self {
                match record {
                    $($record::$word => Self::$word,)+
                }
            }
        }
    };
}
use words;
