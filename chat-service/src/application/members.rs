//! Coming, going, being brought and sent away, and who is there.

use std::collections::HashMap;

use domain::{
    Caller, Code, Error, Member, Reply, Result, Role, Room, RoomId, RoomKind, Row, Seq, UserId,
    Username,
};

use super::{Chat, cut, in_time, wishes::Wish};

impl Chat {
    pub(super) async fn join(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        let row = self.change_member(who, room, Wish::Join).await?;
        let (room, _) = self
            .visible_room(who, room)
            .await
            .map_err(|error| after(row.as_ref(), error))?;
        self.joined(who, room, row).await
    }

    /// Takes the caller out of a room; a direct room is hidden from them instead. A channel that
    /// all have left stays: whoever comes in next owns it.
    pub(super) async fn leave(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        let place = in_time(self.place(who, room)).await?;
        match place.room.kind {
            RoomKind::Direct => return self.hide(who, room).await,
            RoomKind::Group => return self.leave_group(who, room).await,
            RoomKind::Channel => {}
        }
        self.change_member(who, room, Wish::Leave).await?;
        Ok(Reply::Done)
    }

    pub(super) async fn add_member(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<Reply> {
        let wish = Wish::Add { user, role };
        let row = self.change_member(who, room, wish).await?;
        self.shown_member(room, user, row).await
    }

    pub(super) async fn remove_member(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
    ) -> Result<Reply> {
        if user == who.user {
            let place = in_time(self.place(who, room)).await?;
            place.check_shared()?;
            return self.leave(who, room).await;
        }
        self.change_member(who, room, Wish::Remove { user }).await?;
        Ok(Reply::Done)
    }

    pub(super) async fn set_role(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<Reply> {
        let wish = Wish::SetRole { user, role };
        let row = self.change_member(who, room, wish).await?;
        self.shown_member(room, user, row).await
    }

    /// Makes another the owner, and the caller an admin: in this order, so that there is always
    /// an owner. Cut in between, the room has two, and the transfer can be repeated.
    pub(super) async fn transfer(&self, who: &Caller, room: RoomId, user: UserId) -> Result<Reply> {
        self.rates.send(who.user)?;
        let crowned = self.settle(who, room, Wish::Crown { user }).await?;
        let rest = self.step_down(who, room).await;
        rest.map_err(|error| match crowned {
            Some(_) => Error::unknown_outcome(error),
            None => error,
        })
    }

    /// The second half of giving a room away.
    async fn step_down(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        let (user, role) = (who.user, Role::Admin);
        let row = self.settle(who, room, Wish::SetRole { user, role }).await?;
        let view = self.get_room(who, room).await;
        view.map_err(|error| after(row.as_ref(), error))
    }

    pub(super) async fn list_members(
        &self,
        who: &Caller,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Reply> {
        self.membership(who, room).await?;
        let page = self.page(limit);
        let members = self.store.members(room, after, page + 1).await?;
        let (members, more) = cut(members, page);
        let mut names = self.names(&members).await?;
        let named = |member: Member| Some((names.remove(&member.user)?, member));
        let members = members.into_iter().filter_map(named);
        Ok(Reply::Members {
            members: members.map(|(name, member)| (member, name)).collect(),
            more,
        })
    }

    async fn joined(&self, who: &Caller, room: Room, row: Option<Row>) -> Result<Reply> {
        let member = self.membership(who, room.id).await;
        let member = member.map_err(|error| after(row.as_ref(), error))?;
        let room = self.view(who, room, Some(member)).await?;
        let row = row.map(Box::new);
        Ok(Reply::Joined { room, row })
    }

    async fn shown_member(&self, room: RoomId, user: UserId, row: Option<Row>) -> Result<Reply> {
        let shown = async {
            let member = self.member_of(room, user).await?;
            let user = self.store.user(user).await?.ok_or(Code::UserNotFound)?;
            Ok((member, user.username))
        };
        let (member, username) = shown.await.map_err(|error| after(row.as_ref(), error))?;
        let seq: Option<Seq> = row.map(|row| row.seq);
        Ok(Reply::Member {
            member,
            username,
            seq,
        })
    }

    async fn names(&self, members: &[Member]) -> Result<HashMap<UserId, Username>> {
        let ids: Vec<UserId> = members.iter().map(|member| member.user).collect();
        let users = self.store.users(&ids).await?;
        Ok(users.into_iter().map(|u| (u.id, u.username)).collect())
    }
}

/// What is told of a look that failed after a change. Where a row is stored, that somebody is
/// gone again is another's doing, or their own.
pub(super) fn after(row: Option<&Row>, error: Error) -> Error {
    match (row, error.code()) {
        (None, _) => error,
        (Some(_), Code::RoomNotFound | Code::UserNotFound) => Code::StaleRevision.into(),
        (Some(_), _) => Error::unknown_outcome(error),
    }
}
