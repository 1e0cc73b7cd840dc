//! One user's notifications, read from the log as they come: oldest first in each room, from the
//! session's own position there.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use domain::{
    Change, Event, Head, Member, MemberChange, Notification, Result, RoomId, Row, Scene, Seq,
    UserId, notification::Level, notifies,
};
use tokio::time::{Duration, Instant};

use super::{kept::Kept, turn::Work};
use crate::{
    cards::Cards,
    hub::Subscriber,
    live::Live,
    notifier::{Block, Ear},
};

/// How long to wait after a read that failed.
const RETRY: Duration = Duration::from_secs(1);

/// The reader of one session's notifications.
pub(super) struct News {
    ear: Ear,
    user: UserId,
    cards: Arc<Cards>,
    places: BTreeMap<RoomId, Place>,
    /// The memberships are to be listed from the beginning, after the listing under way.
    relist: bool,
    /// Whether the memberships are being listed, and after which room.
    list_after: Option<Option<RoomId>>,
    kept: Kept,
    rooms: VecDeque<RoomId>,
    retry_at: Option<Instant>,
}

/// Where the session stands in a room.
#[derive(Debug, Clone)]
struct Place {
    member: Member,
    position: Seq,
}

/// What a read ends with.
pub(crate) enum NewsDone {
    Listed(Result<Vec<(Member, Head)>>),
    Found(RoomId, Result<Option<Member>>),
    Read(RoomId, Result<Arc<Block>>),
    Kept(Result<Vec<Notification>>),
}

/// What a read leads to.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The notifications, oldest first.
    pub(super) scenes: Vec<Scene>,
    /// The room they are of, and the row through which it is told.
    pub(super) through: Option<(RoomId, Seq)>,
}

impl News {
    /// Begins to listen, and to look through all rooms.
    pub(super) fn new(live: &Live, subscriber: Arc<Subscriber>) -> Self {
        Self {
            user: subscriber.user,
            ear: live.notifier.listen(subscriber),
            cards: Arc::clone(&live.cards),
            places: BTreeMap::new(),
            relist: true,
            list_after: None,
            kept: Kept::default(),
            rooms: VecDeque::new(),
            retry_at: None,
        }
    }

    /// There may be news in a room.
    pub(super) fn wake(&mut self, room: RoomId) {
        if !self.rooms.contains(&room) {
            self.rooms.push_back(room);
        }
    }

    /// Hints may have been lost, or something is kept for the user.
    pub(super) fn relist(&mut self) {
        self.relist = true;
    }

    /// When to ask for [`News::work`] again after a failure.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// What is to be read next, if anything.
    pub(super) fn work(&mut self) -> Option<Work<NewsDone>> {
        if self.retry_at.is_some_and(|at| at > Instant::now()) {
            return None;
        }
        self.retry_at = None;
        let (notifier, user) = (Arc::clone(self.ear.notifier()), self.user);
        if self.list_after.is_none() && std::mem::take(&mut self.relist) {
            self.list_after = Some(None);
            self.kept.begin();
        }
        if let Some(after) = self.list_after {
            let listed = self.ear.memberships(after);
            return Some(Box::pin(async move { NewsDone::Listed(listed.await) }));
        }
        if let Some(after) = self.kept.due() {
            let cards = Arc::clone(&self.cards);
            return Some(Box::pin(async move {
                let kept = notifier.kept(user, after).await;
                if let Ok(kept) = &kept {
                    cards.learn(kept.iter().map(Notification::actor)).await;
                }
                NewsDone::Kept(kept)
            }));
        }
        let room = self.rooms.pop_front()?;
        self.ear.look(room);
        let Some(place) = self.places.get(&room) else {
            let find = async move { NewsDone::Found(room, notifier.member(room, user).await) };
            return Some(Box::pin(find));
        };
        let (after, cards) = (place.position, Arc::clone(&self.cards));
        Some(Box::pin(async move {
            let block = notifier.block(room, after).await;
            if let Ok(block) = &block {
                let senders = block.rows.iter().filter_map(Row::message).map(|m| m.sender);
                cards.learn(senders).await;
            }
            NewsDone::Read(room, block)
        }))
    }

    /// Takes what was read.
    pub(super) fn on_done(&mut self, done: NewsDone) -> Told {
        let outcome = match done {
            NewsDone::Listed(listed) => listed.map(|listed| self.on_listed(listed)),
            NewsDone::Found(room, Err(error)) | NewsDone::Read(room, Err(error)) => {
                self.wake(room);
                Err(error)
            }
            NewsDone::Kept(kept) => kept.map(|kept| self.on_kept(kept)),
            NewsDone::Found(room, Ok(member)) => Ok(self.on_found(room, member)),
            NewsDone::Read(room, Ok(block)) => Ok(self.on_block(room, &block)),
        };
        outcome.unwrap_or_else(|error| {
            super::report(&error);
            self.retry_at = Some(Instant::now() + RETRY);
            Told::default()
        })
    }

    fn on_listed(&mut self, listed: Vec<(Member, Head)>) -> Told {
        self.list_after = listed.last().map(|(member, _)| Some(member.room));
        for (member, head) in listed {
            let room = member.room;
            self.enter(member);
            let place = self.places.get_mut(&room);
            if place.is_some_and(|place| place.is_behind(head.seq)) {
                self.wake(room);
            }
        }
        Told::default()
    }

    fn on_found(&mut self, room: RoomId, member: Option<Member>) -> Told {
        match member.filter(Member::is_active) {
            Some(member) => {
                self.enter(member);
                self.wake(room);
            }
            None => self.leave(room),
        }
        Told::default()
    }

    /// Stands in a room, where the member's notifications begin. A position that is known only
    /// rises, and what was told is not told again.
    fn enter(&mut self, member: Member) {
        let (room, start) = (member.room, member.notified_through());
        self.ear.watch(room);
        let place = self.places.entry(room).or_insert_with(|| Place {
            member: member.clone(),
            position: start,
        });
        place.member = member;
        place.position = place.position.max(start);
    }

    fn leave(&mut self, room: RoomId) {
        self.places.remove(&room);
        self.rooms.retain(|other| *other != room);
        self.ear.forget(room);
    }

    fn on_block(&mut self, room: RoomId, block: &Block) -> Told {
        let Some(mut place) = self.places.get(&room).cloned() else {
            return Told::default();
        };
        let mut told = Told::default();
        for row in &block.rows {
            place.take(row, self.user);
            let news = news_of(&place.member, row);
            told.scenes.extend(news.map(|news| self.scene(news)));
        }
        place.position = block.last(place.position);
        told.through = Some((room, place.position));
        self.ear.told(room, place.position);
        let gone = !place.member.is_active();
        self.places.insert(room, place);
        if gone {
            self.leave(room);
        } else if block.more {
            self.wake(room);
        }
        told
    }

    /// Tells what is kept for the user, a page at a time.
    fn on_kept(&mut self, kept: Vec<Notification>) -> Told {
        let new = self.kept.take(kept).into_iter();
        let scenes = new.map(|kept| self.scene(kept)).collect();
        let through = None;
        Told { scenes, through }
    }

    fn scene(&self, notification: Notification) -> Scene {
        Scene {
            actor: self.cards.card(notification.actor()),
            subject: None,
            event: Event::Notified(notification),
        }
    }
}

impl Place {
    /// Whether there is something to be read up to `head`. Where the member wants to be told of
    /// nothing, what is there is stepped over: it may be much.
    fn is_behind(&mut self, head: Seq) -> bool {
        if self.member.rule.level == Level::None {
            self.position = self.position.max(head);
        }
        self.position < head
    }

    /// Follows the member's own coming and going, and the end of the room, in the order of the
    /// log.
    fn take(&mut self, row: &Row, user: UserId) {
        if row.is_last() {
            self.member.state = domain::MemberState::Left;
        }
        let Change::Member(member) = &row.change else {
            return;
        };
        if member.user != user {
            return;
        }
        match member.change {
            MemberChange::Joined => {
                self.member.state = domain::MemberState::Active;
                self.member.joined_seq = row.seq;
            }
            MemberChange::Left => self.member.state = domain::MemberState::Left,
            MemberChange::Removed => self.member.state = domain::MemberState::Removed,
            MemberChange::RoleChanged => self.member.role = member.role,
        }
    }
}

/// What a row is to a member who wants to be told of it: changes of messages are no news.
pub(super) fn news_of(member: &Member, row: &Row) -> Option<Notification> {
    match &row.change {
        Change::Message(message) if notifies(member, message) => {
            Some(Notification::of(member, message.clone()))
        }
        Change::Message(_)
        | Change::Edit(_)
        | Change::Deletion(_)
        | Change::Reaction(_)
        | Change::Member(_)
        | Change::Room(_)
        | Change::Archive { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::SessionId;
    use protocol::native::Native;
    use testkit::builders::{join, message, new_channel, new_user};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn hints_that_are_lost_during_a_listing_are_made_good_after_it() {
        let world = World::new();
        let store = &world.ctx.ports.store;
        let ann = store.create_user(new_user("ann")).await.unwrap().id;
        let bob = store.create_user(new_user("bob")).await.unwrap().id;
        let mut rooms = Vec::new();
        for name in ["one", "two"] {
            rooms.push(store.create_room(new_channel(name, ann)).await.unwrap().id);
        }
        rooms.sort();
        store.append(rooms[1], vec![join(bob, 1)]).await.unwrap();
        let session = Subscriber::new(SessionId::new(), bob, &Native, &world.ctx.limits);
        let mut news = News::new(&world.ctx.live, session);
        let listed = news.work().expect("it begins with a listing").await;

        // Nobody tells of these; the listing under way is beyond that room already.
        let rows = vec![join(bob, 1), message(ann, "hello")];
        store.append(rooms[0], rows).await.unwrap();
        news.relist();
        let mut told = news.on_done(listed).scenes;
        while let Some(work) = news.work() {
            told.extend(news.on_done(work.await).scenes);
        }
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
