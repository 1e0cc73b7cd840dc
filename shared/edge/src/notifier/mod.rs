//! The notification listeners of this process: who is to look for news in which room.
//!
//! News is derived from the log and never stored per member. A listener goes on from its own
//! position in each room; what wakes it is only a hint, so hints may be lost, repeated and late.

mod blocks;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use dashmap::DashMap;
use domain::{
    Change, Head, Member, Notification, Result, RoomId, Row, Seq, SessionId, UserId,
    notification::Position, ports::Store,
};

pub(crate) use self::blocks::Block;
use self::blocks::Blocks;
use crate::{hub::Subscriber, in_time, locks::lock, outbox::Item};

/// The notification listeners of this process.
pub struct Notifier {
    store: Arc<dyn Store>,
    users: DashMap<UserId, Vec<Arc<Listener>>>,
    rooms: DashMap<RoomId, Watch>,
    blocks: Blocks,
}

/// A listener, and how far it was told of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The socket.
    pub session: SessionId,
    /// What it speaks.
    pub dialect: &'static str,
    /// Up to which row; 0 where it was told of nothing yet.
    pub told: Seq,
}

/// Who watches a room, and the newest row that was told of.
#[derive(Default)]
struct Watch {
    listeners: Vec<Arc<Listener>>,
    told: Seq,
}

/// One session that wants notifications.
struct Listener {
    subscriber: Arc<Subscriber>,
    state: Mutex<Watching>,
}

#[derive(Default)]
struct Watching {
    /// The rooms it watches, and up to which row of each it was told.
    rooms: BTreeMap<RoomId, Seq>,
    /// Rooms it was told of and has not looked at since.
    woken: BTreeSet<RoomId>,
    gone: bool,
}

impl Notifier {
    /// Nobody listens yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            users: DashMap::new(),
            rooms: DashMap::new(),
            blocks: Blocks::default(),
        })
    }

    /// Tells the listeners of a room that there may be news up to a row: those who were not told up
    /// to it look there.
    pub fn news(&self, room: RoomId, seq: Seq) {
        let Some(mut watch) = self.rooms.get_mut(&room) else {
            return;
        };
        watch.told = watch.told.max(seq);
        let behind = |listener: &&Arc<Listener>| listener.told(room) < seq;
        let behind = watch.listeners.iter().filter(behind);
        behind.for_each(|listener| listener.wake(room));
    }

    /// The rooms that somebody here wants to be told of.
    pub(crate) fn watched_rooms(&self) -> Vec<RoomId> {
        self.rooms.iter().map(|watch| *watch.key()).collect()
    }

    /// Whether anybody listens here.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.users.is_empty()
    }

    /// Every session that listens here.
    pub(crate) fn subscribers(&self) -> Vec<(SessionId, Arc<Subscriber>)> {
        let mut all = Vec::new();
        for user in &self.users {
            let sessions = user.value().iter().map(|listener| &listener.subscriber);
            all.extend(sessions.map(|session| (session.session, Arc::clone(session))));
        }
        all
    }

    /// Those who have listeners here.
    pub(crate) fn listening_users(&self) -> Vec<UserId> {
        self.users.iter().map(|user| *user.key()).collect()
    }

    /// Looks at rows of one room that were just stored: whoever listens there is told of what was
    /// said, and the listeners of members who came watch the room from now on.
    pub fn rows(&self, rows: &[Row]) {
        for row in rows {
            if let Change::Member(member) = &row.change {
                let listeners = self.users.get(&member.user).map(|list| list.clone());
                for listener in listeners.unwrap_or_default() {
                    self.watch(&listener, row.room);
                    listener.wake(row.room);
                }
            }
        }
        if let Some(said) = rows.iter().rev().find(|row| row.is_news()) {
            self.news(said.room, said.seq);
        }
    }

    /// Tells all listeners to look through all their rooms: hints may have been lost.
    pub fn relist_all(&self) {
        for listeners in &self.users {
            listeners.value().iter().for_each(|l| l.relist());
        }
    }

    /// Tells a user's listeners to look through all their rooms, and at what is kept for them.
    pub fn relist(&self, user: UserId) {
        if let Some(listeners) = self.users.get(&user) {
            listeners.iter().for_each(|listener| listener.relist());
        }
    }

    /// Tells a user's listeners that the user has read more of a room.
    pub(crate) fn read(&self, user: UserId, room: RoomId) {
        if let Some(listeners) = self.users.get(&user) {
            let tell = |listener: &Arc<Listener>| {
                listener.subscriber.outbox.push(Item::Read { room });
            };
            listeners.iter().for_each(tell);
        }
    }

    /// A user's listeners here, and up to which row of a room each was told.
    #[must_use]
    pub fn told(&self, user: UserId, room: RoomId) -> Vec<Heard> {
        let heard = |listener: &Arc<Listener>| Heard {
            session: listener.subscriber.session,
            dialect: listener.subscriber.dialect.name(),
            told: listener.told(room),
        };
        let listeners = self.users.get(&user);
        listeners.map_or_else(Vec::new, |list| list.iter().map(heard).collect())
    }

    /// Begins to listen for a session's user.
    pub(crate) fn listen(self: &Arc<Self>, subscriber: Arc<Subscriber>) -> Ear {
        let listener = Arc::new(Listener {
            subscriber,
            state: Mutex::default(),
        });
        let user = listener.subscriber.user;
        self.users
            .entry(user)
            .or_default()
            .push(Arc::clone(&listener));
        Ear {
            notifier: Arc::clone(self),
            listener,
        }
    }

    /// Reads a page of a listener's memberships, and how far their rooms have gone. They are watched
    /// before that is read: what comes later wakes the listener.
    async fn memberships(
        &self,
        listener: &Arc<Listener>,
        after: Option<RoomId>,
    ) -> Result<Vec<(Member, Head)>> {
        let user = listener.subscriber.user;
        let read = async {
            let members = self.store.memberships(user, after, blocks::PAGE).await?;
            let rooms: Vec<RoomId> = members.iter().map(|member| member.room).collect();
            rooms.iter().for_each(|room| self.watch(listener, *room));
            let heads = self.store.heads(&rooms).await?;
            Ok(members.into_iter().zip(heads).collect())
        };
        in_time(read).await
    }

    /// Looks up one membership.
    pub(crate) async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>> {
        let read = self.store.member(room, user);
        in_time(read).await
    }

    /// Reads what is kept for a user, a page after a position.
    pub(crate) async fn kept(
        &self,
        user: UserId,
        after: Option<Position>,
    ) -> Result<Vec<Notification>> {
        let read = self.store.kept_notifications(user, after, blocks::PAGE);
        in_time(read).await
    }

    /// Notes that somebody was told of all messages through a row, and said so.
    pub(crate) async fn settle(&self, room: RoomId, user: UserId, through: Seq) -> Result<()> {
        let write = self
            .store
            .raise_mark(room, user, domain::Mark::Notified, through);
        in_time(write).await
    }

    /// Reads the rows of a room after one, shared with whoever asks the same at the same time.
    pub(crate) async fn block(&self, room: RoomId, after: Seq) -> Result<Arc<Block>> {
        let told = self.rooms.get(&room).map_or(0, |watch| watch.told);
        self.blocks.read(&self.store, room, after, told).await
    }

    /// Lists a listener under a room. The room is locked first, here and in [`Self::unwatch`]: what
    /// the listener knows of the room and what the room knows of the listener change together.
    fn watch(&self, listener: &Arc<Listener>, room: RoomId) {
        let watch = self.rooms.entry(room);
        if listener.enter(room) {
            watch.or_default().listeners.push(Arc::clone(listener));
        }
    }

    fn unwatch(&self, listener: &Arc<Listener>, room: RoomId) {
        let empty = |_: &RoomId, watch: &mut Watch| {
            listener.exit(room);
            watch
                .listeners
                .retain(|other| !Arc::ptr_eq(other, listener));
            watch.listeners.is_empty()
        };
        if self.rooms.remove_if_mut(&room, empty).is_some() {
            self.blocks.forget(room);
        }
    }
}

impl Listener {
    fn enter(&self, room: RoomId) -> bool {
        let mut state = lock(&self.state);
        if state.gone || state.rooms.contains_key(&room) {
            return false;
        }
        state.rooms.insert(room, 0);
        true
    }

    fn exit(&self, room: RoomId) {
        lock(&self.state).rooms.remove(&room);
    }

    /// Up to which row of a room it was told; 0 where it was told of nothing yet.
    fn told(&self, room: RoomId) -> Seq {
        lock(&self.state).rooms.get(&room).copied().unwrap_or(0)
    }

    fn relist(&self) {
        self.subscriber.outbox.push(Item::Relist);
    }

    fn wake(&self, room: RoomId) {
        if lock(&self.state).woken.insert(room) {
            self.subscriber.outbox.push(Item::News { room });
        }
    }
}

/// A session's ear for news. Dropping it ends the listening.
pub(crate) struct Ear {
    notifier: Arc<Notifier>,
    listener: Arc<Listener>,
}

impl Ear {
    /// The notifier it belongs to.
    pub(crate) fn notifier(&self) -> &Arc<Notifier> {
        &self.notifier
    }

    /// Lists the rooms of the session's user, a page after `after`, and wants to be told of them from
    /// now on.
    pub(crate) fn memberships(
        &self,
        after: Option<RoomId>,
    ) -> impl Future<Output = Result<Vec<(Member, Head)>>> + use<> {
        let (notifier, listener) = (Arc::clone(&self.notifier), Arc::clone(&self.listener));
        async move { notifier.memberships(&listener, after).await }
    }

    /// Wants to be told of a room from now on. To be done before the room is read.
    pub(crate) fn watch(&self, room: RoomId) {
        self.notifier.watch(&self.listener, room);
    }

    /// Notes that the room is about to be looked at: later news wakes the session again.
    pub(crate) fn look(&self, room: RoomId) {
        lock(&self.listener.state).woken.remove(&room);
    }

    /// Notes that the session was told of a room through a row.
    pub(crate) fn told(&self, room: RoomId, through: Seq) {
        if let Some(told) = lock(&self.listener.state).rooms.get_mut(&room) {
            *told = through;
        }
    }

    /// Wants to hear no more of a room.
    pub(crate) fn forget(&self, room: RoomId) {
        self.notifier.unwatch(&self.listener, room);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let user = self.listener.subscriber.user;
        self.notifier.users.remove_if_mut(&user, |_, listeners| {
            listeners.retain(|other| !Arc::ptr_eq(other, &self.listener));
            listeners.is_empty()
        });
        let rooms = {
            let mut state = lock(&self.listener.state);
            state.gone = true;
            std::mem::take(&mut state.rooms)
        };
        for room in rooms.into_keys() {
            self.notifier.unwatch(&self.listener, room);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use domain::{ClientId, MemberChange, MemberRow, Role, RowId, SessionId, Timestamp};
    use protocol::native::Native;
    use testkit::builders::{message, new_channel, new_user};

    use super::*;
    use crate::testing::World;

    /// A row by which somebody comes into a room.
    fn joined(room: RoomId, user: UserId) -> Row {
        let change = Change::Member(MemberRow {
            user,
            change: MemberChange::Joined,
            role: Role::Member,
            rev: 1,
        });
        Row {
            id: RowId::new(),
            room,
            seq: 1,
            generation: 0,
            sender: user,
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            change,
        }
    }

    #[tokio::test]
    async fn news_that_comes_right_after_the_listing_wakes_the_session() {
        let world = World::new();
        let (notifier, store) = (&world.ctx.live.notifier, &world.ctx.ports.store);
        let ann = store.create_user(new_user("ann")).await.unwrap();
        let room = new_channel("lobby", ann.id);
        let room = store.create_room(room).await.unwrap().id;
        let said = vec![message(ann.id, "hello")];
        store.append(room, said).await.unwrap();
        let session = Subscriber::new(SessionId::new(), ann.id, &Native, &world.ctx.limits);
        let ear = notifier.listen(Arc::clone(&session));
        let listed = ear.memberships(None).await.unwrap();
        assert_eq!(listed.len(), 1);
        notifier.news(room, 100);
        let woken = session.outbox.take();
        assert!(matches!(woken.front(), Some(Item::News { room: of }) if *of == room));
    }

    #[tokio::test]
    async fn what_was_just_said_wakes_who_was_not_told_of_it() {
        let world = World::new();
        let (notifier, store) = (&world.ctx.live.notifier, &world.ctx.ports.store);
        let ann = store.create_user(new_user("ann")).await.unwrap();
        let room = store.create_room(new_channel("lobby", ann.id)).await;
        let room = room.unwrap().id;
        store
            .append(room, vec![message(ann.id, "hello")])
            .await
            .unwrap();
        let rows = store.rows(room, 0, 10).await.unwrap();
        let sessions =
            [(); 2].map(|()| Subscriber::new(SessionId::new(), ann.id, &Native, &world.ctx.limits));
        let ears = sessions.clone().map(|session| notifier.listen(session));
        ears.iter().for_each(|ear| ear.watch(room));
        ears[1].told(room, rows[1].seq);
        notifier.rows(&rows[1..]);
        notifier.news(room, rows[1].seq);
        let woken = sessions.map(|session| session.outbox.take().len());
        assert_eq!(woken, [1, 0]);
    }

    #[tokio::test]
    async fn a_session_that_ends_while_its_user_comes_in_leaves_nothing_behind() {
        let world = World::new();
        let (notifier, user) = (&world.ctx.live.notifier, UserId::new());
        let rows: Vec<_> = (0..50).map(|_| joined(RoomId::new(), user)).collect();
        for _ in 0..500 {
            let session = Subscriber::new(SessionId::new(), user, &Native, &world.ctx.limits);
            let (ear, together) = (notifier.listen(session), Barrier::new(2));
            std::thread::scope(|both| {
                both.spawn(|| {
                    together.wait();
                    drop(ear);
                });
                together.wait();
                notifier.rows(&rows);
            });
            assert!(notifier.users.is_empty());
            assert_eq!(notifier.rooms.len(), 0, "nobody watches them");
        }
    }
}
