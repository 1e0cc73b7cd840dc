//! Who has sessions in this process, and what the others take them for.

use std::{hash::Hash, sync::Arc};

use dashmap::{DashMap, Entry};
use domain::{Limits, PresenceState, RoomId, UserId, Wish};
use tokio::time::Instant;

use crate::{agenda::Agenda, live::Live};

/// The users who have sessions here, counted; or whatever else sessions count for. What changes is
/// noted for one owner.
#[derive(Debug)]
pub struct Attendance<K: Eq + Hash = UserId> {
    here: DashMap<K, Here>,
    pub(in crate::live) changed: Agenda<K>,
}

impl<K: Eq + Hash> Default for Attendance<K> {
    fn default() -> Self {
        let (here, changed) = (DashMap::new(), Agenda::default());
        Self { here, changed }
    }
}

/// Somebody who has sessions here, or had some a moment ago.
#[derive(Debug)]
struct Here {
    sessions: usize,
    /// A wish that is not known outside yet.
    wish: Option<Wish>,
    /// What the others were told last.
    told: Option<PresenceState>,
    /// When they may be told next.
    next: Instant,
    /// The room that they opened last, of those whose sockets have one open at a time.
    open: Option<RoomId>,
}

/// What is to be done about users.
#[derive(Debug)]
pub(in crate::live) struct Settling<K = UserId> {
    /// They have sessions.
    pub(in crate::live) here: Vec<K>,
    /// They had some, of which others were told.
    pub(in crate::live) gone: Vec<K>,
}

/// A session counts for its user while this lives.
pub(crate) struct Attending {
    live: Arc<Live>,
    user: UserId,
}

impl Live {
    /// Counts a session for its user until the answer is dropped.
    pub(crate) fn attend(self: &Arc<Self>, user: UserId) -> Attending {
        self.attendance.enter(user);
        Attending {
            live: Arc::clone(self),
            user,
        }
    }
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.live.receipts.hurry(self.user);
        if self.live.attendance.leave(self.user) {
            self.live.typing.end(self.user);
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Attendance<K> {
    /// Notes what somebody wants to be seen as, if they have sessions here. Others are told within
    /// [`Limits::PRESENCE_PAUSE`].
    pub fn wish(&self, user: K, wish: Wish) {
        if let Some(mut here) = self.here.get_mut(&user) {
            here.wish = Some(wish);
            self.changed.note(user, here.next);
        }
    }

    /// Notes which room somebody has open, if they have sessions here.
    pub fn open(&self, user: K, room: Option<RoomId>) {
        if let Some(mut here) = self.here.get_mut(&user) {
            here.open = room;
        }
    }

    /// The room that somebody has open, as far as this process knows.
    #[must_use]
    pub fn opened(&self, user: K) -> Option<RoomId> {
        let here = self.here.get(&user)?;
        here.open.filter(|_| here.sessions > 0)
    }

    fn enter(&self, user: K) {
        if self.come(user) {
            self.changed.note(user, Instant::now());
        }
    }

    /// Counts a session more; says whether whoever counts it has to say so outside.
    pub(in crate::live) fn come(&self, user: K) -> bool {
        let mut first = false;
        let mut here = self.here.entry(user).or_insert_with(|| {
            first = true;
            Here {
                sessions: 0,
                wish: None,
                told: None,
                next: Instant::now(),
                open: None,
            }
        });
        here.sessions += 1;
        first
    }

    /// Counts a session less; says whether it was the last. A page that is loaded again is back
    /// before the pause is over, and nobody is told.
    pub(in crate::live) fn leave(&self, user: K) -> bool {
        let Some(mut here) = self.here.get_mut(&user) else {
            return false;
        };
        here.sessions -= 1;
        let last = here.sessions == 0;
        if last {
            let pause = Instant::now() + Limits::PRESENCE_PAUSE;
            self.changed.note(user, pause);
        }
        last
    }

    /// Sorts users, and forgets who is gone.
    pub(in crate::live) fn settle(&self, users: Vec<K>) -> Settling<K> {
        let (here, gone) = (Vec::new(), Vec::new());
        let mut settling = Settling { here, gone };
        for user in users {
            let Entry::Occupied(entry) = self.here.entry(user) else {
                continue;
            };
            if entry.get().sessions > 0 {
                settling.here.push(user);
            } else if entry.remove().told.is_some() {
                settling.gone.push(user);
            }
        }
        settling
    }

    /// Takes the wish of somebody who is here.
    pub(super) fn take_wish(&self, user: K) -> Option<Wish> {
        self.here.get_mut(&user)?.wish.take()
    }

    /// Gives a wish back that could not be noted, unless there is a newer one.
    pub(super) fn put_wish(&self, user: K, wish: Wish) {
        if let Some(mut here) = self.here.get_mut(&user) {
            here.wish.get_or_insert(wish);
        }
    }

    /// Notes how somebody is seen who is here, and was `before` the process said so; says what the
    /// others took them for, if they are to be told.
    pub(in crate::live) fn learn(
        &self,
        user: K,
        before: PresenceState,
        now: PresenceState,
    ) -> Option<PresenceState> {
        let mut here = self.here.get_mut(&user)?;
        let known = here.told.replace(now).unwrap_or(before);
        if known == now {
            return None;
        }
        here.next = Instant::now() + Limits::PRESENCE_PAUSE;
        Some(known)
    }

    /// Takes note of what another process told. One that took somebody for gone who is here is
    /// corrected.
    pub(in crate::live) fn hear(&self, user: K, state: PresenceState) {
        if let Some(mut here) = self.here.get_mut(&user).filter(|here| here.told.is_some()) {
            here.told = Some(state);
            if state == PresenceState::Offline && here.sessions > 0 {
                self.changed.note(user, here.next);
            }
        }
    }

    /// Tries users again after a pause.
    pub(in crate::live) fn again(&self, users: &[K]) {
        let pause = Instant::now() + Limits::PRESENCE_PAUSE;
        users
            .iter()
            .for_each(|user| self.changed.note(*user, pause));
    }

    /// Everybody who has sessions here.
    pub(super) fn all(&self) -> Vec<K> {
        let there = self.here.iter().filter(|entry| entry.sessions > 0);
        there.map(|entry| *entry.key()).collect()
    }

    /// Everybody of whom others were told that they are here.
    pub(in crate::live) fn told(&self) -> Vec<K> {
        let told = self.here.iter().filter(|entry| entry.told.is_some());
        told.map(|entry| *entry.key()).collect()
    }
}
