//! Who has the socket of a conversation open, over all processes, and who is told of it.
//!
//! Kept as presence is, by room and user: sockets are counted here, one owner says in bulk who has
//! any, and of several sockets of one user, on whichever process, only the first and the last are
//! told of.

use std::sync::Arc;

use domain::{
    Card, Error, Event, Limits, PresenceState, Result, RoomId, Scene, Visit, ports::BusEvent,
};
use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::Live;
use crate::outbox::Item;

/// Visits of one call of the port, and how many changes are told at a time.
const AT_ONCE: usize = 500;
const AT_A_TIME: usize = 16;

/// A socket counts for its user's visit while this lives.
pub(crate) struct Visiting {
    live: Arc<Live>,
    visit: Visit,
    /// It is the first here, and nobody knows of it yet.
    first: bool,
}

impl Visiting {
    /// Says that the conversation is open, if this is the first socket that has it open here, and
    /// tells the others in it. From then on who looks finds it.
    pub(crate) fn begin(&self) -> impl Future<Output = ()> + Send + use<> {
        let (live, visit, first) = (Arc::clone(&self.live), self.visit, self.first);
        async move {
            if !first {
                return;
            }
            match timeout(Limits::CACHE_CALL, live.visits_turn.lock()).await {
                Ok(_turn) => live.say_open(&[visit]).await,
                // Then it is said with others.
                Err(_) => live.visits.again(&[visit]),
            }
        }
    }
}

impl Drop for Visiting {
    fn drop(&mut self) {
        self.live.visits.leave(self.visit);
    }
}

impl Live {
    /// Counts the socket of a conversation for its user until the answer is dropped. Nobody knows of
    /// it before [`Visiting::begin`].
    pub(crate) fn visit(self: &Arc<Self>, visit: Visit) -> Visiting {
        Visiting {
            live: Arc::clone(self),
            visit,
            first: self.visits.come(visit),
        }
    }

    /// Who of these has a socket of the conversation open. Where that is not known, nobody.
    pub(crate) async fn visitors(&self, room: RoomId, people: Vec<Card>) -> Vec<Card> {
        let visits: Vec<Visit> = people
            .iter()
            .map(|card| Visit {
                room,
                user: card.user,
            })
            .collect();
        let looked = timeout(Limits::CACHE_CALL, self.visitors.look(&visits)).await;
        match looked.map_err(Error::unavailable).flatten() {
            Ok(states) => {
                let there = people.into_iter().zip(states);
                let there = there.filter(|(_, state)| *state != PresenceState::Offline);
                there.map(|(card, _)| card).collect()
            }
            Err(error) => {
                tracing::debug!(%error, "it is not known who has a conversation open");
                Vec::new()
            }
        }
    }

    /// Says what was closed here, and what is still open, until `stop`. That runs out elsewhere by
    /// itself.
    pub(super) async fn keep_visits(self: Arc<Self>, stop: CancellationToken) {
        let mut beats = interval(Limits::HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                visits = self.visits.changed.due(AT_ONCE) => self.settle_visits(visits).await,
                _ = beats.tick() => self.renew_visits().await,
            }
        }
    }

    async fn settle_visits(&self, visits: Vec<Visit>) {
        // One after the other, so that nothing is taken away that has just come back.
        let _turn = self.visits_turn.lock().await;
        let settling = self.visits.settle(visits);
        self.say_open(&settling.here).await;
        self.say_closed(&settling.gone).await;
    }

    /// Renews the entries of all that is known to be open, and looks for those that processes left
    /// behind which ended without a word.
    async fn renew_visits(&self) {
        let _turn = self.visits_turn.lock().await;
        for visits in self.visits.told().chunks(AT_ONCE) {
            self.say_open(visits).await;
        }
        let expired = timeout(Limits::CACHE_CALL, self.visitors.expire(AT_ONCE)).await;
        match expired.map_err(Error::unavailable).flatten() {
            // What is beyond is found at the next beat.
            Ok(expired) => self.tell_visits(expired, false).await,
            Err(error) => tracing::debug!(%error, "it is not known who has gone elsewhere"),
        }
    }

    async fn say_open(&self, visits: &[Visit]) {
        if visits.is_empty() {
            return;
        }
        match self.touch_visits(visits).await {
            Ok(before) => {
                let known = visits.iter().zip(before);
                let new = known.filter(|(visit, before)| {
                    let now = PresenceState::Online;
                    self.visits.learn(**visit, *before, now).is_some()
                });
                self.tell_visits(new.map(|(visit, _)| *visit).collect(), true)
                    .await;
            }
            Err(error) => {
                tracing::debug!(%error, "it could not be said what is open; it is tried again");
                self.visits.again(visits);
            }
        }
    }

    async fn touch_visits(&self, visits: &[Visit]) -> Result<Vec<PresenceState>> {
        let touched = timeout(Limits::CACHE_CALL, self.visitors.touch(self.node, visits));
        touched.await.map_err(Error::unavailable)?
    }

    async fn say_closed(&self, visits: &[Visit]) {
        if visits.is_empty() {
            return;
        }
        // Nobody waits for it, and what is not said now is only told when the entries run out.
        let left = timeout(Limits::STORE_CALL, self.visitors.leave(self.node, visits)).await;
        match left.map_err(Error::unavailable).flatten() {
            Ok(states) => {
                let gone = visits.iter().zip(states);
                let gone = gone.filter(|(_, state)| *state == PresenceState::Offline);
                self.tell_visits(gone.map(|(visit, _)| *visit).collect(), false)
                    .await;
            }
            // Their entries run out, and whoever finds them tells.
            Err(error) => tracing::debug!(%error, "it could not be said what was closed"),
        }
    }

    async fn tell_visits(&self, visits: Vec<Visit>, here: bool) {
        let tell = async |visit| {
            self.show_visit(visit, here).await;
            self.publish(BusEvent::Visited { visit, here }).await;
        };
        stream::iter(visits)
            .for_each_concurrent(AT_A_TIME, tell)
            .await;
    }

    /// Shows a visit to the others in the room.
    async fn show_visit(&self, visit: Visit, here: bool) {
        self.cards.learn([visit.user]).await;
        let scene = Scene {
            event: Event::Visited { visit, here },
            actor: self.cards.card(visit.user),
            subject: None,
        };
        self.hub
            .tell_room(visit.room, visit.user, &scene, Item::Passing);
    }

    /// Shows what another process tells of a visit.
    pub(super) async fn hear_visit(&self, visit: Visit, here: bool) {
        let state = match here {
            true => PresenceState::Online,
            false => PresenceState::Offline,
        };
        self.visits.hear(visit, state);
        self.show_visit(visit, here).await;
    }
}
