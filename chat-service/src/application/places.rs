//! Somebody's place in a room. Every command looks it up anew, so that a right that was taken away
//! is gone at once.

use domain::{
    Caller, Code, Deed, Member, Message, Result, Room, RoomId, RoomKind, Seq, User, UserId,
    membership,
};

use super::Chat;

/// A room, and the place in it of somebody who is in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) room: Room,
    pub(super) member: Member,
}

impl Place {
    /// Whether they may do something.
    pub(super) fn check(&self, deed: Deed) -> Result<()> {
        self.member.role.check(deed)
    }

    /// Whether they may say something.
    pub(super) fn check_write(&self) -> Result<()> {
        self.check(match self.room.read_only {
            true => Deed::WriteReadOnly,
            false => Deed::Write,
        })
    }

    /// Whether the room is one that can be changed: a direct room belongs to both, for ever.
    pub(super) fn check_shared(&self) -> Result<()> {
        match self.room.kind {
            RoomKind::Channel | RoomKind::Group => Ok(()),
            RoomKind::Direct => Err(Code::WrongRoomKind.into()),
        }
    }

    /// What they see of a message of the room that was looked up.
    pub(super) fn sees(&self, found: Option<Message>) -> Result<Message> {
        found
            .filter(|message| self.shows(message.seq))
            .ok_or_else(|| Code::MessageNotFound.into())
    }

    /// Whether a row is not hidden from them.
    pub(super) fn shows(&self, seq: Seq) -> bool {
        seq > self.member.hidden
    }
}

impl Chat {
    /// The caller's place in a room that they are in, and the room.
    pub(super) async fn place(&self, who: &Caller, room: RoomId) -> Result<Place> {
        let found = tokio::try_join!(self.store.room(room), self.store.member(room, who.user))?;
        match found {
            (Some(room), Some(member)) if member.is_active() => Ok(Place { room, member }),
            _ => Err(Code::RoomNotFound.into()),
        }
    }

    /// The caller's place in a room that they are in.
    pub(super) async fn membership(&self, who: &Caller, room: RoomId) -> Result<Member> {
        membership(&*self.store, room, who.user).await
    }

    /// The place of somebody who is in a room.
    pub(super) async fn member_of(&self, room: RoomId, user: UserId) -> Result<Member> {
        let member = self.store.member(room, user).await?;
        member
            .filter(Member::is_active)
            .ok_or_else(|| Code::UserNotFound.into())
    }

    /// Somebody of the caller's tenant. Those of others do not exist.
    pub(super) async fn person(&self, who: &Caller, user: UserId) -> Result<User> {
        let user = self.store.user(user).await?;
        user.filter(|user| user.tenant == who.tenant && user.is_there())
            .ok_or_else(|| Code::UserNotFound.into())
    }
}
