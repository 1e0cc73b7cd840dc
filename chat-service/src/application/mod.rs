//! What people may do, and what comes of it: one file per noun.
//!
//! Every command looks up the caller's membership anew. Who is not in a room, or asks for one of
//! another tenant, hears `room_not_found`, like somebody who asks for a room that does not exist.

mod changing;
mod drafts;
mod edits;
mod live;
mod making;
mod members;
mod messages;
mod places;
mod repeats;
mod rooms;
mod sending;
#[cfg(test)]
mod tests;
mod wishes;

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use domain::{
    Appended, Caller, ClientId, Code, Command, Error, Limits, Refusal, Reply, Result, Rev,
    ports::Store,
};
use edge::{Application, Rates, live::Live, trace};
use tokio::time::{self, Duration, Instant};
use tracing::Instrument;

use crate::{files::Files, writer::Writers};

use self::{changing::Change, edits::Aim, sending::Outgoing};

/// How long the checks before a write may take, so that of [`Limits::ACK`] something is left for
/// the write.
const CHECKS: Duration = Duration::from_secs(3);

/// How often a change is decided anew when somebody else was first.
const ATTEMPTS: usize = 5;

/// How many things are looked up at once for one command.
const AT_ONCE: usize = 8;

/// The rules of chat.
pub struct Chat {
    /// What is durable.
    pub store: Arc<dyn Store>,
    /// The writers of the rooms.
    pub writers: Writers,
    /// What is live here.
    pub live: Arc<Live>,
    /// How fast people may send.
    pub rates: Arc<Rates>,
    /// How much they may take.
    pub limits: Arc<Limits>,
    /// What they may refer to.
    pub files: Files,
}

#[async_trait]
impl Application for Chat {
    async fn handle(&self, who: &Caller, command: Command) -> Result<Reply> {
        let late = too_late(&command);
        let span = trace::command(command.name(), command.room());
        let done = Box::pin(self.carry_out(who, command)).instrument(span.clone());
        let reply = time::timeout(Limits::ACK, done)
            .await
            .unwrap_or_else(|elapsed| Err(late(elapsed.into())));
        trace::finish(&span, &reply);
        reply
    }

    async fn handle_all(&self, who: &Caller, commands: Vec<Command>) -> Vec<Result<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        let mut messages = Vec::new();
        for command in commands {
            match Outgoing::of(command) {
                Ok(outgoing) => messages.push(outgoing),
                Err(command) => {
                    replies.append(&mut self.send_all(who, std::mem::take(&mut messages)).await);
                    replies.push(self.handle(who, command).await);
                }
            }
        }
        replies.append(&mut self.send_all(who, messages).await);
        replies
    }
}

impl Chat {
    async fn dispatch(&self, who: &Caller, command: Command) -> Result<Reply> {
        match command {
            Command::CreateRoom { room, key } => self.create_room(who, room, key).await,
            Command::OpenDirect { user } => self.open_direct(who, user).await,
            Command::ChangeRoom {
                room,
                name,
                read_only,
                if_rev,
            } => {
                let change = Change {
                    name,
                    read_only,
                    if_rev,
                };
                self.change_room(who, room, change).await
            }
            Command::DeleteRoom { room } => self.delete_room(who, room).await,
            Command::ListOwnRooms {
                after,
                limit,
                hidden,
            } => self.list_own_rooms(who, after, limit, hidden).await,
            Command::ListChannels { after, limit } => self.list_channels(who, after, limit).await,
            Command::GetRoom { room } => self.get_room(who, room).await,
            Command::FindChannel { name } => self.find_channel(who, name).await,
            Command::Join { .. }
            | Command::Leave { .. }
            | Command::AddMember { .. }
            | Command::RemoveMember { .. }
            | Command::SetRole { .. }
            | Command::Transfer { .. }
            | Command::ListMembers { .. } => self.on_member(who, command).await,
            Command::RaiseMark { .. }
            | Command::ListReceipts { .. }
            | Command::Type { .. }
            | Command::SetPresence { .. }
            | Command::ListPresence { .. }
            | Command::ListRoomPresence { .. } => self.on_live(who, command).await,
            Command::Send { .. }
            | Command::Edit { .. }
            | Command::Delete { .. }
            | Command::React { .. }
            | Command::GetMessage { .. }
            | Command::ReadHistory { .. }
            | Command::ReadNumbered { .. }
            | Command::Replay { .. } => self.on_message(who, command).await,
        }
    }

    /// Commands about who is in a room.
    async fn on_member(&self, who: &Caller, command: Command) -> Result<Reply> {
        match command {
            Command::Join { room } => self.join(who, room).await,
            Command::Leave { room } => self.leave(who, room).await,
            Command::AddMember { room, user, role } => self.add_member(who, room, user, role).await,
            Command::RemoveMember { room, user } => self.remove_member(who, room, user).await,
            Command::SetRole { room, user, role } => self.set_role(who, room, user, role).await,
            Command::Transfer { room, user } => self.transfer(who, room, user).await,
            Command::ListMembers { room, after, limit } => {
                self.list_members(who, room, after, limit).await
            }
            _ => Err(misled()),
        }
    }

    /// Commands about who has read what, who types and who is there.
    async fn on_live(&self, who: &Caller, command: Command) -> Result<Reply> {
        match command {
            Command::RaiseMark {
                room,
                mark,
                through,
            } => self.raise_mark(who, room, mark, through).await,
            Command::ListReceipts { room } => self.list_receipts(who, room).await,
            Command::Type { room, on } => self.type_in(who, room, on).await,
            Command::SetPresence { wish } => Ok(self.set_presence(who, wish)),
            Command::ListPresence { users } => self.list_presence(who, users).await,
            Command::ListRoomPresence { room, after, limit } => {
                self.list_room_presence(who, room, after, limit).await
            }
            _ => Err(misled()),
        }
    }

    /// Commands about what is said.
    async fn on_message(&self, who: &Caller, command: Command) -> Result<Reply> {
        let aim = |room, client_id, message| Aim {
            room,
            client_id,
            message,
        };
        match command {
            Command::Send {
                room,
                client_id,
                draft,
            } => self.send(who, Outgoing::new(room, client_id, draft)).await,
            Command::Edit {
                room,
                client_id,
                message,
                edit,
            } => self.edit(who, aim(room, client_id, message), edit).await,
            Command::Delete {
                room,
                client_id,
                message,
                if_rev,
            } => {
                let aim = aim(room, client_id, message);
                self.delete(who, aim, if_rev).await
            }
            Command::React {
                room,
                message,
                emoji,
                set,
            } => {
                let aim = aim(room, ClientId::new(), message);
                self.react(who, aim, emoji, set).await
            }
            Command::GetMessage { room, message } => self.get_message(who, room, message).await,
            Command::ReadHistory {
                room,
                cursor,
                limit,
            } => self.read_history(who, room, cursor, limit).await,
            Command::ReadNumbered {
                room,
                order,
                skip,
                limit,
            } => self.read_numbered(who, room, (order, skip), limit).await,
            Command::Replay { room, after, limit } => self.replay(who, room, after, limit).await,
            _ => Err(misled()),
        }
    }

    /// How many items a page may have.
    fn page(&self, asked: usize) -> usize {
        asked.clamp(1, self.limits.page_max)
    }
}

/// What a caller is told whose command takes too long: of a read nothing is left, of a write it is
/// not known.
fn too_late(command: &Command) -> fn(Box<dyn std::error::Error + Send + Sync>) -> Error {
    match command {
        Command::CreateRoom { .. }
        | Command::OpenDirect { .. }
        | Command::ChangeRoom { .. }
        | Command::DeleteRoom { .. }
        | Command::Join { .. }
        | Command::Leave { .. }
        | Command::AddMember { .. }
        | Command::RemoveMember { .. }
        | Command::SetRole { .. }
        | Command::Transfer { .. }
        | Command::Send { .. }
        | Command::Edit { .. }
        | Command::Delete { .. }
        | Command::React { .. }
        | Command::RaiseMark { .. } => |late| Error::unknown_outcome(late),
        Command::GetMessage { .. }
        | Command::ReadHistory { .. }
        | Command::ReadNumbered { .. }
        | Command::Replay { .. }
        | Command::ListOwnRooms { .. }
        | Command::ListChannels { .. }
        | Command::GetRoom { .. }
        | Command::FindChannel { .. }
        | Command::ListReceipts { .. }
        | Command::Type { .. }
        | Command::SetPresence { .. }
        | Command::ListPresence { .. }
        | Command::ListRoomPresence { .. }
        | Command::ListMembers { .. } => |late| Error::unavailable(late),
    }
}

/// Waits for what must be known before a write. When it takes too long, nothing was written.
async fn in_time<T>(checks: impl Future<Output = Result<T>>) -> Result<T> {
    in_time_by(Instant::now() + CHECKS, checks).await
}

/// Does what [`in_time`] does, for several checks that have one deadline.
async fn in_time_by<T>(by: Instant, checks: impl Future<Output = Result<T>>) -> Result<T> {
    time::timeout_at(by, checks)
        .await
        .unwrap_or_else(|late| Err(Error::unavailable(late)))
}

/// What a caller is told of a row that was not stored.
fn refused(answer: &Appended) -> Error {
    match answer {
        Appended::Mismatch => Code::ClientIdMismatch.into(),
        Appended::Conflict { current } => stale(*current),
        Appended::Refused(Refusal::Missing) => Code::MessageNotFound.into(),
        Appended::Refused(Refusal::Deleted) => Code::MessageDeleted.into(),
        Appended::Refused(Refusal::Archived) => Code::Archived.into(),
        Appended::Refused(Refusal::TooManyEmoji) => Code::TooManyEmoji.into(),
        Appended::Refused(Refusal::NameTaken) => Code::RoomExists.into(),
        Appended::Refused(Refusal::RoomDeleted | Refusal::SenderGone) => Code::RoomNotFound.into(),
        Appended::Refused(Refusal::LastOwner) => Code::LastOwner.into(),
        Appended::Stored(_) | Appended::Repeat(_) | Appended::Unchanged | Appended::Unknown => {
            Error::unknown_outcome("the log did not say what became of a row")
        }
    }
}

/// It has changed since the caller read it; `current` is its revision now.
fn stale(current: Rev) -> Error {
    let detail = format!("It has changed since you read it: its revision is {current} now.");
    Error::invalid(Code::StaleRevision, "rev", detail)
}

/// A command came to those who do not know it.
fn misled() -> Error {
    Error::internal("a command went to the wrong part of the application")
}

/// Cuts a list that was read one longer than the page, and says whether there is more.
fn cut<T>(mut items: Vec<T>, page: usize) -> (Vec<T>, bool) {
    let more = items.len() > page;
    items.truncate(page);
    (items, more)
}
