//! Who is there, over all sessions of all processes, and who is told of it.
//!
//! Sessions are counted per user; one owner says who has any, in bulk, to the port that all
//! processes share, and tells of changes. Nothing here is per session, and nothing is in the way
//! of a message.

mod attendance;

use std::sync::Arc;

use domain::{
    Error, Limits, Presence, PresenceState, Result, RoomId, Timestamp, UserId, Wish,
    ports::BusEvent,
};
use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use self::attendance::Attendance;
pub(crate) use self::attendance::Attending;
use super::Live;
use crate::in_time;

/// Users of one call of the port, and memberships of one read.
const AT_ONCE: usize = 500;
const PAGE: usize = 200;

/// How many changes are told at a time.
const AT_A_TIME: usize = 16;

/// A change of presence: what somebody is, and what the others took them for.
#[derive(Debug, Clone, Copy)]
struct Changed {
    presence: Presence,
    known: PresenceState,
}

impl Live {
    /// Whether users are there, in the order asked. What may be shown to whom is the caller's
    /// business.
    ///
    /// # Errors
    /// `unavailable` when it is not known.
    pub async fn look(&self, users: &[UserId]) -> Result<Vec<Presence>> {
        let looked = timeout(Limits::CACHE_CALL, self.presences.look(users)).await;
        let states = looked.map_err(Error::unavailable)??;
        let gone = |(user, state): (&UserId, &PresenceState)| {
            (*state == PresenceState::Offline).then_some(*user)
        };
        let gone: Vec<UserId> = users.iter().zip(&states).filter_map(gone).collect();
        let mut seen = in_time(self.store.last_seen(&gone)).await?.into_iter();
        let presence = |(user, state): (&UserId, PresenceState)| Presence {
            user: *user,
            state,
            last_seen: match state {
                PresenceState::Offline => seen.next().flatten(),
                PresenceState::Online | PresenceState::Away | PresenceState::Busy => None,
            },
        };
        Ok(users.iter().zip(states).map(presence).collect())
    }

    /// Says who is here, and tells who came and went, until `stop`. Who is here then runs out
    /// elsewhere by itself, so that nobody blinks who comes back to another process.
    pub(super) async fn keep_presence(self: Arc<Self>, stop: CancellationToken) {
        let mut beats = interval(Limits::HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let most = self.limits.presence_per_second.max(1);
        loop {
            // One after the other, so that nobody is renewed who is just taken away.
            tokio::select! {
                () = stop.cancelled() => break,
                users = self.attendance.changed.due(most) => self.settle_presence(users, most).await,
                _ = beats.tick() => self.renew_presence().await,
            }
        }
        let now = self.clock.now();
        self.note_seen(&self.attendance.told(), now).await;
    }

    /// Says what became of users. After as many as may be told in a second, it rests.
    async fn settle_presence(&self, users: Vec<UserId>, most: usize) {
        let full = users.len() == most;
        let settling = self.attendance.settle(users);
        for users in settling.here.chunks(AT_ONCE) {
            self.say_here(users).await;
        }
        for users in settling.gone.chunks(AT_ONCE) {
            self.say_gone(users).await;
        }
        if full {
            sleep(Limits::PRESENCE_PAUSE).await;
        }
    }

    /// Renews the entries of all who are here, and looks for those that processes left behind
    /// which ended without a word.
    pub(super) async fn renew_presence(&self) {
        for users in self.attendance.all().chunks(AT_ONCE) {
            self.say_here(users).await;
        }
        self.sweep_presence().await;
    }

    /// Says that users are here, and tells what others do not know yet.
    async fn say_here(&self, users: &[UserId]) {
        let touched = timeout(Limits::CACHE_CALL, self.presences.touch(self.node, users)).await;
        let before = match touched.map_err(Error::unavailable).flatten() {
            Ok(before) => before,
            Err(error) => {
                tracing::debug!(%error, "it could not be said who is here; it is tried again");
                return self.attendance.again(users);
            }
        };
        let mut changed = Vec::new();
        for (user, before) in users.iter().zip(before) {
            let now = self.seen_as(*user, before).await;
            let known = self.attendance.learn(*user, before, now);
            changed.extend(known.map(|known| Changed::new(*user, now, known)));
        }
        self.tell_presences(changed).await;
    }

    /// How somebody is seen now, after their wish was noted. Who was not there has none left.
    async fn seen_as(&self, user: UserId, before: PresenceState) -> PresenceState {
        let now = match before {
            PresenceState::Offline => PresenceState::Online,
            known => known,
        };
        let Some(wish) = self.attendance.take_wish(user) else {
            return now;
        };
        match self.note_wish(user, wish).await {
            Ok(true) => wish.into(),
            Ok(false) => now,
            Err(error) => {
                tracing::debug!(%error, "a wish could not be noted; it is tried again");
                self.attendance.put_wish(user, wish);
                self.attendance.again(&[user]);
                now
            }
        }
    }

    async fn note_wish(&self, user: UserId, wish: Wish) -> Result<bool> {
        let noted = timeout(Limits::CACHE_CALL, self.presences.wish(user, wish));
        noted.await.map_err(Error::unavailable)?
    }

    /// Says that users have no more sessions here, and tells who is nowhere else.
    async fn say_gone(&self, users: &[UserId]) {
        let left = timeout(Limits::CACHE_CALL, self.presences.leave(self.node, users)).await;
        match left.map_err(Error::unavailable).flatten() {
            Ok(states) => {
                let gone = users.iter().zip(states);
                let gone = gone.filter(|(_, state)| *state == PresenceState::Offline);
                self.tell_gone(gone.map(|(user, _)| *user).collect()).await;
            }
            // Their entries run out, and whoever finds them tells.
            Err(error) => tracing::debug!(%error, "it could not be said who has gone"),
        }
    }

    async fn sweep_presence(&self) {
        loop {
            let expired = timeout(Limits::CACHE_CALL, self.presences.expire(AT_ONCE)).await;
            match expired.map_err(Error::unavailable).flatten() {
                Ok(expired) => {
                    let full = expired.len() == AT_ONCE;
                    self.tell_gone(expired).await;
                    if !full {
                        return;
                    }
                }
                Err(error) => {
                    return tracing::debug!(%error, "it is not known who has gone elsewhere");
                }
            }
        }
    }

    async fn tell_gone(&self, users: Vec<UserId>) {
        let at = self.clock.now();
        self.note_seen(&users, at).await;
        let gone = |user| Changed {
            presence: Presence {
                last_seen: Some(at),
                ..Presence::hidden(user)
            },
            known: PresenceState::Online,
        };
        self.tell_presences(users.into_iter().map(gone).collect())
            .await;
    }

    async fn note_seen(&self, users: &[UserId], at: Timestamp) {
        if users.is_empty() {
            return;
        }
        if let Err(error) = in_time(self.store.note_seen(users, at)).await {
            tracing::warn!(%error, "when people were there last was not stored");
        }
    }

    async fn tell_presences(&self, changed: Vec<Changed>) {
        let tell = |changed| self.tell_presence(changed);
        stream::iter(changed)
            .for_each_concurrent(AT_A_TIME, tell)
            .await;
    }

    async fn tell_presence(&self, changed: Changed) {
        let Changed { presence, known } = changed;
        let rooms = match self.small_rooms(presence.user).await {
            Ok(rooms) => rooms,
            Err(error) => {
                tracing::warn!(%error, "nobody is told of a change of presence");
                return;
            }
        };
        // Who has just come needs not be told that they are there.
        let own = known != PresenceState::Offline;
        self.show_presence(presence, &rooms, own).await;
        self.publish(BusEvent::Presence { presence, rooms }).await;
    }

    /// The rooms of a user whose members are told of them.
    async fn small_rooms(&self, user: UserId) -> Result<Vec<RoomId>> {
        let (mut rooms, mut after) = (Vec::new(), None);
        loop {
            let page = in_time(self.store.memberships(user, after, PAGE)).await?;
            for member in &page {
                if self.sizes.is_small(member.room).await {
                    rooms.push(member.room);
                }
            }
            after = page.last().map(|member| member.room);
            if page.len() < PAGE {
                return Ok(rooms);
            }
        }
    }
}

impl Changed {
    fn new(user: UserId, state: PresenceState, known: PresenceState) -> Self {
        let presence = Presence {
            state,
            ..Presence::hidden(user)
        };
        Self { presence, known }
    }
}
