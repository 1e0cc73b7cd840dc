//! What waits for one session: frames, and what the session is to be told. Bounded by bytes and
//! by count; a session that reads too slowly loses its outbox, and nobody else waits for it.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{Code, Limits, Presence, RoomId, Seq};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::locks::lock;

/// Something that waits for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// To be written as it is.
    Frame(Utf8Bytes),
    /// The same, but nothing is lost with it: it goes when the outbox fills.
    Passing(Utf8Bytes),
    /// The session hears a room from the row after `after`, because its user came in.
    Began {
        /// The room.
        room: RoomId,
        /// The last row that it does not hear.
        after: Seq,
    },
    /// The session's user went, or was sent away, or the room was deleted: no later row comes.
    Ended {
        /// The room.
        room: RoomId,
        /// What tells of it, for a session that is still reading: the log is closed to it now.
        last: Option<Utf8Bytes>,
    },
    /// The room's log could not be read: what came after the last row is not known.
    Lost {
        /// The room.
        room: RoomId,
    },
    /// There may be notifications in a room.
    News {
        /// The room.
        room: RoomId,
    },
    /// The session's user has read more of a room, on whichever session.
    Read {
        /// The room.
        room: RoomId,
    },
    /// A friend of the session's user came or went.
    Seen(Presence),
    /// Hints may have been lost: look through all rooms for notifications.
    Relist,
    /// Say something, so that the other side shows that it is there.
    Ping,
    /// The session is to end.
    Close(Code),
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(text) | Self::Passing(text) => text.len(),
            Self::Ended { last, .. } => last.as_ref().map_or(0, |text| text.len()),
            _ => 0,
        }
    }
}

/// The items that wait for one session. Whoever puts something in never waits.
#[derive(Debug)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
    heard: AtomicBool,
    max_bytes: usize,
    max_items: usize,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    /// Set once, when the session can no longer be told everything.
    over: bool,
}

impl Outbox {
    /// An empty outbox, held to `outbox_bytes` and `outbox_frames`.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Notify::new(),
            heard: AtomicBool::new(true),
            max_bytes: limits.outbox_bytes,
            max_items: limits.outbox_frames,
        }
    }

    /// Puts one item behind the others.
    pub fn push(&self, item: Item) {
        self.extend(std::iter::once(item));
    }

    /// Puts items behind the others and wakes the session once. What is only passing is left out
    /// beyond half of the limits, and goes when the rest needs the room. If it is too much then,
    /// all that waits is dropped and the session is told to close: it reads too slowly.
    pub fn extend(&self, items: impl IntoIterator<Item = Item>) {
        let mut queue = lock(&self.queue);
        for item in items {
            queue.push(item, self.max_bytes, self.max_items);
        }
        let waiting = !queue.items.is_empty();
        drop(queue);
        if waiting {
            self.wake.notify_one();
        }
    }

    /// Waits until something is there. Cancel-safe.
    pub async fn ready(&self) {
        while lock(&self.queue).items.is_empty() {
            self.wake.notified().await;
        }
    }

    /// Takes all that waits, in order.
    pub fn take(&self) -> VecDeque<Item> {
        let mut queue = lock(&self.queue);
        queue.bytes = 0;
        std::mem::take(&mut queue.items)
    }

    /// Notes that the other side said something.
    pub fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Whether the other side said something since this was asked last.
    pub fn was_heard(&self) -> bool {
        self.heard.swap(false, Ordering::Relaxed)
    }
}

impl Queue {
    fn push(&mut self, item: Item, max_bytes: usize, max_items: usize) {
        if self.over {
            return;
        }
        if matches!(item, Item::Passing(_)) && !self.holds(&item, max_bytes / 2, max_items / 2) {
            return;
        }
        if !self.holds(&item, max_bytes, max_items) {
            self.items.retain(|item| !matches!(item, Item::Passing(_)));
            self.bytes = self.items.iter().map(Item::bytes).sum();
        }
        if !self.holds(&item, max_bytes, max_items) {
            self.over = true;
            self.items = VecDeque::from([Item::Close(Code::TooSlow)]);
            return;
        }
        self.bytes += item.bytes();
        self.items.push_back(item);
    }

    /// Whether there is room for one more.
    fn holds(&self, item: &Item, max_bytes: usize, max_items: usize) -> bool {
        self.bytes + item.bytes() <= max_bytes && self.items.len() < max_items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(bytes: usize, frames: usize) -> Outbox {
        Outbox::new(&Limits {
            outbox_bytes: bytes,
            outbox_frames: frames,
            ..Limits::default()
        })
    }

    fn frame(text: &str) -> Item {
        Item::Frame(text.into())
    }

    #[test]
    fn items_come_out_in_order() {
        let outbox = outbox(100, 10);
        outbox.push(frame("a"));
        outbox.extend([frame("b"), frame("c")]);
        assert_eq!(outbox.take(), [frame("a"), frame("b"), frame("c")]);
        assert!(outbox.take().is_empty());
    }

    #[test]
    fn too_many_frames_or_bytes_end_the_session_and_free_what_waits() {
        for outbox in [outbox(2, 10), outbox(100, 2)] {
            outbox.extend([frame("a"), frame("b"), frame("c"), frame("d")]);
            assert_eq!(outbox.take(), [Item::Close(Code::TooSlow)]);
            outbox.push(frame("e"));
            assert!(outbox.take().is_empty(), "nothing is sent after a hole");
        }
    }

    fn passing(text: &str) -> Item {
        Item::Passing(text.into())
    }

    #[test]
    fn what_is_passing_takes_half_the_room_and_goes_first() {
        for outbox in [outbox(4, 100), outbox(100, 4)] {
            outbox.extend([frame("a"), passing("p"), passing("q")]);
            assert_eq!(outbox.take(), [frame("a"), passing("p")]);
            outbox.extend([passing("p"), frame("a"), frame("b"), frame("c")]);
            outbox.extend([passing("q"), frame("d")]);
            let kept = ["a", "b", "c", "d"].map(frame);
            assert_eq!(outbox.take(), kept);
            outbox.extend(["a", "b", "c", "d", "e"].map(frame));
            assert_eq!(outbox.take(), [Item::Close(Code::TooSlow)]);
        }
    }

    #[test]
    fn what_was_taken_no_longer_counts() {
        let outbox = outbox(2, 2);
        for _ in 0..10 {
            outbox.extend([frame("a"), frame("b")]);
            assert_eq!(outbox.take().len(), 2);
        }
    }

    #[tokio::test]
    async fn a_waiting_session_is_woken() {
        let outbox = outbox(100, 10);
        let (item, ()) = tokio::join!(
            async {
                outbox.ready().await;
                outbox.take()
            },
            async { outbox.push(frame("a")) }
        );
        assert_eq!(item, [frame("a")]);
    }
}
