//! What one PUBLISH carries.

use serde::Deserialize;
use uuid::Uuid;

use crate::records::{MessageRecord, VERSION};

/// Messages of one process, in order, numbered as a whole.
#[derive(Debug, Deserialize)]
pub(super) struct BatchRecord {
    v: u32,
    /// Which queue it comes from.
    pub(super) from: Uuid,
    /// Rising by one from batch to batch of a queue; by more where something was lost.
    pub(super) n: u64,
    pub(super) messages: Vec<MessageRecord>,
}

impl BatchRecord {
    /// A batch of messages that are encoded already.
    pub(super) fn encoded(from: Uuid, n: u64, messages: &[Vec<u8>]) -> Vec<u8> {
        let head = format!(r#"{{"v":{VERSION},"from":"{from}","n":{n},"messages":["#);
        let mut batch = head.into_bytes();
        for (index, message) in messages.iter().enumerate() {
            if index > 0 {
                batch.push(b',');
            }
            batch.extend_from_slice(message);
        }
        batch.extend_from_slice(b"]}");
        batch
    }

    /// The batch that was sent, if this version understands it.
    pub(super) fn decoded(payload: &[u8]) -> Option<Self> {
        let batch: Self = serde_json::from_slice(payload).ok()?;
        (batch.v == VERSION).then_some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_as_it_was_written() {
        let relist = format!(
            r#"{{"origin":"{0}","event":{{"kind":"relist","user":"{0}"}}}}"#,
            Uuid::nil()
        );
        let messages = vec![relist.clone().into_bytes(), relist.into_bytes()];
        let payload = BatchRecord::encoded(Uuid::max(), 7, &messages);
        let batch = BatchRecord::decoded(&payload).unwrap();
        assert_eq!((batch.from, batch.n), (Uuid::max(), 7));
        assert_eq!(batch.messages.len(), 2);
    }

    #[test]
    fn another_version_is_no_batch() {
        let payload = BatchRecord::encoded(Uuid::nil(), 1, &[]);
        let payload = String::from_utf8(payload).unwrap();
        assert!(BatchRecord::decoded(payload.as_bytes()).is_some());
        let later = payload.replace(r#""v":1"#, r#""v":2"#);
        for other in [later.as_str(), "", "hello", r#"{"v":1}"#] {
            assert!(BatchRecord::decoded(other.as_bytes()).is_none(), "{other}");
        }
    }
}
