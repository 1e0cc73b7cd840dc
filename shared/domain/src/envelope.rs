//! What travels between services: a hint that something is to be looked at. Whoever gets one
//! reads the state from the store, so that repeats and disorder do no harm.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Result, RoomId, RowId, Seq, TenantId, Timestamp, TraceParent};

/// The version of the envelope's form. Readers refuse a higher one.
const VERSION: u32 = 1;

/// A hint that a row of a room's log is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The version of this form.
    pub v: u32,
    /// The row's id: the same for every repeat.
    pub id: RowId,
    /// What sort of hint it is.
    pub kind: EnvelopeKind,
    /// The tenant of the room.
    pub tenant: TenantId,
    /// The room.
    pub room: RoomId,
    /// The row's number there.
    pub seq: Seq,
    /// When the row was stored.
    pub at: Timestamp,
    /// The trace in which the row was asked for, if there is one and it is still known: the row
    /// itself does not keep it.
    #[serde(
        default,
        deserialize_with = "crate::trace::if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub trace: Option<TraceParent>,
}

/// What sort of hint an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvelopeKind {
    /// A row was appended to a room's log.
    Row,
}

impl Envelope {
    /// The hint at a row.
    #[must_use]
    pub fn row(tenant: TenantId, room: RoomId, id: RowId, seq: Seq, at: Timestamp) -> Self {
        Self {
            v: VERSION,
            id,
            kind: EnvelopeKind::Row,
            tenant,
            room,
            seq,
            at,
            trace: None,
        }
    }

    /// The same, as a part of a trace.
    #[must_use]
    pub fn within(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// Writes it for a queue.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an envelope has string keys only")
    }

    /// Reads it from a queue.
    ///
    /// # Errors
    /// `internal` when the bytes are not an envelope of ours, or of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(Error::internal)?;
        if envelope.v > VERSION {
            return Err(Error::internal(format!(
                "envelope of version {}",
                envelope.v
            )));
        }
        Ok(envelope)
    }

    /// The key under which repeats are recognised.
    #[must_use]
    pub fn key(&self) -> Uuid {
        self.id.uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an older version wrote must stay readable: this text never changes.
    const GOLDEN: &str = r#"{"v":1,"id":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"row","tenant":"default","room":"01890a5d-ac96-774b-bcce-b302099a8058","seq":7,"at":"2026-11-21T05:21:10.281Z"}"#;

    #[test]
    fn the_form_is_fixed() {
        let envelope = Envelope::decode(GOLDEN.as_bytes()).unwrap();
        assert_eq!(envelope.seq, 7);
        assert_eq!(String::from_utf8(envelope.encode()).unwrap(), GOLDEN);
    }

    #[test]
    fn a_trace_is_carried_and_an_ill_formed_one_is_left_behind() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let with = |trace: &str| GOLDEN.replace("}", &format!(r#","trace":"{trace}"}}"#));
        let envelope = Envelope::decode(with(trace).as_bytes()).unwrap();
        assert_eq!(envelope.trace.unwrap().to_string(), trace);
        assert_eq!(String::from_utf8(envelope.encode()).unwrap(), with(trace));
        let envelope = Envelope::decode(with("no trace").as_bytes()).unwrap();
        assert_eq!(String::from_utf8(envelope.encode()).unwrap(), GOLDEN);
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        for bad in ["", "{}", "[]", "\u{0}", r#"{"v":1}"#] {
            assert!(Envelope::decode(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Envelope::decode(GOLDEN.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
    }
}
