//! What may become of a membership: decided on what is stored, and anew when somebody else was
//! first.

use domain::{
    Appended, Caller, ClientId, Code, Deed, Error, Member, MemberChange, MemberRow, MemberState,
    NewChange, NewRow, Result, Role, RoomId, Row, RowId, UserId,
};

use super::{ATTEMPTS, Chat, in_time, refused};

/// What somebody wants to become of a membership.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    /// To come in.
    Join,
    /// To go.
    Leave,
    /// To bring somebody in.
    Add { user: UserId, role: Role },
    /// To send somebody away.
    Remove { user: UserId },
    /// To let somebody, perhaps oneself, do more or less.
    SetRole { user: UserId, role: Role },
    /// To make somebody an owner, as the first half of giving a room away.
    Crown { user: UserId },
}

impl Chat {
    /// Brings a wish into the log. `None` when it is so already.
    pub(super) async fn change_member(
        &self,
        who: &Caller,
        room: RoomId,
        wish: Wish,
    ) -> Result<Option<Row>> {
        self.rates.send(who.user)?;
        self.settle(who, room, wish).await
    }

    /// Does what [`Chat::change_member`] does, for one of several steps that count as one.
    pub(super) async fn settle(
        &self,
        who: &Caller,
        room: RoomId,
        wish: Wish,
    ) -> Result<Option<Row>> {
        for _ in 0..ATTEMPTS {
            let Some(member) = in_time(self.decide(who, room, wish)).await? else {
                return Ok(None);
            };
            let row = member_row(who.user, member);
            match self.writers.append(&who.tenant, room, row).await? {
                Appended::Stored(row) | Appended::Repeat(row) => return Ok(Some(row)),
                Appended::Conflict { .. } => {}
                other => return Err(refused(&other)),
            }
        }
        Err(Code::Busy.into())
    }

    async fn decide(&self, who: &Caller, room: RoomId, wish: Wish) -> Result<Option<MemberRow>> {
        match wish {
            Wish::Join => self.decide_join(who, room).await,
            Wish::Leave => self.decide_leave(who, room).await,
            Wish::Add { user, role } => self.decide_add(who, room, user, role).await,
            Wish::Remove { user } => self.decide_remove(who, room, user).await,
            Wish::SetRole { user, role } if user == who.user => {
                self.decide_step(who, room, role).await
            }
            Wish::SetRole { user, role } => self.decide_role(who, room, user, role).await,
            Wish::Crown { user } => self.decide_crown(who, room, user).await,
        }
    }

    /// Who comes into a room that nobody is in owns it, so that no room stays without an owner.
    async fn decide_join(&self, who: &Caller, room: RoomId) -> Result<Option<MemberRow>> {
        let (room, member) = self.visible_room(who, room).await?;
        match member.as_ref().map(|member| member.state) {
            Some(MemberState::Active) => return Ok(None),
            Some(MemberState::Removed) => return Err(Code::RemovedFromRoom.into()),
            Some(MemberState::Left) | None => {}
        }
        let members = self.count_with_space(room.id).await?;
        self.has_room_left(who.user).await?;
        let role = match members {
            0 => Role::Owner,
            _ => Role::Member,
        };
        Ok(Some(next(
            who.user,
            member.as_ref(),
            MemberChange::Joined,
            role,
        )))
    }

    /// Everybody may go, but for the last owner, which only the log can tell.
    async fn decide_leave(&self, who: &Caller, room: RoomId) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        let (member, role) = (&place.member, place.member.role);
        Ok(Some(next(who.user, Some(member), MemberChange::Left, role)))
    }

    async fn decide_add(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        place.member.role.check_add(role)?;
        self.person(who, user).await?;
        let member = self.store.member(room, user).await?;
        if member.as_ref().is_some_and(Member::is_active) {
            return Ok(None);
        }
        self.count_with_space(room).await?;
        self.has_room_left(user).await.map_err(theirs)?;
        Ok(Some(next(
            user,
            member.as_ref(),
            MemberChange::Joined,
            role,
        )))
    }

    async fn decide_remove(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        place.check(Deed::Remove)?;
        let member = self.member_of(room, user).await?;
        place.member.role.check_remove(member.role)?;
        let role = member.role;
        Ok(Some(next(user, Some(&member), MemberChange::Removed, role)))
    }

    async fn decide_role(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        place.check(Deed::Promote)?;
        let member = self.member_of(room, user).await?;
        place.member.role.check_promote(member.role, role)?;
        Ok(changed(&member, role))
    }

    /// Everybody may step down, but for the last owner, which only the log can tell.
    async fn decide_step(
        &self,
        who: &Caller,
        room: RoomId,
        role: Role,
    ) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        place.member.role.check_step(role)?;
        Ok(changed(&place.member, role))
    }

    async fn decide_crown(
        &self,
        who: &Caller,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<MemberRow>> {
        let place = self.place(who, room).await?;
        place.check_shared()?;
        place.check(Deed::Transfer)?;
        if user == who.user {
            let detail = "You own the room already.";
            return Err(Error::invalid(Code::InvalidField, "user", detail));
        }
        Ok(changed(&self.member_of(room, user).await?, Role::Owner))
    }

    /// How many are in a room where one more fits in. Simultaneous joins may pass the limit by as
    /// many as they are.
    async fn count_with_space(&self, room: RoomId) -> Result<u64> {
        let members = self.store.count_members(room).await?;
        match members >= self.limits.room_members {
            true => Err(Code::RoomFull.into()),
            false => Ok(members),
        }
    }

    /// Whether somebody may be in one more room.
    pub(super) async fn has_room_left(&self, user: UserId) -> Result<()> {
        if self.store.count_memberships(user).await? >= self.limits.user_rooms {
            return Err(Code::TooManyRooms.into());
        }
        Ok(())
    }
}

/// The row that a membership goes on with; the first, where there was none.
pub(super) fn next(
    user: UserId,
    member: Option<&Member>,
    change: MemberChange,
    role: Role,
) -> MemberRow {
    MemberRow {
        user,
        change,
        role,
        rev: member.map_or(1, |member| member.rev + 1),
    }
}

fn changed(member: &Member, role: Role) -> Option<MemberRow> {
    let change = MemberChange::RoleChanged;
    (member.role != role).then(|| next(member.user, Some(member), change, role))
}

/// A row about a membership.
pub(super) fn member_row(sender: UserId, member: MemberRow) -> NewRow {
    NewRow {
        id: RowId::new(),
        client_id: ClientId::new(),
        sender,
        change: NewChange::Member(member),
    }
}

/// Says of another what the code says of the caller.
pub(super) fn theirs(error: Error) -> Error {
    match error.code() {
        Code::TooManyRooms => error.with_detail("They are in as many rooms as they may be."),
        _ => error,
    }
}
