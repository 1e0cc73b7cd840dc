//! From the bus to the sessions of this process.

use std::sync::Arc;

use domain::ports::{BusEvent, BusMessage, BusStream};
use futures_util::StreamExt;
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use super::{Live, telling::Told};

/// How long to wait before listening again: doubled up to the second figure.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The task that listens to the other processes.
pub(super) struct Pump {
    live: Arc<Live>,
}

impl Pump {
    pub(super) fn new(live: Arc<Live>) -> Self {
        Self { live }
    }

    pub(super) async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.listen() => {}
        }
    }

    /// Listens for ever. After every new subscription, and whenever something may have been lost,
    /// the heads say what is missing.
    async fn listen(&self) {
        let mut pause = PAUSE;
        loop {
            match self.live.bus.subscribe().await {
                Ok(events) => {
                    pause = PAUSE;
                    self.live.mend().await;
                    self.drain(events).await;
                }
                Err(error) => tracing::warn!(%error, "the bus cannot be heard"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn drain(&self, mut events: BusStream) {
        while let Some(event) = events.next().await {
            match event {
                Ok(message) => self.on_message(message).await,
                Err(error) => {
                    // Counted, not told: where every tenth message is lost that is every second.
                    super::ignore("bus", Err(error));
                    self.live.mend().await;
                }
            }
        }
    }

    async fn on_message(&self, message: BusMessage) {
        if message.origin == self.live.node {
            return;
        }
        match message.event {
            BusEvent::Rows(rows) => {
                if let Some(room) = rows.first().map(|row| row.room) {
                    self.live.show(room, rows).await;
                }
            }
            BusEvent::News { room, seq } => {
                self.live.hub.hear_of(room, seq);
                self.live.notifier.news(room, seq);
            }
            BusEvent::TokensEnded(ended) => self.live.keys.end(&ended),
            BusEvent::Renamed(card) => self.live.cards.know(card),
            BusEvent::UserDeleted { user } => self.live.keys.end_user(user),
            BusEvent::Relist { user } => self.live.notifier.relist(user),
            BusEvent::Receipt {
                receipt,
                unread,
                everybody,
                more_read,
            } => {
                let told = Told {
                    receipt,
                    unread,
                    more_read,
                    everybody,
                };
                self.live.show_receipt(told).await;
            }
            BusEvent::Typing { room, user, on } => self.live.hear_typing(room, user, on).await,
            BusEvent::Presence { presence, rooms } => {
                self.live.hear_presence(presence, &rooms).await;
            }
            BusEvent::Visited { visit, here } => self.live.hear_visit(visit, here).await,
        }
    }
}
