//! The requests of one client: taken in order, done in order, answered in order.

use std::{collections::VecDeque, sync::Arc};

use domain::{Code, Command, Reply, Result, RoomName};

use super::{
    means::Means,
    tenure::{Renewed, renew},
    turn::Turn,
};
use crate::{application::unexpected, hub::Subscriber};

/// How many requests of a session may be under way. Beyond it nothing is read from the socket.
const WINDOW: usize = 32;

/// A request, and what it is called.
#[derive(Debug)]
pub(super) struct Asked {
    /// The client's own id for it.
    pub(super) id: Option<String>,
    /// What is asked for.
    pub(super) wish: Wish,
}

/// What is asked of the application.
#[derive(Debug)]
pub(super) enum Wish {
    /// One command.
    Command(Command),
    /// To come into the channel of this name.
    JoinByName(RoomName),
    /// To let the session live by this token.
    Renew(String, Arc<Subscriber>),
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The client's own id for the request.
    pub(super) id: Option<String>,
    /// What became of it.
    pub(super) outcome: Result<Outcome>,
}

/// What became of a request that was not refused.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The application did it.
    Reply(Box<Reply>),
    /// The session lives by another token.
    Renewed(Renewed),
}

impl Answer {
    pub(super) fn of(id: Option<String>, reply: Result<Reply>) -> Self {
        let outcome = reply.map(|reply| Outcome::Reply(Box::new(reply)));
        Self { id, outcome }
    }

    /// With what to put off whatever comes behind, where this is to be asked for again.
    pub(super) fn puts_off(&self) -> Option<Code> {
        match self.outcome.as_ref().err()?.code() {
            // It may not even be in line.
            Code::UnknownOutcome | Code::Unavailable => Some(Code::Unavailable),
            code @ Code::Busy => Some(code),
            _ => None,
        }
    }
}

/// Requests that wait, and those that are being done. What came while others were being done goes
/// together, so that one socket can fill a commit.
#[derive(Default)]
pub(super) struct Requests {
    waiting: VecDeque<Asked>,
    doing: usize,
}

impl Requests {
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() + self.doing >= WINDOW
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.doing == 0
    }

    pub(super) fn push(&mut self, asked: Asked) {
        self.waiting.push_back(asked);
    }

    /// Notes that everything under way was answered.
    pub(super) fn done(&mut self) {
        self.doing = 0;
    }

    /// Takes back what waits.
    pub(super) fn take_back(&mut self) -> VecDeque<Asked> {
        std::mem::take(&mut self.waiting)
    }

    /// Begins all that waits, unless something is under way. `ask` does the commands.
    pub(super) fn begin<D, W, F>(&mut self, turn: &mut Turn<D>, ask: W)
    where
        W: FnOnce(Vec<Asked>) -> F,
        F: Future<Output = D> + Send + 'static,
    {
        if self.doing == 0 && !self.waiting.is_empty() {
            self.doing = self.waiting.len();
            turn.command(ask(self.waiting.drain(..).collect()));
        }
    }
}

/// Does requests in order. Commands that follow each other go together.
pub(super) async fn ask(means: Arc<Means>, asked: Vec<Asked>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(asked.len());
    let (mut ids, mut commands) = (Vec::new(), Vec::new());
    for Asked { id, wish } in asked {
        match wish {
            Wish::Command(command) => {
                ids.push(id);
                commands.push(command);
            }
            Wish::JoinByName(name) => {
                answers.extend(together(&means, &mut ids, &mut commands).await);
                answers.push(Answer::of(id, join_by_name(&means, name).await));
            }
            Wish::Renew(token, session) => {
                answers.extend(together(&means, &mut ids, &mut commands).await);
                let renewed = renew(&means, &token, &session).await;
                let outcome = renewed.map(Outcome::Renewed);
                answers.push(Answer { id, outcome });
            }
        }
    }
    answers.extend(together(&means, &mut ids, &mut commands).await);
    answers
}

async fn together(
    means: &Means,
    ids: &mut Vec<Option<String>>,
    commands: &mut Vec<Command>,
) -> Vec<Answer> {
    if commands.is_empty() {
        return Vec::new();
    }
    let commands = std::mem::take(commands);
    let replies = means.app.handle_all(&means.caller, commands).await;
    let answers = std::mem::take(ids).into_iter().zip(replies);
    answers.map(|(id, reply)| Answer::of(id, reply)).collect()
}

async fn join_by_name(means: &Means, name: RoomName) -> Result<Reply> {
    let found = means
        .app
        .handle(&means.caller, Command::FindChannel { name })
        .await?;
    let Reply::Room(view) = found else {
        return Err(unexpected());
    };
    let room = view.room.id;
    means
        .app
        .handle(&means.caller, Command::Join { room })
        .await
}
