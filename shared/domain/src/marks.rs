//! A member's positions in a room.

use crate::{
    Mark, Result, RoomId, Seq, UserId, membership,
    ports::{Log, Members},
};

/// Unread messages are counted up to here: so many stand for so many or more.
pub const UNREAD: u64 = 1_000;

/// Raises a member's mark to a row; beyond the head counts as the head. The one rule for REST and
/// sockets. Raising it to where it is, or to before it, changes nothing.
///
/// # Errors
/// `room_not_found` for who is not in the room; what the store says.
pub async fn raise<S>(store: &S, room: RoomId, user: UserId, mark: Mark, through: Seq) -> Result<()>
where
    S: Members + Log + ?Sized,
{
    membership(store, room, user).await?;
    let heads = store.heads(&[room]).await?;
    let head = heads.first().map_or(0, |head| head.seq);
    store.raise_mark(room, user, mark, through.min(head)).await
}
