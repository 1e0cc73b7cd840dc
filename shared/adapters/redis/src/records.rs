//! What is kept in Redis and sent through it. Processes of several versions read it at once, so
//! its fields are a promise, and the types of the domain may change without them. A record of
//! another version is no record: a miss in the cache, a loss on the bus.

mod block;
mod change;
mod content;
mod event;
mod message;
mod row;

use domain::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use block::{AddedRecord, BlockRecord};
pub(crate) use event::MessageRecord;
use row::RowRecord;

/// The version of all records. It rises when older processes could misunderstand a newer record;
/// what they merely do not know they notice by themselves.
pub(crate) const VERSION: u32 = 1;

/// A record as it is stored or sent.
fn encoded<T: Serialize>(record: &T) -> Vec<u8> {
    serde_json::to_vec(record).expect("our own types have string keys only")
}

/// The record that was stored, if it is one.
fn decoded<T: DeserializeOwned>(stored: &[u8]) -> Option<T> {
    serde_json::from_slice(stored).ok()
}

fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}
