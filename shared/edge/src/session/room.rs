//! The `rooms` dialect's socket: one room, its history first, then whatever is said.

use std::sync::Arc;

use domain::{Code, Command, Error, Page, Result, RoomId, Seq, command::ReplayPage};
use protocol::{
    Action, Dialect, Scope,
    rooms::{HISTORY, Rooms, history},
};
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
    outbox::Item,
};

/// How long an unknown outcome is looked into before the sender is asked to try again.
const SETTLE: Duration = Duration::from_secs(30);

/// How long to wait before a repeat.
const REPEAT: Duration = Duration::from_millis(500);

/// What the session's own work ends with.
pub(crate) enum Done {
    History(Result<Page>),
    Page(Seq, Result<ReplayPage>),
    Answers(Vec<Answer>),
}

/// The machine of a room's socket.
pub(crate) struct Room {
    means: Arc<Means>,
    seat: Seat,
    scope: Scope,
    room: RoomId,
    requests: Requests,
    /// The history frame has been said.
    greeted: bool,
}

impl Room {
    /// A session that says the history first. Its user must be a member.
    pub(crate) fn new(means: Arc<Means>, seat: Seat, room: RoomId) -> Self {
        let limits = Arc::clone(&means.limits);
        Self {
            scope: Scope {
                room: Some(room),
                limits,
            },
            means,
            seat,
            room,
            requests: Requests::default(),
            greeted: false,
        }
    }

    fn refuse(error: &Error, turn: &mut Turn<Done>) {
        report(error);
        if let Some(text) = Rooms.refuse(None, error) {
            turn.say(text);
        }
    }

    fn give_up(error: &Error, turn: &mut Turn<Done>) {
        Self::refuse(error, turn);
        turn.close(if is_no_access(error) {
            Code::Forbidden
        } else {
            Code::Resync
        });
    }

    fn on_history(&mut self, page: Result<Page>, turn: &mut Turn<Done>) {
        let page = match page {
            Ok(page) => page,
            Err(error) => return Self::give_up(&error, turn),
        };
        let cards = &self.means.live.cards;
        turn.say(history(&page, |user| {
            cards.card(user).map(|card| card.username)
        }));
        self.greeted = true;
        self.go_live(page.head, turn);
    }

    fn on_page(&mut self, after: Seq, page: Result<ReplayPage>, turn: &mut Turn<Done>) {
        match page {
            Ok(page) => {
                let last = say_page(&page, after, None, self.seat.subscriber(), turn);
                self.go_live(last, turn);
            }
            Err(error) => Self::give_up(&error, turn),
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
        turn.read(async move {
            let page = live.recent_history(room, HISTORY).await;
            if let Ok(page) = &page {
                live.cards
                    .learn(page.messages.iter().map(|message| message.sender))
                    .await;
            }
            Done::History(page)
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
        match Rooms.decode(&self.scope, text) {
            Ok(request) => {
                if let Action::Command(command) = request.action {
                    let (id, wish) = (None, Wish::Command(command));
                    self.requests.push(Asked { id, wish });
                    self.begin_requests(turn);
                }
            }
            Err(refused) => Self::refuse(&refused.error, turn),
        }
    }

    /// Bytes that hold JSON are as good as a text.
    fn on_binary(&mut self, bytes: &[u8], turn: &mut Turn<Done>) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.on_text(text, turn),
            Err(_) => Self::refuse(&Error::new(Code::InvalidJson), turn),
        }
    }

    fn on_item(&mut self, item: Item, turn: &mut Turn<Done>) {
        match item {
            Item::Ended { .. } => turn.close(Code::Forbidden),
            Item::Lost { .. } => Self::give_up(&Error::new(Code::Unavailable), turn),
            // It follows nobody and wants no news, and the loop keeps the others to itself.
            Item::Began { .. } | Item::News { .. } | Item::Relist => {}
            Item::Frame(_) | Item::Ping | Item::Close(_) => {}
        }
    }

    fn on_done(&mut self, done: Done, turn: &mut Turn<Done>) {
        match done {
            Done::History(page) => self.on_history(page, turn),
            Done::Page(after, page) => self.on_page(after, page, turn),
            Done::Answers(answers) => {
                self.requests.done();
                for error in answers.into_iter().filter_map(|answer| answer.reply.err()) {
                    Self::refuse(&error, turn);
                }
                self.begin_requests(turn);
            }
        }
    }
}

/// Does sends in order. Where the outcome is not known, they are repeated until it is: the client
/// has no id to repeat them with.
async fn settle(means: Arc<Means>, asked: Vec<Asked>) -> Vec<Answer> {
    let commands: Vec<Command> = asked.iter().filter_map(command).collect();
    let mut answers = ask(Arc::clone(&means), asked).await;
    let deadline = Instant::now() + SETTLE;
    for (answer, command) in answers.iter_mut().zip(commands) {
        while is_unknown(answer) && Instant::now() < deadline {
            sleep(REPEAT).await;
            answer.reply = means.app.handle(&means.caller, command.clone()).await;
        }
    }
    answers
}

fn command(asked: &Asked) -> Option<Command> {
    match &asked.wish {
        Wish::Command(command) => Some(command.clone()),
        Wish::JoinByName(_) => None,
    }
}

fn is_unknown(answer: &Answer) -> bool {
    matches!(&answer.reply, Err(error) if error.code() == Code::UnknownOutcome)
}
