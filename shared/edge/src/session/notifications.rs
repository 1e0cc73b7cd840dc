//! The `rooms` dialect's notification socket. The dialect has no acknowledgement, so a numbered
//! ping follows the frames; its pong says that they arrived.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use domain::{RoomId, Seq};
use tokio::time::{Duration, Instant, timeout};

use super::{
    Machine,
    news::{News, NewsDone, Told},
    report,
    turn::{Turn, Work},
};
use crate::{hub::Subscriber, live::Live, notifier::Notifier, outbox::Item};

/// Least time between two notes of what was confirmed.
const SETTLE: Duration = Duration::from_secs(1);

/// How long the last note may take.
const LAST: Duration = Duration::from_secs(4);

type Positions = BTreeMap<RoomId, Seq>;

/// What the session's own work ends with.
pub(crate) enum Done {
    News(NewsDone),
    Settled,
}

/// The machine of the notification socket.
pub(crate) struct Notifications {
    notifier: Arc<Notifier>,
    subscriber: Arc<Subscriber>,
    news: News,
    reading: bool,
    settling: bool,
    receipts: Receipts,
    settle_at: Option<Instant>,
}

/// What was told, and what of it is known to have arrived.
#[derive(Debug, Default)]
struct Receipts {
    /// Told, and not followed by a ping yet.
    told: Positions,
    /// The number of the newest ping, and what it follows, while its pong is awaited.
    number: u64,
    open: Option<Positions>,
    /// Arrived, and not noted in the store yet.
    confirmed: Positions,
}

impl Notifications {
    /// A session that begins with what waits in the inbox.
    pub(crate) fn new(live: &Live, subscriber: Arc<Subscriber>) -> Self {
        Self {
            notifier: Arc::clone(&live.notifier),
            news: News::new(live, Arc::clone(&subscriber)),
            subscriber,
            reading: false,
            settling: false,
            receipts: Receipts::default(),
            settle_at: None,
        }
    }

    fn tell(&mut self, told: Told, turn: &mut Turn<Done>) {
        let frames: Vec<String> = told
            .scenes
            .iter()
            .filter_map(|scene| self.subscriber.word(scene))
            .collect();
        if let Some((room, through)) = told.through.filter(|_| !frames.is_empty()) {
            self.receipts.told.insert(room, through);
        }
        frames.into_iter().for_each(|frame| turn.say(frame));
    }

    /// Begins what can begin.
    fn go_on(&mut self, turn: &mut Turn<Done>) {
        if let Some(payload) = self.receipts.ask() {
            turn.ping(payload);
        }
        if !self.reading
            && let Some(work) = self.news.work()
        {
            self.reading = true;
            turn.read(async { Done::News(work.await) });
        }
        let due = self.settle_at.is_none_or(|at| at <= Instant::now());
        if !self.settling && due && !self.receipts.confirmed.is_empty() {
            self.settling = true;
            self.settle_at = Some(Instant::now() + SETTLE);
            let settle = self.settle();
            turn.command(async {
                settle.await;
                Done::Settled
            });
        }
    }

    /// Notes everything confirmed. What fails is told again on the next connection.
    fn settle(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let confirmed = std::mem::take(&mut self.receipts.confirmed);
        let (notifier, user) = (Arc::clone(&self.notifier), self.subscriber.user);
        async move {
            for (room, through) in confirmed {
                if let Err(error) = notifier.settle(room, user, through).await {
                    report(&error);
                }
            }
        }
    }
}

impl Receipts {
    /// The payload of a ping, if one is due: at most one is open.
    fn ask(&mut self) -> Option<Bytes> {
        if self.open.is_some() || self.told.is_empty() {
            return None;
        }
        self.number += 1;
        self.open = Some(std::mem::take(&mut self.told));
        Some(self.newest())
    }

    /// The open question once more, or nothing. A client may answer only the newest of several
    /// pings (RFC 6455, 5.5.3), so no later ping may ask anything else.
    fn ask_again(&self) -> Bytes {
        let open = self.open.as_ref().map(|_| self.newest());
        open.unwrap_or_default()
    }

    fn newest(&self) -> Bytes {
        Bytes::from(self.number.to_string())
    }

    /// Takes a pong. Only the number that was asked last counts.
    fn take(&mut self, payload: &[u8]) {
        if payload != self.number.to_string().as_bytes() {
            return;
        }
        for (room, through) in self.open.take().unwrap_or_default() {
            let confirmed = self.confirmed.entry(room).or_default();
            *confirmed = through.max(*confirmed);
        }
    }
}

impl Machine for Notifications {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        self.go_on(turn);
    }

    fn hears(&self) -> bool {
        true
    }

    fn listens(&self) -> bool {
        true
    }

    fn is_busy(&self) -> bool {
        self.settling
    }

    /// What the client says is ignored, as in the document's system.
    fn on_text(&mut self, _text: &str, _turn: &mut Turn<Done>) {}

    fn on_binary(&mut self, _bytes: &[u8], _turn: &mut Turn<Done>) {}

    fn on_pong(&mut self, payload: &[u8], turn: &mut Turn<Done>) {
        self.receipts.take(payload);
        self.go_on(turn);
    }

    fn heartbeat(&self) -> Bytes {
        self.receipts.ask_again()
    }

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::News { room } => self.news.wake(room),
            Item::Relist => self.news.relist(),
            // It listens to no room, and the loop keeps the others to itself.
            Item::Began { .. } | Item::Ended { .. } | Item::Lost { .. } => {}
            Item::Read { .. } | Item::Seen(_) => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
        self.go_on(turn);
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        match done {
            Done::News(done) => {
                self.reading = false;
                let told = self.news.on_done(done);
                self.tell(told, turn);
            }
            Done::Settled => self.settling = false,
        }
        self.go_on(turn);
    }

    fn wakes_at(&self) -> Option<Instant> {
        let settle = self
            .settle_at
            .filter(|_| !self.settling && !self.receipts.confirmed.is_empty());
        settle.into_iter().chain(self.news.retry_at()).min()
    }

    fn on_time(&mut self, turn: &mut Turn<Done>) {
        self.go_on(turn);
    }

    fn last_work(&mut self) -> Option<Work<()>> {
        if self.receipts.confirmed.is_empty() {
            return None;
        }
        let settle = self.settle();
        Some(Box::pin(async {
            // Whatever is not noted is told again.
            let _ = timeout(LAST, settle).await;
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pong_of_the_open_ping_counts() {
        let room = RoomId::new();
        let mut receipts = Receipts::default();
        assert_eq!(receipts.ask(), None, "nothing was told");
        assert_eq!(&receipts.ask_again()[..], b"");
        receipts.told.insert(room, 3);
        assert_eq!(receipts.ask().as_deref(), Some(&b"1"[..]));
        assert_eq!(&receipts.ask_again()[..], b"1", "the heartbeat asks it too");
        receipts.told.insert(room, 5);
        assert_eq!(receipts.ask(), None, "one is open");
        for wrong in [&b""[..], b"0", b"2", b"x"] {
            receipts.take(wrong);
            assert!(receipts.confirmed.is_empty());
        }
        receipts.take(b"1");
        assert_eq!(receipts.confirmed, Positions::from([(room, 3)]));
        assert_eq!(receipts.ask().as_deref(), Some(&b"2"[..]));
        receipts.take(b"1");
        assert_eq!(
            receipts.confirmed[&room], 3,
            "a repeated pong says nothing new"
        );
        receipts.take(b"2");
        assert_eq!(receipts.confirmed[&room], 5);
    }
}
