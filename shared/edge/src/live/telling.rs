//! What is in no log, shown to the sessions of this process, whichever process it comes from.

use domain::{Event, Presence, Receipt, RoomId, Scene, UserId, ports::BusEvent};

use super::Live;
use crate::outbox::Item;

/// What is told of a receipt, and to whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// How far the member is.
    pub(super) receipt: Receipt,
    /// What is left unread.
    pub(super) unread: Option<u64>,
    /// Whether they have read more.
    pub(super) more_read: bool,
    /// Whether everybody in the room is told, or the member's own sessions alone.
    pub(super) everybody: bool,
}

impl From<Told> for BusEvent {
    fn from(told: Told) -> Self {
        Self::Receipt {
            receipt: told.receipt,
            unread: told.unread,
            everybody: told.everybody,
            more_read: told.more_read,
        }
    }
}

impl Live {
    /// Shows a receipt to everybody in its room, or to the member's own sessions alone. Only those
    /// are told what is left unread.
    pub(super) async fn show_receipt(&self, told: Told) {
        let Told {
            receipt,
            unread,
            more_read,
            everybody,
        } = told;
        let user = receipt.user;
        if unread.is_some() {
            self.notifier.read(user, receipt.room);
        }
        let event = |unread| Event::Receipt {
            receipt,
            unread,
            more_read,
        };
        let own = self.scene(user, event(unread)).await;
        self.hub.tell_user(user, &own, Item::Frame);
        if everybody {
            let scene = Scene {
                event: event(None),
                ..own
            };
            self.hub.tell_room(receipt.room, user, &scene, Item::Frame);
        }
    }

    /// Shows that somebody types, or no longer does, to the others in the room.
    pub(super) async fn show_typing(&self, room: RoomId, user: UserId, on: bool) {
        if self.hub.sessions_in(room) == 0 {
            return;
        }
        let event = Event::Typing { room, user, on };
        let scene = self.scene(user, event).await;
        self.hub.tell_room(room, user, &scene, Item::Passing);
    }

    /// Shows a presence to the others in these rooms, and, where `own`, to the user's own sessions.
    pub(super) async fn show_presence(&self, presence: Presence, rooms: &[RoomId], own: bool) {
        let user = presence.user;
        let scene = self.scene(user, Event::Presence(presence)).await;
        self.hub.tell_rooms(rooms, user, &scene, Item::Passing);
        if own {
            self.hub.tell_user(user, &scene, Item::Passing);
        }
    }

    /// Shows what another process tells of typing, as far as a crowd here lets it pass.
    pub(super) async fn hear_typing(&self, room: RoomId, user: UserId, on: bool) {
        if !on || self.typing.passes(room, self.hub.sessions_in(room)) {
            self.show_typing(room, user, on).await;
        }
    }

    /// Shows what another process tells of a presence.
    pub(super) async fn hear_presence(&self, presence: Presence, rooms: &[RoomId]) {
        self.attendance.hear(presence.user, presence.state);
        self.show_presence(presence, rooms, true).await;
    }

    async fn scene(&self, user: UserId, event: Event) -> Scene {
        self.cards.learn([user]).await;
        Scene {
            event,
            actor: self.cards.card(user),
            subject: None,
        }
    }
}
