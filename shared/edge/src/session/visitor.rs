//! The socket of a dialect whose clients have one room open at a time: its welcome first, then what
//! is said in the room that is open.
//!
//! All rooms of its user are subscribed to, and paused but for the open one: so it hears who is
//! there in each of them, and rows, typing and receipts of that one alone.

use std::sync::Arc;

use domain::{
    Card, Code, Command, Cursor, Error, Page, Reaction, Reply, Result, RoomId, Seq,
    command::ReplayPage,
};
use protocol::{Action, Dialect, Scope};

use super::{
    Machine,
    catch_up::{is_ended_by, say_page},
    means::Means,
    member::is_no_access,
    report,
    requests::{Answer, Asked, Outcome, Requests, Wish},
    room::settle,
    turn::Turn,
};
use crate::{
    application::unexpected,
    hub::{Seat, Standing},
    outbox::Item,
};

/// The end of a page of the user's rooms, if there are more.
type More = Option<RoomId>;

/// What the session's own work ends with.
pub(crate) enum Done {
    Rooms(Result<(Vec<RoomId>, More)>),
    Entered(Entering, Result<(Page, Vec<Reaction>)>),
    Page(RoomId, Seq, Result<ReplayPage>),
    Answers(Vec<Answer>),
}

/// A room that is to be opened, and what its answer has to know of the request.
pub(crate) struct Entering {
    room: RoomId,
    request: Option<String>,
}

/// The machine of a visitor's socket.
pub(crate) struct Visitor {
    means: Arc<Means>,
    seat: Seat,
    card: Card,
    /// Its room is the one that is open.
    scope: Scope,
    requests: Requests,
    /// What is being read, one after the other, so that frames are taken in their order.
    reading: bool,
}

impl Visitor {
    /// A session with no room open.
    pub(crate) fn new(means: Arc<Means>, seat: Seat, card: Card) -> Self {
        let limits = Arc::clone(&means.limits);
        Self {
            scope: Scope {
                room: None,
                peer: None,
                limits,
            },
            means,
            seat,
            card,
            requests: Requests::default(),
            reading: false,
        }
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.seat.subscriber().dialect
    }

    fn refuse(&self, request: Option<&str>, error: &Error, turn: &mut Turn<Done>) {
        report(error);
        if let Some(text) = self.dialect().refuse(request, error) {
            turn.say(text);
        }
    }

    fn give_up(&self, error: &Error, turn: &mut Turn<Done>) {
        self.refuse(None, error, turn);
        turn.close(Code::Resync);
    }

    fn list_rooms(&mut self, after: More, turn: &mut Turn<Done>) {
        self.reading = true;
        let means = Arc::clone(&self.means);
        turn.read(async move {
            let listed = means.rooms(after).await.map(|(rooms, more)| {
                let rooms: Vec<RoomId> = rooms.iter().map(|view| view.room.id).collect();
                let last = rooms.last().copied().filter(|_| more);
                (rooms, last)
            });
            Done::Rooms(listed)
        });
    }

    fn on_rooms(&mut self, listed: Result<(Vec<RoomId>, More)>, turn: &mut Turn<Done>) {
        match listed {
            Ok((rooms, more)) => {
                rooms.iter().for_each(|room| self.seat.subscribe(*room));
                if more.is_some() {
                    self.list_rooms(more, turn);
                }
            }
            Err(error) => self.give_up(&error, turn),
        }
    }

    /// Opens a room in place of the one that is open.
    fn enter(&mut self, entering: Entering, turn: &mut Turn<Done>) {
        let room = entering.room;
        self.seat.subscribe(room);
        self.reading = true;
        let (means, limit) = (Arc::clone(&self.means), self.dialect().greets_with());
        turn.read(async move { Done::Entered(entering, newest(&means, room, limit).await) });
    }

    fn on_entered(
        &mut self,
        Entering { room, request }: Entering,
        newest: Result<(Page, Vec<Reaction>)>,
        turn: &mut Turn<Done>,
    ) {
        let (page, reactions) = match newest {
            Ok(newest) => newest,
            Err(error) => {
                if self.scope.room != Some(room) {
                    self.seat.leave(room);
                }
                return self.refuse(request.as_deref(), &error, turn);
            }
        };
        if self.scope.room != Some(room) {
            self.shut();
        }
        let cards = &self.means.live.cards;
        let card = |user| cards.card(user);
        if let Some(text) = self.dialect().entered(room, &page, &reactions, &card) {
            turn.say(text);
        }
        // Who opens the open room again hears on from where they are.
        if self.scope.room != Some(room) {
            self.open(Some(room));
            self.go_live(room, page.head, turn);
        }
    }

    fn exit(&mut self, turn: &mut Turn<Done>) {
        self.shut();
        if let Some(text) = self.dialect().left() {
            turn.say(text);
        }
    }

    /// Pauses the room that is open.
    fn shut(&mut self) {
        if let Some(room) = self.scope.room {
            self.seat.leave(room);
            self.seat.subscribe(room);
            self.open(None);
        }
    }

    fn open(&mut self, room: Option<RoomId>) {
        self.scope.room = room;
        self.means
            .live
            .attendance
            .open(self.means.caller.user, room);
    }

    /// The user is in the room no longer.
    fn forget(&mut self, room: RoomId, turn: &mut Turn<Done>) {
        self.seat.leave(room);
        if self.scope.room == Some(room) {
            self.open(None);
            if let Some(text) = self.dialect().left() {
                turn.say(text);
            }
        }
    }

    /// Goes live after `head`, or reads on.
    fn go_live(&mut self, room: RoomId, head: Seq, turn: &mut Turn<Done>) {
        if self.seat.go_live(room, head) == Standing::Behind {
            self.seat.subscribe(room);
            self.reading = true;
            let means = Arc::clone(&self.means);
            turn.read(async move { Done::Page(room, head, means.replay(room, head).await) });
        }
    }

    fn on_page(
        &mut self,
        (room, after): (RoomId, Seq),
        page: Result<ReplayPage>,
        turn: &mut Turn<Done>,
    ) {
        match page {
            // The history is said anew to who comes back.
            Ok(page) if page.missing.is_some() => turn.close(Code::Resync),
            Ok(page) => {
                let last = say_page(&page, after, None, self.seat.subscriber(), turn);
                match is_ended_by(&page, self.means.caller.user) {
                    true => self.forget(room, turn),
                    false => self.go_live(room, last, turn),
                }
            }
            Err(error) if is_no_access(&error) => self.forget(room, turn),
            Err(error) => self.give_up(&error, turn),
        }
    }

    fn act(&mut self, id: Option<String>, action: Action, turn: &mut Turn<Done>) {
        match action {
            Action::Command(command) => {
                let wish = Wish::Command(command);
                self.requests.push(Asked { id, wish });
                self.begin_requests(turn);
            }
            Action::Enter(room) => self.enter(Entering { room, request: id }, turn),
            Action::Exit => self.exit(turn),
            // No dialect of this kind of socket has a word for these.
            Action::JoinByName(_) | Action::Resume(_) => {}
            Action::Aimed { .. } | Action::Ping | Action::Authenticate(_) => {}
        }
    }

    fn begin_requests(&mut self, turn: &mut Turn<Done>) {
        let means = Arc::clone(&self.means);
        self.requests.begin(turn, |asked| async {
            Done::Answers(settle(means, asked).await)
        });
    }

    fn on_answers(&mut self, answers: Vec<Answer>, turn: &mut Turn<Done>) {
        self.requests.done();
        for Answer { id, outcome } in answers {
            match outcome {
                Ok(Outcome::Reply(reply)) => {
                    if let Some(text) = self.dialect().reply(id.as_deref(), &reply) {
                        turn.say(text);
                    }
                }
                Ok(Outcome::Renewed(_)) => {}
                Err(error) => self.refuse(id.as_deref(), &error, turn),
            }
        }
        self.begin_requests(turn);
    }
}

/// What was said last in a room, and by whom.
async fn newest(means: &Means, room: RoomId, limit: usize) -> Result<(Page, Vec<Reaction>)> {
    let command = Command::ReadHistory {
        room,
        cursor: Cursor::Newest,
        limit,
    };
    let Reply::History { page, reactions } = means.app.handle(&means.caller, command).await? else {
        return Err(unexpected());
    };
    let senders = page.messages.iter().map(|message| message.sender);
    let reactors = reactions.iter().flat_map(Reaction::users);
    means.live.cards.learn(senders.chain(reactors)).await;
    Ok((page, reactions))
}

impl Machine for Visitor {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        let (tenant, now) = (self.means.caller.tenant.as_str(), self.means.clock.now());
        if let Some(text) = self.dialect().introduce(&self.card, tenant, now) {
            turn.say(text);
        }
        self.list_rooms(None, turn);
    }

    fn hears(&self) -> bool {
        !self.reading && !self.requests.is_full()
    }

    fn listens(&self) -> bool {
        !self.reading
    }

    fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    fn on_text(&mut self, text: &str, turn: &mut Turn<Done>) {
        match self.dialect().decode(&self.scope, text) {
            Ok(request) => self.act(request.id, request.action, turn),
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
            Item::Ended { room, .. } => self.forget(room, turn),
            Item::Lost { room } if self.scope.room == Some(room) => {
                self.give_up(&Error::new(Code::Unavailable), turn);
            }
            // Nothing is heard of a room that is not open.
            Item::Lost { .. } => {}
            // It follows nobody and wants no news, and the loop keeps the others to itself.
            Item::Began { .. } | Item::News { .. } | Item::Relist | Item::Read { .. } => {}
            Item::Seen(_) => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        // What a reading leads to may be read, too.
        self.reading &= matches!(done, Done::Answers(_));
        match done {
            Done::Rooms(listed) => self.on_rooms(listed, turn),
            Done::Entered(entering, newest) => self.on_entered(entering, newest, turn),
            Done::Page(room, after, page) => self.on_page((room, after), page, turn),
            Done::Answers(answers) => self.on_answers(answers, turn),
        }
    }

    fn last_word(&self, error: &Error) -> Option<String> {
        self.dialect().refuse(None, error)
    }
}
