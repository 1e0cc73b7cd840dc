//! Who is in a room, and what each is told.

use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::wire;

/// What the product wraps around a text, with its ids and moments as they are long.
const BEFORE: &str = r#"{"type":"message","room":"0193e5f2-7a3c-7b31-9c4d-5e6f708192a3","seq":1000000,"at":"2026-01-01T00:00:00.000Z","message":{"id":"0193e5f2-7a3c-7b31-9c4d-5e6f708192a3","room":"0193e5f2-7a3c-7b31-9c4d-5e6f708192a3","seq":1000000,"sender":{"id":"0193e5f2-7a3c-7b31-9c4d-5e6f708192a3","username":"member-0"},"client_id":"0193e5f2-7a3c-7b31-9c4d-5e6f708192a3","kind":"text","content":""#;
const AFTER: &str =
    r#"","state":"present","created_at":"2026-01-01T00:00:00.000Z","rev":1,"archived":false}}"#;

/// A room's members, each with a queue. It has no bound: this is not a server to be kept.
#[derive(Default)]
pub(super) struct Room {
    members: Mutex<Vec<UnboundedSender<Bytes>>>,
}

impl Room {
    /// Lets somebody in, and greets them.
    pub(super) fn enter(&self) -> UnboundedReceiver<Bytes> {
        let (sender, receiver) = unbounded_channel();
        let hello = wire::frame(wire::TEXT, br#"{"type":"hello"}"#);
        // Its receiver is here.
        let _ = sender.send(hello.into());
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.push(sender);
        receiver
    }

    /// Tells everybody a text; who has left is forgotten.
    pub(super) fn tell(&self, text: &str) {
        let mut event = String::with_capacity(BEFORE.len() + text.len() + AFTER.len());
        // Writing to a string does not fail.
        let _ = write!(event, "{BEFORE}{text}{AFTER}");
        let frame = Bytes::from(wire::frame(wire::TEXT, event.as_bytes()));
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| member.send(frame.clone()).is_ok());
    }
}
