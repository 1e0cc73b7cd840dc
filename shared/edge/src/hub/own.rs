//! What a session that shows friends hears: direct rooms and no others, and nothing that it did
//! itself.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Mutex,
};

use domain::{Change, ClientId, Event, Receipt, RoomId, Row, Scene, Seq, TenantId, UserId};

use crate::locks::lock;

/// How many messages of a session's own may be on their way back to it.
const SAID: usize = 1_024;

/// What a session knows of its user's direct rooms, and of what it did there.
#[derive(Debug)]
pub(crate) struct Own {
    tenant: TenantId,
    user: UserId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The rooms that are known to be direct.
    direct: HashSet<RoomId>,
    /// What it said, and has not seen in the log.
    said: VecDeque<ClientId>,
    /// Through which row it has read rooms.
    read: HashMap<RoomId, Seq>,
}

impl Own {
    /// Of a session that has done nothing yet.
    pub(crate) fn new(tenant: TenantId, user: UserId) -> Self {
        Self {
            tenant,
            user,
            state: Mutex::default(),
        }
    }

    /// Notes a direct room.
    pub(crate) fn note(&self, room: RoomId) {
        lock(&self.state).direct.insert(room);
    }

    /// Whether a room is known to be direct.
    pub(crate) fn knows(&self, room: RoomId) -> bool {
        lock(&self.state).direct.contains(&room)
    }

    /// The direct room with somebody.
    pub(crate) fn room_with(&self, user: UserId) -> RoomId {
        RoomId::direct(&self.tenant, self.user, user)
    }

    /// Notes that the session is about to say something.
    pub(crate) fn says(&self, client_id: ClientId) {
        let mut state = lock(&self.state);
        state.said.push_back(client_id);
        if state.said.len() > SAID {
            state.said.pop_front();
        }
    }

    /// Notes that the session has read a room.
    pub(crate) fn reads(&self, room: RoomId, through: Seq) {
        let mut state = lock(&self.state);
        let read = state.read.entry(room).or_default();
        *read = through.max(*read);
    }

    /// Whether the session is told of something.
    pub(super) fn hears(&self, scene: &Scene) -> bool {
        let mut state = lock(&self.state);
        match &scene.event {
            Event::Logged(row) => self.is_direct(&mut state, row) && !state.take_said(row),
            Event::Receipt { receipt, .. } => {
                state.direct.contains(&receipt.room) && !self.is_known(&state, receipt)
            }
            Event::Typing { room, .. } => state.direct.contains(room),
            Event::Notified(_) | Event::Presence(_) | Event::Draining { .. } => true,
            Event::Visited { .. } | Event::Unread { .. } => true,
        }
    }

    /// Whether a row is a direct room's. Its id is that of its pair, whom its first rows name: both
    /// of them come in.
    fn is_direct(&self, state: &mut State, row: &Row) -> bool {
        if state.direct.contains(&row.room) {
            return true;
        }
        let named = match &row.change {
            Change::Member(member) => Some(member.user),
            _ => None,
        };
        let mut others = named.into_iter().chain([row.sender]);
        let direct = others.any(|other| self.room_with(other) == row.room);
        if direct {
            state.direct.insert(row.room);
        }
        direct
    }

    fn is_known(&self, state: &State, receipt: &Receipt) -> bool {
        let read = state.read.get(&receipt.room);
        receipt.user == self.user && read.is_some_and(|read| receipt.read <= *read)
    }
}

impl State {
    /// Whether the session said what a row tells, which it is asked once.
    fn take_said(&mut self, row: &Row) -> bool {
        let place = self.said.iter().position(|said| *said == row.client_id);
        place.map(|place| self.said.remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Body, Content, MemberChange, MemberRow, Message, Role, RowId, Timestamp};

    use super::*;

    fn scene(room: RoomId, sender: UserId, change: impl FnOnce(Message) -> Change) -> Scene {
        let id = RowId::new();
        let message = Message {
            id,
            room,
            seq: 3,
            sender,
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            edited_at: None,
            rev: 1,
            body: Body::Present {
                content: Content::plain("hello"),
            },
            archived: false,
        };
        let row = Row {
            id,
            room,
            seq: 3,
            generation: 0,
            sender,
            client_id: message.client_id,
            created_at: message.created_at,
            change: change(message),
        };
        Scene {
            event: Event::Logged(row),
            actor: None,
            subject: None,
        }
    }

    fn joins(user: UserId) -> impl FnOnce(Message) -> Change {
        move |_| {
            Change::Member(MemberRow {
                user,
                change: MemberChange::Joined,
                role: Role::Member,
                rev: 1,
            })
        }
    }

    #[test]
    fn rooms_of_two_are_known_by_their_people() {
        let (ann, bob, tenant) = (UserId::new(), UserId::new(), TenantId::default());
        let own = Own::new(tenant.clone(), ann);
        let room = RoomId::direct(&tenant, ann, bob);
        assert!(!own.hears(&scene(room, ann, Change::Message)), "with whom?");
        assert!(own.hears(&scene(room, ann, joins(bob))), "with him");
        assert!(
            own.hears(&scene(room, ann, Change::Message)),
            "from then on"
        );
        let other = RoomId::direct(&tenant, ann, UserId::new());
        assert!(!own.hears(&scene(other, bob, Change::Message)));
        let met = Own::new(tenant, bob);
        assert!(
            met.hears(&scene(room, ann, Change::Message)),
            "he sees who it is from"
        );
    }

    #[test]
    fn what_the_session_did_itself_it_is_not_told() {
        let (ann, bob, tenant) = (UserId::new(), UserId::new(), TenantId::default());
        let own = Own::new(tenant.clone(), ann);
        let room = own.room_with(bob);
        own.note(room);
        let said = scene(room, ann, Change::Message);
        own.says(said.row().unwrap().client_id);
        assert!(!own.hears(&said));
        assert!(
            own.hears(&scene(room, ann, Change::Message)),
            "another socket's"
        );
        let read = |user, read| Scene {
            event: Event::Receipt {
                receipt: Receipt {
                    room,
                    user,
                    read,
                    received: read,
                },
                unread: None,
                more_read: true,
            },
            actor: None,
            subject: None,
        };
        own.reads(room, 3);
        assert!(!own.hears(&read(ann, 3)));
        assert!(own.hears(&read(ann, 4)), "another socket has read further");
        assert!(own.hears(&read(bob, 3)));
    }
}
