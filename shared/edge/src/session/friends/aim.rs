//! What a client wants done in rooms that it names by their own id or by a friend's: found out,
//! done in order, answered in order.

use std::{collections::VecDeque, sync::Arc};

use domain::{Code, Command, Error, Mark, Reply, Result, RoomId, Seq, UserId};
use protocol::Deed;

use super::Done;
use crate::{
    application::unexpected,
    hub::Own,
    session::{
        means::Means,
        requests::{Answer, Asked, Wish},
        room::settle,
        turn::Turn,
    },
};

/// How many of a session may be under way. Beyond it nothing is read from the socket.
const WINDOW: usize = 32;

/// Something to be done in a room that has yet to be found.
#[derive(Debug)]
pub(super) struct Aimed {
    /// The id of the room, or of the friend.
    pub(super) at: String,
    /// What is to be done.
    pub(super) deed: Deed,
}

/// Those that wait, and those that are being done.
#[derive(Debug, Default)]
pub(super) struct Aims {
    waiting: VecDeque<Aimed>,
    doing: usize,
}

impl Aims {
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() + self.doing >= WINDOW
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.doing == 0
    }

    pub(super) fn push(&mut self, aimed: Aimed) {
        self.waiting.push_back(aimed);
    }

    /// Notes that everything under way was answered.
    pub(super) fn done(&mut self) {
        self.doing = 0;
    }

    /// Begins all that waits, unless something is under way.
    pub(super) fn begin(&mut self, means: &Arc<Means>, own: &Arc<Own>, turn: &mut Turn<Done>) {
        if self.doing > 0 || self.waiting.is_empty() {
            return;
        }
        self.doing = self.waiting.len();
        let aimed: Vec<Aimed> = self.waiting.drain(..).collect();
        let (means, own) = (Arc::clone(means), Arc::clone(own));
        turn.command(async move { Done::Answers(act(means, &own, aimed).await) });
    }
}

/// Finds the rooms, and does everything in order.
async fn act(means: Arc<Means>, own: &Own, aimed: Vec<Aimed>) -> Vec<Answer> {
    let (mut asked, mut answers) = (Vec::new(), Vec::new());
    for Aimed { at, deed } in aimed {
        match command(&means, own, &at, deed).await {
            Ok(command) => asked.push(Asked {
                id: Some(at),
                wish: Wish::Command(command),
            }),
            Err(error) => answers.push(Answer::of(Some(at), Err(error))),
        }
    }
    answers.extend(settle(means, asked).await);
    answers
}

/// What is to be asked of the application, and noted, so that the session hears nothing of it.
async fn command(means: &Means, own: &Own, at: &str, deed: Deed) -> Result<Command> {
    let opens = matches!(deed, Deed::Say(..));
    let room = room(means, own, at, opens).await?;
    Ok(match deed {
        Deed::Say(client_id, draft) => {
            own.says(client_id);
            Command::Send {
                room,
                client_id,
                draft: *draft,
            }
        }
        Deed::Type(on) => Command::Type { room, on },
        Deed::Read => {
            let through = head(means, room).await?;
            own.reads(room, through);
            Command::RaiseMark {
                room,
                mark: Mark::Read,
                through,
            }
        }
    })
}

/// The direct room of this id, or the one with the person of this id.
async fn room(means: &Means, own: &Own, at: &str, opens: bool) -> Result<RoomId> {
    let named: Option<RoomId> = at.parse().ok();
    if let Some(room) = named.filter(|room| own.knows(*room)) {
        return Ok(room);
    }
    if let Some(friend) = means.live.cards.find(&means.caller.tenant, at).await? {
        return room_with(means, own, friend.user, opens).await;
    }
    let room = named.ok_or_else(|| Error::new(Code::RoomNotFound))?;
    match view(means, room).await? {
        view if view.peer.is_some() => {
            own.note(room);
            Ok(room)
        }
        // Rooms of many are not shown here.
        _ => Err(Code::RoomNotFound.into()),
    }
}

async fn room_with(means: &Means, own: &Own, user: UserId, opens: bool) -> Result<RoomId> {
    if !opens {
        return Ok(own.room_with(user));
    }
    let command = Command::OpenDirect { user };
    let opened = means.app.handle(&means.caller, command).await?;
    let Reply::Opened { room, .. } = opened else {
        return Err(unexpected());
    };
    own.note(room.room.id);
    Ok(room.room.id)
}

/// The end of a room's log.
async fn head(means: &Means, room: RoomId) -> Result<Seq> {
    match means.live.hub.position(room) {
        Some(head) => Ok(head.seq),
        None => Ok(view(means, room).await?.head),
    }
}

async fn view(means: &Means, room: RoomId) -> Result<domain::command::RoomView> {
    match means
        .app
        .handle(&means.caller, Command::GetRoom { room })
        .await?
    {
        Reply::Room(view) => Ok(view),
        _ => Err(unexpected()),
    }
}
