//! A session as the hub knows it, and the seat that it holds there.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, OnceLock},
};

use domain::{Error, Limits, RoomId, Scene, Seq, SessionId, UserId};
use protocol::{Dialect, Viewer};

use super::{Hub, Own};
use crate::{
    locks::lock,
    outbox::{Item, Outbox},
};

/// A session as the hub knows it: who listens, in which words, and where to put them.
pub struct Subscriber {
    /// The session.
    pub session: SessionId,
    /// Whose session it is.
    pub user: UserId,
    /// The same, and with whom the room of its socket is.
    pub viewer: Viewer,
    /// How it is spoken to.
    pub dialect: &'static dyn Dialect,
    /// What waits for it.
    pub outbox: Outbox,
    /// What it knows of direct rooms, where it hears no others.
    own: OnceLock<Arc<Own>>,
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    joined: BTreeSet<RoomId>,
    gone: bool,
}

impl Subscriber {
    /// A session that hears nothing yet.
    #[must_use]
    pub fn new(
        session: SessionId,
        user: UserId,
        dialect: &'static dyn Dialect,
        limits: &Limits,
    ) -> Arc<Self> {
        Self::seeing(session, Viewer::of(user), dialect, limits)
    }

    /// The same, of a socket that is bound to a room of two.
    #[must_use]
    pub fn seeing(
        session: SessionId,
        viewer: Viewer,
        dialect: &'static dyn Dialect,
        limits: &Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            session,
            user: viewer.user,
            viewer,
            dialect,
            outbox: Outbox::new(limits),
            own: OnceLock::new(),
            rooms: Mutex::default(),
        })
    }

    /// What it is told of something that happened.
    pub(crate) fn word(&self, scene: &Scene) -> Option<String> {
        if self.own.get().is_some_and(|own| !own.hears(scene)) {
            return None;
        }
        self.dialect.encode(&self.viewer, scene)
    }

    /// Lets it hear direct rooms alone, and nothing that it did itself.
    pub(crate) fn hear_own(&self, own: Own) -> Arc<Own> {
        Arc::clone(self.own.get_or_init(|| Arc::new(own)))
    }

    /// Tells it of an error that no request of its own led to.
    pub(crate) fn refuse(&self, error: &Error) {
        if let Some(text) = self.dialect.refuse(None, error) {
            self.outbox.push(Item::Frame(text.into()));
        }
    }

    /// Notes a room; says whether the session is still there to hear it.
    pub(super) fn enter(&self, room: RoomId) -> bool {
        let mut rooms = lock(&self.rooms);
        if !rooms.gone {
            rooms.joined.insert(room);
        }
        !rooms.gone
    }

    pub(super) fn exit(&self, room: RoomId) {
        lock(&self.rooms).joined.remove(&room);
    }

    /// Ends all; from now on no room can be entered.
    fn go(&self) -> BTreeSet<RoomId> {
        let mut rooms = lock(&self.rooms);
        rooms.gone = true;
        std::mem::take(&mut rooms.joined)
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("session", &self.session)
            .field("user", &self.user)
            .field("dialect", &self.dialect.name())
            .finish_non_exhaustive()
    }
}

/// Where a session stands after it asked to go live in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It gets every row after the head it named, in order.
    Live,
    /// The room has gone on, or the subscription has ended: subscribe, read from the store after
    /// the head, and ask again.
    Behind,
}

/// A session's place in the hub. Dropping it ends all its subscriptions.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    subscriber: Arc<Subscriber>,
    follows: bool,
}

impl Seat {
    pub(super) fn new(hub: Arc<Hub>, subscriber: Arc<Subscriber>, follows: bool) -> Self {
        Self {
            hub,
            subscriber,
            follows,
        }
    }

    /// The session.
    #[must_use]
    pub fn subscriber(&self) -> &Arc<Subscriber> {
        &self.subscriber
    }

    /// Subscribes to a room, paused: no row comes until [`Seat::go_live`]. To be done *before*
    /// the head is read, so that no row falls between. Repeating it changes nothing.
    pub fn subscribe(&self, room: RoomId) {
        self.hub.subscribe(room, &self.subscriber);
    }

    /// Goes live in a room after `head`, the last row that the session has read from the store.
    pub fn go_live(&self, room: RoomId, head: Seq) -> Standing {
        self.hub.go_live(room, self.subscriber.session, head)
    }

    /// Ends the subscription to a room.
    pub fn leave(&self, room: RoomId) {
        self.subscriber.exit(room);
        self.hub.unsubscribe(room, self.subscriber.session);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.follows {
            self.hub.unfollow(&self.subscriber);
        }
        for room in self.subscriber.go() {
            self.hub.unsubscribe(room, self.subscriber.session);
        }
    }
}
