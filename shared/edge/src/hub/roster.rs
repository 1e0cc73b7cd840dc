//! Who is subscribed to one room: walked for every row, joined and left all the time.

use std::{collections::HashMap, sync::Arc};

use domain::{Seq, SessionId, UserId};

use super::Subscriber;

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) subscriber: Arc<Subscriber>,
    /// The last row that it does not get; `None` while it is paused.
    pub(super) after: Option<Seq>,
}

/// The subscriptions of a room: dense to walk, found and removed in constant time.
#[derive(Debug, Default)]
pub(super) struct Roster {
    list: Vec<Subscription>,
    places: HashMap<SessionId, usize>,
}

impl Roster {
    /// Adds a session unless it is there already; says whether it was added.
    pub(super) fn add(&mut self, subscriber: Arc<Subscriber>, after: Option<Seq>) -> bool {
        let session = subscriber.session;
        if self.places.contains_key(&session) {
            return false;
        }
        self.places.insert(session, self.list.len());
        self.list.push(Subscription { subscriber, after });
        true
    }

    pub(super) fn get_mut(&mut self, session: SessionId) -> Option<&mut Subscription> {
        let place = *self.places.get(&session)?;
        self.list.get_mut(place)
    }

    pub(super) fn remove(&mut self, session: SessionId) -> Option<Subscription> {
        let place = self.places.remove(&session)?;
        let removed = self.list.swap_remove(place);
        if let Some(moved) = self.list.get(place) {
            self.places.insert(moved.subscriber.session, place);
        }
        Some(removed)
    }

    /// The live subscriptions, and the last row that each does not get.
    pub(super) fn live(&self) -> impl Iterator<Item = (&Arc<Subscriber>, Seq)> {
        let live = |s: &'_ Subscription| s.after.is_some();
        self.list
            .iter()
            .filter(move |s| live(s))
            .map(|s| (&s.subscriber, s.after.unwrap_or_default()))
    }

    /// The sessions of a user.
    pub(super) fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        let own = self.list.iter().filter(|s| s.subscriber.user == user);
        own.map(|s| s.subscriber.session).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
