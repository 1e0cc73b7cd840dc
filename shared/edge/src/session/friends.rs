//! The socket of a dialect that shows somebody their friends: all direct rooms at once, whatever is
//! said there from now on, and who of the friends comes and goes.

mod aim;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use domain::{
    Code, Command, Error, Message, Presence, PresenceState, Reply, Result, RoomId, Seq, UserId,
    command::{ReplayPage, RoomView},
};
use protocol::{Action, Dialect, Scope};

use self::aim::{Aimed, Aims};
use super::{
    Machine,
    catch_up::{is_ended_by, say_page},
    means::Means,
    member::is_no_access,
    report,
    requests::Answer,
    turn::Turn,
};
use crate::{
    application::unexpected,
    hub::{Own, Seat, Standing},
    outbox::Item,
};

/// People whose presence is looked up at once.
const AT_ONCE: usize = 500;

/// How many of a room's newest messages are looked at for one that was not deleted.
const NEWEST: usize = 10;

/// What the session's own work ends with.
pub(crate) enum Done {
    Rooms(Result<Listed>),
    Here(Vec<UserId>),
    CaughtUp(RoomId, Seq, Result<ReplayPage>),
    Met(Presence, Result<Option<Met>>),
    Answers(Vec<Answer>),
}

/// A page of the user's direct rooms, and the last room that was looked at if there are more.
pub(crate) struct Listed {
    rooms: Vec<RoomView>,
    after: Option<RoomId>,
}

/// A friend's room, and the last that was said in it.
type Met = Box<(RoomView, Option<Message>)>;

/// The machine of such a socket.
pub(crate) struct Friends {
    means: Arc<Means>,
    seat: Seat,
    own: Arc<Own>,
    scope: Scope,
    /// From which row on each room is heard.
    rooms: BTreeMap<RoomId, Seq>,
    /// The friends who are there, as far as the client was told or has asked.
    here: BTreeSet<UserId>,
    /// The friends of the first listing, of whom it is to be looked up who is there.
    friends: Vec<UserId>,
    /// Who came or went while it was not known yet who was there.
    heard: Option<BTreeSet<UserId>>,
    aims: Aims,
    listed: bool,
    reading: bool,
    catch_ups: VecDeque<(RoomId, Seq)>,
    /// Friends who came or went, of whom the client is to be told.
    comings: VecDeque<Presence>,
}

impl Friends {
    /// A session that hears all direct rooms of its user, those that are opened later among them.
    pub(crate) fn new(means: Arc<Means>, seat: Seat) -> Self {
        let caller = &means.caller;
        let own = Own::new(caller.tenant.clone(), caller.user);
        let limits = Arc::clone(&means.limits);
        Self {
            own: seat.subscriber().hear_own(own),
            scope: Scope {
                room: None,
                peer: None,
                limits,
            },
            means,
            seat,
            rooms: BTreeMap::new(),
            here: BTreeSet::new(),
            friends: Vec::new(),
            heard: Some(BTreeSet::new()),
            aims: Aims::default(),
            listed: false,
            reading: false,
            catch_ups: VecDeque::new(),
            comings: VecDeque::new(),
        }
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.seat.subscriber().dialect
    }

    /// Something was not done. Where the dialect has no words for it that matter, the socket ends.
    fn refuse(&self, request: Option<&str>, error: &Error, turn: &mut Turn<Done>) {
        report(error);
        if let Some(text) = self.dialect().refuse(request, error) {
            turn.say(text);
        }
        if let Some(status) = self.dialect().breaks_off(error) {
            turn.break_off(status);
        }
    }

    fn list(&mut self, after: Option<RoomId>, turn: &mut Turn<Done>) {
        self.reading = true;
        let means = Arc::clone(&self.means);
        turn.read(async move { Done::Rooms(listed(&means, after).await) });
    }

    fn on_rooms(&mut self, listed: Result<Listed>, turn: &mut Turn<Done>) {
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                report(&error);
                return turn.close(Code::Resync);
            }
        };
        for view in listed.rooms {
            let room = view.room.id;
            self.friends.extend(view.peer.map(|peer| peer.user));
            self.own.note(room);
            self.seat.subscribe(room);
            self.hear(room, view.head);
        }
        match listed.after {
            Some(after) => self.list(Some(after), turn),
            None => {
                self.listed = true;
                // Who has no friends yet hears of each as they come.
                self.heard = self.heard.take().filter(|_| !self.friends.is_empty());
            }
        }
    }

    /// Takes note of who was there, without a word: the client may ask. Who has come or gone since
    /// is told already.
    fn on_here(&mut self, here: Vec<UserId>) {
        let heard = self.heard.take().unwrap_or_default();
        let here = here.into_iter().filter(|user| !heard.contains(user));
        self.here.extend(here);
    }

    /// Hears a room after a row, or reads on.
    fn hear(&mut self, room: RoomId, after: Seq) {
        self.rooms.entry(room).or_insert(after + 1);
        if self.seat.go_live(room, after) == Standing::Behind {
            self.catch_ups.push_back((room, after));
        }
    }

    fn on_caught_up(
        &mut self,
        (room, after): (RoomId, Seq),
        page: Result<ReplayPage>,
        turn: &mut Turn<Done>,
    ) {
        let page = match page {
            // Nobody reads on for so long that changes expire; who does must not miss them unawares.
            Ok(page) if page.missing.is_some() => return turn.close(Code::Resync),
            Ok(page) => page,
            Err(error) if is_no_access(&error) => return self.forget(room),
            Err(error) => {
                report(&error);
                return turn.close(Code::Resync);
            }
        };
        let last = say_page(&page, after, None, self.seat.subscriber(), turn);
        if is_ended_by(&page, self.means.caller.user) {
            return self.forget(room);
        }
        if last < page.head || self.seat.go_live(room, last) == Standing::Behind {
            self.catch_ups.push_front((room, last));
        }
    }

    fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        self.seat.leave(room);
    }

    /// Somebody came or went. What the client knows already, it is not told.
    fn on_coming(&mut self, presence: Presence) {
        let is_here = presence.state != PresenceState::Offline;
        let user = presence.user;
        let news = match is_here {
            true => self.here.insert(user),
            false => self.here.remove(&user),
        };
        let unknown = match &mut self.heard {
            Some(heard) => heard.insert(user),
            None => false,
        };
        if (news || unknown) && user != self.means.caller.user {
            self.comings.retain(|waiting| waiting.user != user);
            self.comings.push_back(presence);
        }
    }

    fn on_met(&self, seen: &Presence, met: Result<Option<Met>>, turn: &mut Turn<Done>) {
        match met {
            Ok(Some(met)) => {
                if let Some(text) = self.dialect().meet(&met.0, seen, met.1.as_ref()) {
                    turn.say(text);
                }
            }
            Ok(None) => {}
            // Who is there can be looked up at any time.
            Err(error) => report(&error),
        }
    }

    /// Begins what is to be read next, if nothing is being read.
    fn read_on(&mut self, turn: &mut Turn<Done>) {
        if self.reading || !self.listed {
            return;
        }
        let means = Arc::clone(&self.means);
        if let Some((room, after)) = self.catch_ups.pop_front() {
            self.reading = true;
            self.seat.subscribe(room);
            turn.read(async move { Done::CaughtUp(room, after, means.replay(room, after).await) });
        } else if self.heard.is_some() && !self.friends.is_empty() {
            self.reading = true;
            let friends = std::mem::take(&mut self.friends);
            turn.read(async move { Done::Here(here(&means, &friends).await) });
        } else if let Some(seen) = self.comings.pop_front() {
            self.reading = true;
            let room = self.own.room_with(seen.user);
            turn.read(async move { Done::Met(seen, met(&means, room).await) });
        }
    }

    fn go_on(&mut self, turn: &mut Turn<Done>) {
        self.aims.begin(&self.means, &self.own, turn);
        self.read_on(turn);
    }
}

impl Machine for Friends {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        self.list(None, turn);
    }

    fn hears(&self) -> bool {
        self.listed && !self.aims.is_full()
    }

    fn listens(&self) -> bool {
        self.listed
    }

    fn is_busy(&self) -> bool {
        !self.aims.is_empty()
    }

    fn on_text(&mut self, text: &str, turn: &mut Turn<Done>) {
        match self.dialect().decode(&self.scope, text) {
            Ok(request) => {
                if let Action::Aimed { room, deed } = request.action {
                    self.aims.push(Aimed { at: room, deed });
                    self.go_on(turn);
                }
            }
            Err(refused) => self.refuse(refused.id.as_deref(), &refused.error, turn),
        }
    }

    /// Bytes that hold JSON are as good as a text.
    fn on_binary(&mut self, bytes: &[u8], turn: &mut Turn<Done>) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.on_text(text, turn),
            Err(_) => self.refuse(None, &Error::new(Code::InvalidJson), turn),
        }
    }

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::Began { room, after } => {
                self.rooms.insert(room, after + 1);
            }
            Item::Ended { room, .. } => {
                self.rooms.remove(&room);
            }
            Item::Lost { .. } => turn.close(Code::Resync),
            Item::Seen(presence) => self.on_coming(presence),
            // It wants no news, and the loop keeps the others to itself.
            Item::News { .. } | Item::Read { .. } | Item::Relist => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
        self.go_on(turn);
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        self.reading &= matches!(done, Done::Answers(_));
        match done {
            Done::Rooms(listed) => self.on_rooms(listed, turn),
            Done::CaughtUp(room, after, page) => self.on_caught_up((room, after), page, turn),
            Done::Here(here) => self.on_here(here),
            Done::Met(seen, met) => self.on_met(&seen, met, turn),
            Done::Answers(answers) => {
                self.aims.done();
                for Answer { id, outcome } in answers {
                    if let Err(error) = outcome {
                        self.refuse(id.as_deref(), &error, turn);
                    }
                }
            }
        }
        self.go_on(turn);
    }
}

/// Lists direct rooms after one.
async fn listed(means: &Means, after: Option<RoomId>) -> Result<Listed> {
    let (mut rooms, more) = means.rooms(after).await?;
    let last = rooms.last().map(|view| view.room.id);
    rooms.retain(|view| view.peer.is_some());
    Ok(Listed {
        rooms,
        after: last.filter(|_| more),
    })
}

/// Who of these is there. To be asked when their rooms are heard, so that nobody comes in between.
async fn here(means: &Means, friends: &[UserId]) -> Vec<UserId> {
    let mut here = Vec::new();
    for friends in friends.chunks(AT_ONCE) {
        // At worst somebody is told to have come who was there.
        let seen = means.live.look(friends).await.unwrap_or_default();
        let there = seen.into_iter();
        let there = there.filter(|seen| seen.state != PresenceState::Offline);
        here.extend(there.map(|seen| seen.user));
    }
    here
}

/// The room with a friend, and what was said there last; `None` where it is hidden or gone.
async fn met(means: &Means, room: RoomId) -> Result<Option<Met>> {
    let view = match means
        .app
        .handle(&means.caller, Command::GetRoom { room })
        .await
    {
        Ok(Reply::Room(view)) => view,
        Ok(_) => return Err(unexpected()),
        Err(error) if is_no_access(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if view.is_hidden() {
        return Ok(None);
    }
    let last = means.live.last_message(&view, NEWEST).await?;
    Ok(Some(Box::new((view, last))))
}
