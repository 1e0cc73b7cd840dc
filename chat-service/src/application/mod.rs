//! What people may do, and what comes of it: one file per noun.
//!
//! Every command looks up the caller's membership anew. Who is not in a room, or asks for one of
//! another tenant, hears `room_not_found`, like somebody who asks for a room that does not exist.

mod live;
mod members;
mod messages;
mod rooms;
#[cfg(test)]
mod tests;

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use domain::{
    Appended, Caller, Code, Command, Error, Limits, Member, Refusal, Reply, Result, RoomId,
    ports::Store,
};
use edge::{Application, Rates, live::Live};
use tokio::time::{self, Duration, Instant};

use crate::writer::Writers;

use self::messages::Draft;

/// How long the checks before a write may take, so that of [`Limits::ACK`] something is left for
/// the write.
const CHECKS: Duration = Duration::from_secs(3);

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
}

#[async_trait]
impl Application for Chat {
    async fn handle(&self, who: &Caller, command: Command) -> Result<Reply> {
        let late = too_late(&command);
        let done = Box::pin(self.dispatch(who, command));
        time::timeout(Limits::ACK, done)
            .await
            .unwrap_or_else(|elapsed| Err(late(elapsed.into())))
    }

    async fn handle_all(&self, who: &Caller, commands: Vec<Command>) -> Vec<Result<Reply>> {
        let mut replies = Vec::with_capacity(commands.len());
        let mut drafts = Vec::new();
        for command in commands {
            match Draft::of(command) {
                Ok(draft) => drafts.push(draft),
                Err(command) => {
                    replies.append(&mut self.send_all(who, std::mem::take(&mut drafts)).await);
                    replies.push(self.handle(who, command).await);
                }
            }
        }
        replies.append(&mut self.send_all(who, drafts).await);
        replies
    }
}

impl Chat {
    async fn dispatch(&self, who: &Caller, command: Command) -> Result<Reply> {
        match command {
            Command::CreateChannel { name } => self.create_channel(who, name).await,
            Command::Join { room } => self.join(who, room).await,
            Command::Leave { room } => self.leave(who, room).await,
            Command::Send {
                room,
                client_id,
                content,
            } => self.send(who, Draft::new(room, client_id, content)).await,
            Command::ReadHistory {
                room,
                cursor,
                limit,
            } => self.read_history(who, room, cursor, limit).await,
            Command::Replay { room, after, limit } => self.replay(who, room, after, limit).await,
            Command::ListOwnRooms { after, limit } => self.list_own_rooms(who, after, limit).await,
            Command::ListChannels { after, limit } => self.list_channels(who, after, limit).await,
            Command::GetRoom { room } => self.get_room(who, room).await,
            Command::FindChannel { name } => self.find_channel(who, name).await,
            Command::ListMembers { room, after, limit } => {
                self.list_members(who, room, after, limit).await
            }
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
        }
    }

    /// The caller's place in a room that they are in.
    async fn membership(&self, who: &Caller, room: RoomId) -> Result<Member> {
        let member = self.store.member(room, who.user).await?;
        member
            .filter(Member::is_active)
            .ok_or_else(|| Code::RoomNotFound.into())
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
        Command::CreateChannel { .. }
        | Command::Join { .. }
        | Command::Leave { .. }
        | Command::Send { .. }
        | Command::RaiseMark { .. } => |late| Error::unknown_outcome(late),
        Command::ReadHistory { .. }
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
        Appended::Conflict { .. } => Code::StaleRevision.into(),
        Appended::Refused(Refusal::Missing) => Code::MessageNotFound.into(),
        Appended::Refused(Refusal::Deleted) => Code::MessageDeleted.into(),
        Appended::Refused(Refusal::Archived) => Code::Archived.into(),
        Appended::Refused(Refusal::TooManyEmoji) => Code::TooManyEmoji.into(),
        Appended::Refused(Refusal::NameTaken) => Code::RoomExists.into(),
        Appended::Refused(Refusal::RoomDeleted) => Code::RoomNotFound.into(),
        Appended::Stored(_) | Appended::Repeat(_) | Appended::Unchanged | Appended::Unknown => {
            Error::unknown_outcome("the log did not say what became of a row")
        }
    }
}

/// Cuts a list that was read one longer than the page, and says whether there is more.
fn cut<T>(mut items: Vec<T>, page: usize) -> (Vec<T>, bool) {
    let more = items.len() > page;
    items.truncate(page);
    (items, more)
}
