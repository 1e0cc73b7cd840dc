//! Telling sessions what is in no log: once, to whoever is there. Who is still reading the log is
//! told, too, since nothing here depends on a position in it.

use std::{collections::HashSet, sync::Arc};

use domain::{Event, RoomId, Scene, UserId};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{Hub, Subscriber, roster::Subscription};
use crate::{locks::lock, outbox::Item};

/// How a frame is put into an outbox: to stay, or to go when it fills.
pub(crate) type Wrap = fn(Utf8Bytes) -> Item;

/// A scene, and what each dialect that was asked for says of it.
struct Saying<'a> {
    scene: &'a Scene,
    wrap: Wrap,
    said: Vec<(&'static str, Option<Utf8Bytes>)>,
}

impl Hub {
    /// Tells the sessions of a room, but for those of `but`, and those that do not have it open though
    /// they could.
    pub(crate) fn tell_room(&self, room: RoomId, but: UserId, scene: &Scene, wrap: Wrap) {
        let mut saying = Saying::new(scene, wrap);
        self.visit(room, |subscription| {
            let subscriber = &subscription.subscriber;
            let shut = subscription.after.is_none() && subscriber.dialect.hears_one_room();
            if subscriber.user != but && !shut {
                saying.tell(subscriber);
            }
        });
    }

    /// Tells the sessions of several rooms, each once, but for those of `but`.
    pub(crate) fn tell_rooms(&self, rooms: &[RoomId], but: UserId, scene: &Scene, wrap: Wrap) {
        let (mut saying, mut told) = (Saying::new(scene, wrap), HashSet::new());
        for room in rooms {
            self.visit(*room, |subscription| {
                let subscriber = &subscription.subscriber;
                if subscriber.user != but && told.insert(subscriber.session) {
                    saying.tell(subscriber);
                }
            });
        }
    }

    /// Tells the sessions of a user that hear all their rooms.
    pub(crate) fn tell_user(&self, user: UserId, scene: &Scene, wrap: Wrap) {
        let mut saying = Saying::new(scene, wrap);
        let sessions = self.sessions_of(user);
        sessions.iter().for_each(|session| saying.tell(session));
    }

    /// How many sessions of this process hear a room, live or in a moment.
    pub(crate) fn sessions_in(&self, room: RoomId) -> usize {
        let state = self.rooms.get(&room).map(|state| Arc::clone(&state));
        state.map_or(0, |state| lock(&state).roster.len())
    }

    /// Whether a session is live in a room, which only members' sessions are.
    #[must_use]
    pub fn is_live(&self, room: RoomId, session: domain::SessionId) -> bool {
        let state = self.rooms.get(&room).map(|state| Arc::clone(&state));
        state.is_some_and(|state| {
            let mut state = lock(&state);
            let place = state.roster.get_mut(session);
            place.is_some_and(|subscription| subscription.after.is_some())
        })
    }

    fn visit(&self, room: RoomId, each: impl FnMut(&Subscription)) {
        let Some(state) = self.rooms.get(&room).map(|state| Arc::clone(&state)) else {
            return;
        };
        let state = lock(&state);
        state.roster.iter().for_each(each);
    }
}

impl<'a> Saying<'a> {
    fn new(scene: &'a Scene, wrap: Wrap) -> Self {
        Self {
            scene,
            wrap,
            said: Vec::new(),
        }
    }

    fn tell(&mut self, subscriber: &Subscriber) {
        if let Event::Presence(presence) = self.scene.event
            && subscriber.dialect.shows_friends()
        {
            return subscriber.outbox.push(Item::Seen(presence));
        }
        if let Some(text) = self.text(subscriber) {
            subscriber.outbox.push((self.wrap)(text));
        }
    }

    /// What a session is told. Where its dialect says the same to everybody, that is encoded at the
    /// first asking, and the bytes are shared from then on.
    fn text(&mut self, subscriber: &Subscriber) -> Option<Utf8Bytes> {
        if subscriber.dialect.is_personal() {
            return subscriber.word(self.scene).map(Utf8Bytes::from);
        }
        let name = subscriber.dialect.name();
        if let Some((_, said)) = self.said.iter().find(|(known, _)| *known == name) {
            return said.clone();
        }
        let text = subscriber.word(self.scene).map(Utf8Bytes::from);
        self.said.push((name, text.clone()));
        text
    }
}
