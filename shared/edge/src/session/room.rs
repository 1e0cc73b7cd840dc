//! The socket of a dialect that has one per room: its greeting first, then whatever is said.

use std::sync::Arc;

use domain::{
    Card, Code, Command, Error, Page, Reply, Result, RoomId, Seq, Visit, command::ReplayPage,
};
use protocol::{Action, Dialect, Scope};
use tokio::time::{Duration, Instant, sleep};

use super::{
    Machine,
    catch_up::say_page,
    means::Means,
    member::is_no_access,
    report,
    requests::{Answer, Asked, Requests, Wish, ask},
    turn::Turn,
};
use crate::{
    hub::{Seat, Standing},
    live::Visiting,
    outbox::Item,
};

/// How long an unknown outcome is looked into before the sender is asked to try again.
const SETTLE: Duration = Duration::from_secs(30);

/// How long to wait before a repeat.
const REPEAT: Duration = Duration::from_millis(500);

/// What the session's own work ends with.
pub(crate) enum Done {
    History(Result<Greeting>),
    Page(Seq, Result<ReplayPage>),
    Answers(Vec<Answer>),
}

/// What a socket begins with.
pub(crate) struct Greeting {
    page: Page,
    /// Who has the conversation open besides, where the dialect tells of that.
    there: Vec<Card>,
}

/// The machine of a room's socket.
pub(crate) struct Room {
    means: Arc<Means>,
    seat: Seat,
    scope: Scope,
    room: RoomId,
    requests: Requests,
    /// The room was read up to where the live frames begin.
    greeted: bool,
    /// Where the room is for two, the other one sees that it is open.
    visiting: Option<Visiting>,
}

impl Room {
    /// A session that greets first. Its user must be a member.
    pub(crate) fn new(means: Arc<Means>, seat: Seat, room: RoomId) -> Self {
        let limits = Arc::clone(&means.limits);
        let peer = seat.subscriber().viewer.peer.clone();
        let user = means.caller.user;
        let visit = peer
            .is_some()
            .then(|| means.live.visit(Visit { room, user }));
        Self {
            scope: Scope {
                room: Some(room),
                peer,
                limits,
            },
            visiting: visit,
            means,
            seat,
            room,
            requests: Requests::default(),
            greeted: false,
        }
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.seat.subscriber().dialect
    }

    fn refuse(&self, error: &Error, turn: &mut Turn<Done>) {
        report(error);
        if let Some(text) = self.dialect().refuse(None, error) {
            turn.say(text);
        }
    }

    /// What came cannot be read.
    fn misread(&self, error: &Error, turn: &mut Turn<Done>) {
        self.refuse(error, turn);
        if let Some(status) = self.dialect().breaks_off(error) {
            turn.break_off(status);
        }
    }

    fn give_up(&self, error: &Error, turn: &mut Turn<Done>) {
        self.refuse(error, turn);
        turn.close(if is_no_access(error) {
            Code::Forbidden
        } else {
            Code::Resync
        });
    }

    fn on_history(&mut self, greeting: Result<Greeting>, turn: &mut Turn<Done>) {
        let Greeting { page, there } = match greeting {
            Ok(greeting) => greeting,
            Err(error) => return self.give_up(&error, turn),
        };
        let cards = &self.means.live.cards;
        let names = |user| cards.card(user).map(|card| card.username);
        if let Some(text) = self.dialect().greet(&page, &names) {
            turn.say(text);
        }
        let caller = &self.means.caller;
        let me = cards.card(caller.user).unwrap_or_else(|| caller.card());
        let welcome = self.dialect().welcome(&me, &there);
        welcome.into_iter().for_each(|text| turn.say(text));
        self.greeted = true;
        self.go_live(page.head, turn);
    }

    fn on_page(&mut self, after: Seq, page: Result<ReplayPage>, turn: &mut Turn<Done>) {
        match page {
            // The history is said anew to who comes back.
            Ok(page) if page.missing.is_some() => turn.close(Code::Resync),
            Ok(page) => {
                let last = say_page(&page, after, None, self.seat.subscriber(), turn);
                self.go_live(last, turn);
            }
            Err(error) => self.give_up(&error, turn),
        }
    }

    /// Goes live after `head`, or reads on.
    fn go_live(&mut self, head: Seq, turn: &mut Turn<Done>) {
        if self.seat.go_live(self.room, head) == Standing::Behind {
            self.seat.subscribe(self.room);
            let (means, room) = (Arc::clone(&self.means), self.room);
            turn.read(async move { Done::Page(head, means.replay(room, head).await) });
        }
    }

    fn begin_requests(&mut self, turn: &mut Turn<Done>) {
        let means = Arc::clone(&self.means);
        self.requests.begin(turn, |asked| async {
            Done::Answers(settle(means, asked).await)
        });
    }
}

impl Machine for Room {
    type Done = Done;

    fn start(&mut self, turn: &mut Turn<Done>) {
        self.seat.subscribe(self.room);
        let (live, room) = (Arc::clone(&self.means.live), self.room);
        let shown = self.dialect().greets_with();
        let peer = self.scope.peer.clone();
        let peer = peer.filter(|_| self.dialect().tells_visits());
        let visit = self.visiting.as_ref().map(Visiting::begin);
        turn.read(async move {
            if let Some(visit) = visit {
                visit.await;
            }
            let greeting = async {
                let page = live.recent_history(room, shown).await?;
                let senders = page.messages.iter().map(|message| message.sender);
                live.cards.learn(senders).await;
                let there = match peer {
                    Some(peer) => live.visitors(room, vec![peer]).await,
                    None => Vec::new(),
                };
                Ok(Greeting { page, there })
            };
            Done::History(greeting.await)
        });
    }

    fn hears(&self) -> bool {
        self.greeted && !self.requests.is_full()
    }

    fn listens(&self) -> bool {
        self.greeted
    }

    fn is_busy(&self) -> bool {
        !self.requests.is_empty()
    }

    fn on_text(&mut self, text: &str, turn: &mut Turn<Done>) {
        match self.dialect().decode(&self.scope, text) {
            Ok(request) => {
                if let Action::Command(command) = request.action {
                    let (id, wish) = (None, Wish::Command(command));
                    self.requests.push(Asked { id, wish });
                    self.begin_requests(turn);
                }
            }
            Err(refused) => self.misread(&refused.error, turn),
        }
    }

    /// Bytes that hold JSON are as good as a text.
    fn on_binary(&mut self, bytes: &[u8], turn: &mut Turn<Done>) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.on_text(text, turn),
            Err(_) => self.misread(&Error::new(Code::InvalidJson), turn),
        }
    }

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::Ended { .. } => turn.close(Code::Forbidden),
            Item::Lost { .. } => self.give_up(&Error::new(Code::Unavailable), turn),
            // It follows nobody and wants no news, and the loop keeps the others to itself.
            Item::Began { .. } | Item::News { .. } | Item::Read { .. } | Item::Relist => {}
            Item::Seen(_) => {}
            Item::Frame(_) | Item::Passing(_) | Item::Ping | Item::Close(_) => {}
        }
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        match done {
            Done::History(greeting) => self.on_history(greeting, turn),
            Done::Page(after, page) => self.on_page(after, page, turn),
            Done::Answers(answers) => {
                self.requests.done();
                for error in answers
                    .into_iter()
                    .filter_map(|answer| answer.outcome.err())
                {
                    self.refuse(&error, turn);
                }
                self.begin_requests(turn);
            }
        }
    }
}

/// Does sends in order. Where the outcome is not known, they are repeated until it is: the client
/// has no id to repeat them with.
pub(super) async fn settle(means: Arc<Means>, asked: Vec<Asked>) -> Vec<Answer> {
    let commands: Vec<Command> = asked.iter().filter_map(command).collect();
    let mut answers = ask(Arc::clone(&means), asked).await;
    let deadline = Instant::now() + SETTLE;
    for (answer, command) in answers.iter_mut().zip(commands) {
        while is_unknown(answer) && Instant::now() < deadline {
            sleep(REPEAT).await;
            let repeat = means.app.handle(&means.caller, command.clone()).await;
            if !tells_nothing(&repeat) {
                *answer = Answer::of(answer.id.take(), repeat);
            }
        }
    }
    answers
}

fn command(asked: &Asked) -> Option<Command> {
    match &asked.wish {
        Wish::Command(command) => Some(command.clone()),
        Wish::JoinByName(_) | Wish::Renew(..) => None,
    }
}

/// Whether a repeat leaves the outcome unknown: it was turned away before anybody looked whether
/// the row is stored.
fn tells_nothing(repeat: &Result<Reply>) -> bool {
    matches!(
        repeat.as_ref().map_err(Error::code),
        Err(Code::UnknownOutcome | Code::Unavailable | Code::Busy | Code::RateLimited)
    )
}

fn is_unknown(answer: &Answer) -> bool {
    matches!(&answer.outcome, Err(error) if error.code() == Code::UnknownOutcome)
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, sync::Mutex};

    use async_trait::async_trait;
    use domain::{Caller, ClientId, Content, TenantId, Timestamp, UserId, Username};

    use super::*;
    use crate::{Application, locks::lock, session::requests::Outcome, testing::World};

    /// Answers as it is told to, and afterwards that the row is stored.
    struct Script(Mutex<VecDeque<Code>>);

    #[async_trait]
    impl Application for Script {
        async fn handle(&self, _: &Caller, _: Command) -> Result<Reply> {
            match lock(&self.0).pop_front() {
                Some(code) => Err(Error::new(code)),
                None => Ok(Reply::Done),
            }
        }
    }

    /// What becomes of one send that is answered like this, one answer after the other.
    async fn outcome(answers: impl IntoIterator<Item = Code>) -> Result<Outcome> {
        let world = World::new();
        let ctx = &world.ctx;
        let means = Means {
            caller: Caller {
                tenant: TenantId::default(),
                user: UserId::new(),
                username: Username::stored("ann".into()),
                admin: false,
                expires_at: Timestamp::MAX,
                session: None,
            },
            app: Arc::new(Script(Mutex::new(answers.into_iter().collect()))),
            auth: Arc::clone(&ctx.auth),
            live: Arc::clone(&ctx.live),
            limits: Arc::clone(&ctx.limits),
            clock: Arc::clone(&ctx.ports.clock),
        };
        let send = Command::Send {
            room: RoomId::new(),
            client_id: ClientId::new(),
            draft: Content::plain("x").into(),
        };
        let (id, wish) = (None, Wish::Command(send));
        let answers = settle(Arc::new(means), vec![Asked { id, wish }]).await;
        answers.into_iter().next().unwrap().outcome
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_outcome_is_looked_into_until_it_is_known() {
        use Code::{Busy, Forbidden, RateLimited, Unavailable, UnknownOutcome};
        let known = outcome([UnknownOutcome, Unavailable, Busy, RateLimited]).await;
        assert!(known.is_ok(), "none of these says what became of the row");
        let refused = outcome([UnknownOutcome, Unavailable, Forbidden]).await;
        assert_eq!(refused.unwrap_err().code(), Forbidden);
        let surely_not = outcome([Unavailable]).await;
        assert_eq!(surely_not.unwrap_err().code(), Unavailable);
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_unknown_is_never_called_undone() {
        let first = std::iter::once(Code::UnknownOutcome);
        let reply = outcome(first.chain([Code::Unavailable; 1_000])).await;
        assert_eq!(reply.unwrap_err().code(), Code::UnknownOutcome);
    }
}
