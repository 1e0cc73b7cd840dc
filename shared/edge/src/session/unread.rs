//! A socket that says how much its user has not read in their conversations of two, or in one of
//! them, and rings when the other one says something.
//!
//! Counts are read, never kept: what is kept is how far each conversation was told.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use domain::{Error, Event, Member, Notification, Result, RoomId, Scene, Seq, command::RoomView};
use tokio::time::{Duration, Instant};

use super::{Machine, means::Means, news::news_of, report, turn::Turn};
use crate::{
    hub::Subscriber,
    notifier::{Block, Ear},
    outbox::Item,
};

/// How long to wait after a read that failed.
const RETRY: Duration = Duration::from_secs(1);

/// How often a count is read anew that was overtaken by what was said meanwhile.
const ATTEMPTS: u32 = 3;

/// What the session's own work ends with.
pub(crate) enum Done {
    Counted(Result<Vec<RoomView>>),
    Read(RoomId, Result<Arc<Block>>),
}

/// Where the session stands in a conversation.
struct Place {
    member: Member,
    position: Seq,
}

/// The machine of the socket.
pub(crate) struct Unread {
    means: Arc<Means>,
    subscriber: Arc<Subscriber>,
    ear: Ear,
    /// The one conversation that it is about, if it is not about all.
    only: Option<RoomId>,
    places: BTreeMap<RoomId, Place>,
    /// Where there may be something to tell.
    rooms: VecDeque<RoomId>,
    /// Rooms that the next list shows to be conversations, or not.
    unknown: BTreeSet<RoomId>,
    /// The conversations are to be listed.
    list: bool,
    /// The client is to be told how much is unread, after so many attempts.
    count: Option<u32>,
    began: bool,
    reading: bool,
    retry_at: Option<Instant>,
}

impl Unread {
    /// A session that says first how much is unread: in `only`, a conversation of its user's, or in
    /// all.
    pub(crate) fn new(
        means: Arc<Means>,
        subscriber: Arc<Subscriber>,
        only: Option<RoomId>,
    ) -> Self {
        let ear = means.live.notifier.listen(Arc::clone(&subscriber));
        if let Some(room) = only {
            ear.watch(room);
        }
        Self {
            means,
            subscriber,
            ear,
            only,
            places: BTreeMap::new(),
            rooms: VecDeque::new(),
            unknown: BTreeSet::new(),
            list: true,
            count: Some(0),
            began: false,
            reading: false,
            retry_at: None,
        }
    }

    /// Begins what is to be read next: what was said comes before how much that is.
    fn go_on(&mut self, turn: &mut Turn<Done>) {
        if self.reading || self.retry_at.is_some_and(|at| at > Instant::now()) {
            return;
        }
        self.retry_at = None;
        if let Some((room, after)) = self.next_room() {
            self.reading = true;
            let notifier = Arc::clone(self.ear.notifier());
            turn.read(async move { Done::Read(room, notifier.block(room, after).await) });
        } else if self.list {
            self.list = false;
            self.reading = true;
            let (means, only) = (Arc::clone(&self.means), self.only);
            turn.read(async move { Done::Counted(conversations(&means, only).await) });
        }
    }

    /// The next conversation to be looked at, and after which row.
    fn next_room(&mut self) -> Option<(RoomId, Seq)> {
        while let Some(room) = self.rooms.pop_front() {
            self.ear.look(room);
            match self.places.get(&room) {
                Some(place) => return Some((room, place.position)),
                // What is no conversation, or not this one, is of no interest.
                None if self.only.is_some_and(|only| only != room) => self.ear.forget(room),
                None => {
                    self.unknown.insert(room);
                    self.list = true;
                }
            }
        }
        None
    }

    fn wake(&mut self, room: RoomId) {
        if !self.rooms.contains(&room) {
            self.rooms.push_back(room);
        }
    }

    /// The user has read something: it is to be counted.
    fn recount(&mut self) {
        self.list = true;
        self.count = Some(0);
    }

    fn on_counted(&mut self, views: Vec<RoomView>, turn: &mut Turn<Done>) {
        let unread: u64 = views.iter().map(|view| view.unread).sum();
        let mut behind = false;
        for view in views {
            behind |= self.enter(view);
        }
        self.began = true;
        for room in std::mem::take(&mut self.unknown) {
            if !self.places.contains_key(&room) {
                self.ear.forget(room);
            }
        }
        match self.count {
            // What was said meanwhile is told first, and then counted anew.
            Some(attempts) if behind && attempts < ATTEMPTS => {
                self.list = true;
                self.count = Some(attempts + 1);
            }
            Some(_) => {
                self.count = None;
                self.say(Event::Unread { unread }, turn);
            }
            None => {}
        }
    }

    /// Stands in a conversation: at its end when the session begins, and later where its user came
    /// in. Says whether something is to be told.
    fn enter(&mut self, view: RoomView) -> bool {
        let (room, head) = (view.room.id, view.head);
        let Some(member) = view.member else {
            return false;
        };
        let start = if self.began { member.joined_seq } else { head };
        self.ear.watch(room);
        let place = self.places.entry(room).or_insert_with(|| Place {
            member: member.clone(),
            position: start,
        });
        place.member = member;
        let (position, behind) = (place.position, place.position < head);
        self.ear.told(room, position);
        if behind {
            self.wake(room);
        }
        behind
    }

    fn on_block(&mut self, room: RoomId, block: &Block, turn: &mut Turn<Done>) {
        let Some(place) = self.places.get_mut(&room) else {
            return;
        };
        let news: Vec<Notification> = block
            .rows
            .iter()
            .filter_map(|row| news_of(&place.member, row))
            .collect();
        place.position = block.last(place.position);
        self.ear.told(room, place.position);
        for notification in news {
            self.say(Event::Notified(notification), turn);
        }
        if block.more {
            self.wake(room);
        }
    }

    fn say(&self, event: Event, turn: &mut Turn<Done>) {
        let scene = Scene {
            event,
            actor: None,
            subject: None,
        };
        if let Some(text) = self.subscriber.word(&scene) {
            turn.say(text);
        }
    }

    fn fail(&mut self, error: &Error) {
        report(error);
        self.retry_at = Some(Instant::now() + RETRY);
    }
}

impl Machine for Unread {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        self.go_on(turn);
    }

    fn hears(&self) -> bool {
        true
    }

    fn listens(&self) -> bool {
        true
    }

    fn is_busy(&self) -> bool {
        false
    }

    /// What the client says is ignored.
    fn on_text(&mut self, _text: &str, _turn: &mut Turn<Done>) {}

    fn on_binary(&mut self, _bytes: &[u8], _turn: &mut Turn<Done>) {}

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::News { room } => self.wake(room),
            Item::Read { room } if self.only.is_none_or(|only| only == room) => self.recount(),
            Item::Read { .. } => {}
            Item::Relist => self.list = true,
            // It listens to no room, and the loop keeps the others to itself.
            Item::Began { .. } | Item::Ended { .. } | Item::Lost { .. } | Item::Seen(_) => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
        self.go_on(turn);
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        self.reading = false;
        match done {
            Done::Counted(Ok(views)) => self.on_counted(views, turn),
            Done::Read(room, Ok(block)) => self.on_block(room, &block, turn),
            Done::Counted(Err(error)) => {
                self.list = true;
                self.fail(&error);
            }
            Done::Read(room, Err(error)) => {
                self.wake(room);
                self.fail(&error);
            }
        }
        self.go_on(turn);
    }

    fn wakes_at(&self) -> Option<Instant> {
        self.retry_at
    }

    fn on_time(&mut self, turn: &mut Turn<Done>) {
        self.go_on(turn);
    }
}

/// The user's conversations of two, or the one.
async fn conversations(means: &Means, only: Option<RoomId>) -> Result<Vec<RoomView>> {
    if let Some(room) = only {
        return Ok(vec![means.room(room).await?]);
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (views, more) = means.rooms(after).await?;
        after = views.last().map(|view| view.room.id);
        all.extend(views.into_iter().filter(|view| view.peer.is_some()));
        if !more || after.is_none() {
            return Ok(all);
        }
    }
}
