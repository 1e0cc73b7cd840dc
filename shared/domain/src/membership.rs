//! Who is in a room, as every rule about rooms asks it.

use crate::{Code, Member, Result, RoomId, UserId, ports::Members};

/// A user's place in a room that they are in.
///
/// # Errors
/// `room_not_found` for who is not in it; what the store says.
pub async fn membership<S>(store: &S, room: RoomId, user: UserId) -> Result<Member>
where
    S: Members + ?Sized,
{
    let member = store.member(room, user).await?;
    member
        .filter(Member::is_active)
        .ok_or_else(|| Code::RoomNotFound.into())
}
