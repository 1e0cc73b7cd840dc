//! Load under which nothing may be lost: people who talk and listen as clients should, through
//! whatever happens to their server.

mod listener;
mod sender;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use domain::{RoomId, Seq};
use serde_json::Value;
use testkit::judge::Kept;

pub use listener::{Heads, Listener};
pub use sender::Sender;

use crate::SignedIn;

/// How long whoever was cut waits before they come back.
const COME_BACK: Duration = Duration::from_millis(20);

/// Set when everybody should finish.
pub type Until = Arc<AtomicBool>;

/// Rooms, and a row of each.
pub type Positions = BTreeMap<RoomId, Seq>;

/// How far the rooms of somebody have gone.
///
/// # Panics
/// When they cannot be asked for.
pub async fn heads(person: &SignedIn) -> Positions {
    let (socket, hello) = person.native().await;
    socket.close().await;
    let rooms = hello["rooms"].as_array().expect("rooms").iter();
    rooms
        .map(|room| {
            let head = room["head"].as_u64().expect("a head");
            (id(&room["id"]), head)
        })
        .collect()
}

/// The whole history of rooms, as somebody reads it.
///
/// # Panics
/// When it cannot be read, or a body is not there.
pub async fn history(
    reader: &SignedIn,
    rooms: impl IntoIterator<Item = &RoomId>,
) -> BTreeMap<RoomId, Vec<Kept>> {
    let mut history = BTreeMap::new();
    for room in rooms {
        let messages = reader.whole_history(&room.to_string()).await;
        history.insert(*room, messages.iter().map(kept).collect());
    }
    history
}

/// The last message of each room.
#[must_use]
pub fn ends(history: &BTreeMap<RoomId, Vec<Kept>>) -> Positions {
    let end = |(room, kept): (&RoomId, &Vec<Kept>)| (*room, kept.last().map_or(0, |k| k.seq));
    history.iter().map(end).collect()
}

fn kept(message: &Value) -> Kept {
    assert!(
        message["content"].is_string(),
        "every body is readable: {message}"
    );
    Kept {
        seq: message["seq"].as_u64().expect("a seq"),
        id: id(&message["id"]),
        client_id: id(&message["client_id"]),
    }
}

/// An id as JSON has it.
fn id<T: std::str::FromStr>(value: &Value) -> T {
    let id = value.as_str().and_then(|id| id.parse().ok());
    id.expect("an id")
}
