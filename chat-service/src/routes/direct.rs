//! The conversation of two, for the dialects that know no other.

use domain::{Caller, Command, Cursor, Message, Reply, Result, RoomId, Seq, UserId};
use edge::unexpected;

use super::House;

/// How many messages of a conversation are told at most.
pub(super) const MOST: usize = 1_000;

/// The conversation with somebody, opened now if need be.
///
/// # Errors
/// `user_not_found`; what the application says.
pub(super) async fn opened(house: &House, who: &Caller, user: UserId) -> Result<RoomId> {
    match house.app.handle(who, Command::OpenDirect { user }).await? {
        Reply::Opened { room, .. } => Ok(room.room.id),
        _ => Err(unexpected()),
    }
}

/// The newest messages of a room before a seq, at most `most`, the newest first.
///
/// # Errors
/// What the application says.
pub(super) async fn newest(
    house: &House,
    who: &Caller,
    room: RoomId,
    before: Option<Seq>,
    most: usize,
) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> = Vec::new();
    let mut cursor = before.map_or(Cursor::Newest, Cursor::Before);
    while messages.len() < most {
        let command = Command::ReadHistory {
            room,
            cursor,
            limit: most - messages.len(),
        };
        let Reply::History { page, .. } = house.app.handle(who, command).await? else {
            return Err(unexpected());
        };
        let Some(first) = page.messages.first() else {
            break;
        };
        cursor = Cursor::Before(first.seq);
        messages.extend(page.messages.into_iter().rev());
        if !page.more_before {
            break;
        }
    }
    Ok(messages)
}
