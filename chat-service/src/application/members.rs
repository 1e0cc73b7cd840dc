//! Coming, going, and who is there.

use std::collections::HashMap;

use domain::{
    Appended, Caller, ClientId, Code, Error, Member, MemberChange, MemberRow, NewChange, NewRow,
    Reply, Result, Role, Room, RoomId, Row, RowId, UserId, Username,
};

use super::{Chat, cut, in_time, refused};

/// How often a change of membership is decided anew when somebody else was first.
const ATTEMPTS: usize = 5;

impl Chat {
    pub(super) async fn join(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        for _ in 0..ATTEMPTS {
            let (room, member) = in_time(self.may_join(who, room)).await?;
            if member.as_ref().is_some_and(Member::is_active) {
                return self.joined(who, room, None).await;
            }
            let rev = member.map_or(1, |member| member.rev + 1);
            let row = member_row(who.user, MemberChange::Joined, Role::Member, rev);
            if let Some(row) = self.change_member(who, room.id, row).await? {
                return self.joined(who, room, Some(row)).await;
            }
        }
        Err(Code::Busy.into())
    }

    /// Takes the caller out of a room. An owner may go like everybody else; the room stays.
    pub(super) async fn leave(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        for _ in 0..ATTEMPTS {
            let member = in_time(self.membership(who, room)).await?;
            let row = member_row(who.user, MemberChange::Left, member.role, member.rev + 1);
            if self.change_member(who, room, row).await?.is_some() {
                return Ok(Reply::Done);
            }
        }
        Err(Code::Busy.into())
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

    /// The room and the caller's place in it, if they are in it or may come in.
    async fn may_join(&self, who: &Caller, room: RoomId) -> Result<(Room, Option<Member>)> {
        let (room, member) = self.visible_room(who, room).await?;
        if !member.as_ref().is_some_and(Member::is_active) {
            self.has_space(who, room.id).await?;
        }
        Ok((room, member))
    }

    /// Whether one more fits in. Simultaneous joins may pass the limits by as many as they are.
    async fn has_space(&self, who: &Caller, room: RoomId) -> Result<()> {
        if self.store.count_members(room).await? >= self.limits.room_members {
            return Err(Code::RoomFull.into());
        }
        self.has_room_left(who).await
    }

    /// Whether the caller may be in one more room.
    pub(super) async fn has_room_left(&self, who: &Caller) -> Result<()> {
        if self.store.count_memberships(who.user).await? >= self.limits.user_rooms {
            return Err(Code::TooManyRooms.into());
        }
        Ok(())
    }

    /// Appends a change of membership. `None` when the decision must be made anew.
    async fn change_member(&self, who: &Caller, room: RoomId, row: NewRow) -> Result<Option<Row>> {
        match self.writers.append(&who.tenant, room, row).await? {
            Appended::Stored(row) | Appended::Repeat(row) => Ok(Some(row)),
            Appended::Conflict { .. } => Ok(None),
            other => Err(refused(&other)),
        }
    }

    async fn joined(&self, who: &Caller, room: Room, row: Option<Row>) -> Result<Reply> {
        let member = self.membership(who, room.id).await.map_err(left_again)?;
        let room = self.view(who, room, Some(member)).await?;
        let row = row.map(Box::new);
        Ok(Reply::Joined { room, row })
    }

    async fn names(&self, members: &[Member]) -> Result<HashMap<UserId, Username>> {
        let ids: Vec<UserId> = members.iter().map(|member| member.user).collect();
        let users = self.store.users(&ids).await?;
        Ok(users.into_iter().map(|u| (u.id, u.username)).collect())
    }
}

/// A row about one's own membership.
pub(super) fn member_row(user: UserId, change: MemberChange, role: Role, rev: u64) -> NewRow {
    NewRow {
        id: RowId::new(),
        client_id: ClientId::new(),
        sender: user,
        change: NewChange::Member(MemberRow {
            user,
            change,
            role,
            rev,
        }),
    }
}

/// The join is stored; that the caller is gone again is another's doing, or their own.
fn left_again(error: Error) -> Error {
    match error.code() {
        Code::RoomNotFound => Code::StaleRevision.into(),
        _ => Error::unknown_outcome(error),
    }
}
