//! The native socket of somebody who is known: all their rooms over one socket.
//!
//! After `hello` every room of the user is live. For a moment they are held, so that a client
//! which was away can ask for what it missed first and hears everything in order.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use domain::{
    Code, Error, Event, Receipt, Reply, Result, RoomId, Scene, Seq,
    command::{ReplayPage, RoomView},
};
use protocol::{
    Action, Dialect, Scope,
    native::{Authenticated, Hello, HelloRooms, Native, RoomSummary, UserView},
};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::{
    Machine,
    catch_up::{is_ended_by, say_page},
    means::Means,
    news::{News, NewsDone},
    report,
    requests::{Answer, Asked, Outcome, Requests, Wish, ask},
    resume::{Next, Resuming},
    tenure::Renewed,
    turn::Turn,
};
use crate::{
    hub::{Seat, Standing},
    outbox::Item,
};

/// How long the rooms are held for a `resume`: by default, and for who announces one.
const HOLD: Duration = Duration::from_millis(250);
const LONG_HOLD: Duration = Duration::from_secs(5);

/// Resumes that may wait.
const RESUMES: usize = 4;

/// Longest spread of the time after which clients come back from a stopping server.
const SPREAD_MS: u64 = 5_000;

/// What a client wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wants {
    /// The rows of its user's rooms.
    pub(crate) messages: bool,
    /// Its user's notifications.
    pub(crate) notifications: bool,
    /// Whether it is going to send a `resume` first.
    pub(crate) resume: bool,
}

/// How a room is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hearing {
    /// Not yet; the head is what `hello` said.
    Held { head: Seq },
    /// From this row on, live or while catching up.
    From(Seq),
}

/// What the session's own work ends with.
pub(crate) enum Done {
    Answers(Vec<Answer>),
    Rooms(Result<Listed>),
    CaughtUp(RoomId, Seq, Result<ReplayPage>),
    Replayed(Result<ReplayPage>),
    Receipts(Result<Vec<Receipt>>),
    News(NewsDone),
}

/// A page of the user's rooms; the first knows the epoch.
pub(crate) struct Listed {
    epoch: Option<Uuid>,
    rooms: Vec<RoomView>,
    more: bool,
}

/// The machine of the native socket.
pub(crate) struct Member {
    pub(super) means: Arc<Means>,
    pub(super) seat: Seat,
    scope: Scope,
    wants: Wants,
    pub(super) epoch: Uuid,
    pub(super) rooms: BTreeMap<RoomId, Hearing>,
    requests: Requests,
    /// Why something of the last batch is to be asked for again.
    put_off: Option<Code>,
    greeted: bool,
    hold_until: Option<Instant>,
    pub(super) reading: bool,
    pub(super) resumes: VecDeque<Resuming>,
    catch_ups: VecDeque<(RoomId, Seq)>,
    news: Option<News>,
}

impl Member {
    /// A session that says `hello` first.
    pub(crate) fn new(means: Arc<Means>, seat: Seat, wants: Wants) -> Self {
        let limits = Arc::clone(&means.limits);
        let listen = || News::new(&means.live, Arc::clone(seat.subscriber()));
        Self {
            scope: Scope {
                room: None,
                peer: None,
                limits,
            },
            news: wants.notifications.then(listen),
            means,
            seat,
            wants,
            epoch: Uuid::nil(),
            rooms: BTreeMap::new(),
            requests: Requests::default(),
            put_off: None,
            greeted: false,
            hold_until: None,
            reading: false,
            resumes: VecDeque::new(),
            catch_ups: VecDeque::new(),
        }
    }

    pub(super) fn refuse(&self, id: Option<&str>, error: &Error, turn: &mut Turn<Done>) {
        report(error);
        if let Some(text) = Native.refuse(id, error) {
            turn.say(text);
        }
    }

    /// The store cannot be read: the client comes back when it can.
    pub(super) fn give_up(&self, error: &Error, turn: &mut Turn<Done>) {
        self.refuse(None, error, turn);
        turn.close(if error.code() == Code::Internal {
            Code::Internal
        } else {
            Code::Resync
        });
    }

    fn list_rooms(&mut self, after: Option<RoomId>, turn: &mut Turn<Done>) {
        let means = Arc::clone(&self.means);
        self.reading = true;
        turn.read(async move {
            let list = async {
                let epoch = match after {
                    None => Some(means.live.epoch().await?),
                    Some(_) => None,
                };
                let (rooms, more) = means.rooms(after).await?;
                Ok(Listed { epoch, rooms, more })
            };
            Done::Rooms(list.await)
        });
    }

    fn on_rooms(&mut self, listed: Result<Listed>, turn: &mut Turn<Done>) {
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => return self.give_up(&error, turn),
        };
        if self.wants.messages {
            listed.rooms.iter().for_each(|view| self.hold(view));
        }
        let last = listed.rooms.last().map(|view| view.room.id);
        let more = listed.more && last.is_some();
        self.greet(&listed, more, turn);
        if more {
            return self.list_rooms(last, turn);
        }
        self.greeted = true;
        let hold = if self.wants.resume { LONG_HOLD } else { HOLD };
        self.hold_until = Some(Instant::now() + hold);
    }

    fn hold(&mut self, view: &RoomView) {
        let (room, head) = (view.room.id, view.head);
        self.seat.subscribe(room);
        self.rooms.entry(room).or_insert(Hearing::Held { head });
    }

    fn greet(&mut self, listed: &Listed, more: bool, turn: &mut Turn<Done>) {
        let rooms = listed.rooms.iter().map(RoomSummary::new).collect();
        let Some(epoch) = listed.epoch else {
            return turn.say(HelloRooms { rooms, more }.frame());
        };
        self.epoch = epoch;
        let hello = Hello {
            session: self.seat.subscriber().session.uuid(),
            server_time: self.means.clock.now(),
            heartbeat_ms: u64::try_from(domain::Limits::HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: (*self.means.limits).clone(),
            token_expires: self.means.caller.expires_at,
            user: UserView::caller(&self.means.caller),
            epoch,
            rooms,
            more,
        };
        turn.say(hello.frame());
    }

    /// Lets all rooms that are still held go live.
    fn release_all(&mut self) {
        if self.hold_until.take().is_none() {
            return;
        }
        let held = self
            .rooms
            .iter()
            .filter_map(|(room, hearing)| match hearing {
                Hearing::Held { head } => Some((*room, *head)),
                Hearing::From(_) => None,
            });
        for (room, head) in held.collect::<Vec<_>>() {
            self.release(room, head);
        }
    }

    /// Lets a room go live after `head`, or reads on.
    pub(super) fn release(&mut self, room: RoomId, head: Seq) {
        self.rooms.insert(room, Hearing::From(head + 1));
        if self.seat.go_live(room, head) == Standing::Behind {
            self.catch_ups.push_back((room, head));
        }
    }

    /// Begins what is to be read next, if nothing is being read.
    fn read_on(&mut self, turn: &mut Turn<Done>) {
        if self.reading || !self.greeted {
            return;
        }
        if let Some(next) = self.resume_on(turn) {
            self.read_for_resume(next, turn);
        } else if let Some((room, after)) = self.next_catch_up() {
            self.read(
                room,
                after,
                move |page| Done::CaughtUp(room, after, page),
                turn,
            );
        } else if let Some(work) = self.news.as_mut().and_then(News::work) {
            self.reading = true;
            turn.read(async { Done::News(work.await) });
        }
    }

    fn read_for_resume(&mut self, next: Next, turn: &mut Turn<Done>) {
        match next {
            Next::Rows(room, after) => self.read(room, after, Done::Replayed, turn),
            Next::Receipts(room) => {
                self.reading = true;
                let means = Arc::clone(&self.means);
                turn.read(async move { Done::Receipts(means.receipts(room).await) });
            }
        }
    }

    fn next_catch_up(&mut self) -> Option<(RoomId, Seq)> {
        while let Some((room, after)) = self.catch_ups.pop_front() {
            // Whoever left meanwhile needs no more.
            if self.rooms.contains_key(&room) {
                return Some((room, after));
            }
        }
        None
    }

    fn read<F>(&mut self, room: RoomId, after: Seq, done: F, turn: &mut Turn<Done>)
    where
        F: FnOnce(Result<ReplayPage>) -> Done + Send + 'static,
    {
        self.seat.subscribe(room);
        self.reading = true;
        let means = Arc::clone(&self.means);
        turn.read(async move { done(means.replay(room, after).await) });
    }

    fn on_caught_up(
        &mut self,
        (room, after): (RoomId, Seq),
        page: Result<ReplayPage>,
        turn: &mut Turn<Done>,
    ) {
        match page {
            // Nobody reads on for so long that changes expire; who does must not miss them unawares.
            Ok(page) if page.missing.is_some() => turn.close(Code::Resync),
            Ok(page) => self.catch_up(room, after, &page, turn),
            Err(error) if is_no_access(&error) => self.forget(room),
            Err(error) => self.give_up(&error, turn),
        }
    }

    fn catch_up(&mut self, room: RoomId, after: Seq, page: &ReplayPage, turn: &mut Turn<Done>) {
        let Some(Hearing::From(from)) = self.rooms.get(&room).copied() else {
            return;
        };
        // Who left and came back meanwhile hears the rest live.
        let end = (from > after + 1).then_some(from - 1);
        let last = say_page(page, after, end, self.seat.subscriber(), turn);
        if end.is_none() && is_ended_by(page, self.means.caller.user) {
            return self.forget(room);
        }
        let behind = match end {
            // A page that shows nothing more before the end has nothing more to show.
            Some(end) => after < last && last < end,
            None => last < page.head || self.seat.go_live(room, last) == Standing::Behind,
        };
        if behind {
            self.catch_ups.push_front((room, last));
        }
    }

    pub(super) fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        self.seat.leave(room);
    }

    fn act(&mut self, id: Option<String>, action: Action, turn: &mut Turn<Done>) {
        let wish = match action {
            Action::Command(command) => Wish::Command(command),
            Action::JoinByName(name) => Wish::JoinByName(name),
            Action::Resume(resume) => return self.on_resume(id, resume, turn),
            Action::Ping => return self.answer(id.as_deref(), &Reply::Done, turn),
            // Only dialects without ids of rooms say so.
            Action::Aimed { .. } => return,
            Action::Authenticate(token) => Wish::Renew(token, Arc::clone(self.seat.subscriber())),
            // All rooms are open here: its dialect has no word for these.
            Action::Enter(_) | Action::Exit => return,
        };
        self.requests.push(Asked { id, wish });
    }

    fn on_resume(&mut self, id: Option<String>, resume: protocol::Resume, turn: &mut Turn<Done>) {
        let error = if !self.wants.messages {
            Error::invalid(
                Code::InvalidField,
                "type",
                "This socket hears notifications only.",
            )
        } else if self.resumes.len() >= RESUMES {
            Error::new(Code::Busy)
        } else {
            self.hold_until = None;
            let unnamed = self.release_unnamed(&resume);
            self.resumes.push_back(Resuming::new(id, resume, unnamed));
            return;
        };
        self.refuse(id.as_deref(), &error, turn);
    }

    fn answer(&self, id: Option<&str>, reply: &Reply, turn: &mut Turn<Done>) {
        if let Some(text) = Native.reply(id, reply) {
            turn.say(text);
        }
    }

    fn on_answers(&mut self, answers: Vec<Answer>, turn: &mut Turn<Done>) {
        self.requests.done();
        self.put_off = answers.iter().find_map(Answer::puts_off);
        for Answer { id, outcome } in answers {
            match outcome {
                Ok(Outcome::Reply(reply)) => self.answer(id.as_deref(), &reply, turn),
                Ok(Outcome::Renewed(renewed)) => renew(id.as_deref(), renewed, turn),
                Err(error) => self.refuse(id.as_deref(), &error, turn),
            }
        }
        self.put_off_rest(turn);
    }

    /// Where something must be asked for again, so must what came behind it: nothing that a client
    /// said later overtakes what it said before.
    fn put_off_rest(&mut self, turn: &mut Turn<Done>) {
        let Some(code) = self.put_off else { return };
        for Asked { id, .. } in self.requests.take_back() {
            self.refuse(id.as_deref(), &Error::new(code), turn);
        }
    }

    fn on_news(&mut self, done: NewsDone, turn: &mut Turn<Done>) {
        let Some(news) = &mut self.news else { return };
        for scene in news.on_done(done).scenes {
            if let Some(text) = self.seat.subscriber().word(&scene) {
                turn.say(text);
            }
        }
    }

    /// Begins everything that can begin now.
    fn go_on(&mut self, turn: &mut Turn<Done>) {
        let means = Arc::clone(&self.means);
        self.requests.begin(turn, |asked| async {
            Done::Answers(ask(means, asked).await)
        });
        self.read_on(turn);
    }
}

impl Machine for Member {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        self.list_rooms(None, turn);
    }

    fn hears(&self) -> bool {
        self.greeted && !self.requests.is_full()
    }

    /// What comes while the end of a replay is being said waits behind it.
    fn listens(&self) -> bool {
        self.greeted && !self.ends_replay()
    }

    fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    fn is_put_off(&self) -> bool {
        self.put_off.is_some()
    }

    fn on_text(&mut self, text: &str, turn: &mut Turn<Done>) {
        match Native.decode(&self.scope, text) {
            Ok(request) => {
                // Who announced a resume is waited for; others show that they send none.
                if !self.wants.resume && !matches!(request.action, Action::Resume(_)) {
                    self.release_all();
                }
                self.act(request.id, request.action, turn);
            }
            Err(refused) => self.refuse(refused.id.as_deref(), &refused.error, turn),
        }
        self.go_on(turn);
    }

    fn on_binary(&mut self, _bytes: &[u8], turn: &mut Turn<Done>) {
        self.refuse(None, &Error::new(Code::BinaryFrame), turn);
        turn.close(Code::BinaryFrame);
    }

    fn last_word(&self, error: &Error) -> Option<String> {
        Native.refuse(None, error)
    }

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::Began { room, after } => {
                self.rooms.insert(room, Hearing::From(after + 1));
            }
            Item::Ended { room, last } => {
                // Whom a page told that they went has forgotten the room.
                if self.rooms.remove(&room).is_some()
                    && let Some(last) = last
                {
                    turn.say(last);
                }
            }
            Item::Lost { .. } => self.give_up(&Error::new(Code::Unavailable), turn),
            Item::News { room } => self.news.iter_mut().for_each(|news| news.wake(room)),
            Item::Relist => self.news.iter_mut().for_each(News::relist),
            // A receipt says so, and frames tell of presence; the loop keeps the others to itself.
            Item::Read { .. } | Item::Seen(_) => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
        self.go_on(turn);
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        self.reading &= matches!(done, Done::Answers(_));
        match done {
            Done::Answers(answers) => self.on_answers(answers, turn),
            Done::Rooms(listed) => self.on_rooms(listed, turn),
            Done::CaughtUp(room, after, page) => self.on_caught_up((room, after), page, turn),
            Done::Replayed(page) => self.on_replayed(page, turn),
            Done::Receipts(receipts) => self.on_receipts(receipts, turn),
            Done::News(done) => self.on_news(done, turn),
        }
        self.go_on(turn);
    }

    fn wakes_at(&self) -> Option<Instant> {
        let retry = self.news.as_ref().and_then(News::retry_at);
        self.hold_until.into_iter().chain(retry).min()
    }

    fn on_time(&mut self, turn: &mut Turn<Done>) {
        if self.hold_until.is_some_and(|until| until <= Instant::now()) {
            self.release_all();
        }
        self.go_on(turn);
    }

    fn on_drain(&mut self, turn: &mut Turn<Done>) {
        let session = self.seat.subscriber().session.uuid();
        let spread = u64::try_from(session.as_u128() % u128::from(SPREAD_MS)).unwrap_or(0);
        let scene = Scene {
            event: Event::Draining {
                retry_after_ms: spread,
            },
            actor: None,
            subject: None,
        };
        if let Some(text) = self.seat.subscriber().word(&scene) {
            turn.say(text);
        }
    }
}

/// Lets the session live by a fresh token, and says until when.
fn renew(id: Option<&str>, renewed: Renewed, turn: &mut Turn<Done>) {
    let token_expires = renewed.token_expires;
    turn.say(Authenticated { token_expires }.frame(id));
    turn.renew(renewed.tenure);
}

/// Whether a room is not there, or not for this user.
pub(super) fn is_no_access(error: &Error) -> bool {
    matches!(error.code(), Code::RoomNotFound | Code::Forbidden)
}
