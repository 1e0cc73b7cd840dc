//! Receipts, typing and presence: what is live and in no log.

use domain::{
    Caller, Code, Error, Mark, Member, Presence, Receipt, Reply, Result, RoomId, Seq, UserId, Wish,
    marks,
};

use super::{Chat, cut};

impl Chat {
    /// Raises one of the caller's marks. What they have read or received is acknowledged before it
    /// is stored, within a second: see [`edge::live::Receipts`].
    pub(super) async fn raise_mark(
        &self,
        who: &Caller,
        room: RoomId,
        mark: Mark,
        through: Seq,
    ) -> Result<Reply> {
        if !matches!(mark, Mark::Read | Mark::Received) {
            marks::raise(&*self.store, room, who.user, mark, through).await?;
            return Ok(Reply::Done);
        }
        let member = self.membership(who, room).await?;
        let through = self.within(room, through).await?;
        self.live.receipts.raise(&member, mark, through)?;
        Ok(Reply::Done)
    }

    /// Cuts a seq down to the head. Where the room is live here, the store is not asked.
    async fn within(&self, room: RoomId, seq: Seq) -> Result<Seq> {
        match self.live.hub.position(room) {
            Some(known) if known.seq >= seq => Ok(seq),
            _ => Ok(seq.min(self.head(room).await?)),
        }
    }

    /// How far the members of a small room are, or, in a larger one, the caller alone. What was
    /// there before somebody came in, and what they deleted for themselves, counts as read, as it
    /// does in their own view of the room.
    pub(super) async fn list_receipts(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        let own = self.membership(who, room).await?;
        let most = usize::try_from(self.limits.small_room).unwrap_or(usize::MAX);
        let members = self.store.members(room, None, most.saturating_add(1));
        let (members, more) = cut(members.await?, most);
        let shown = if more { vec![own] } else { members };
        let receipt = |mut member: Member| {
            self.live.receipts.overlay(&mut member);
            Receipt::of(&member).raised(Mark::Read, member.read_through())
        };
        let receipts = shown.into_iter().map(receipt).collect();
        Ok(Reply::Receipts { receipts, more })
    }

    /// Notes that the caller types. A session that is live in the room is a member's; any other
    /// caller is looked up.
    pub(super) async fn type_in(&self, who: &Caller, room: RoomId, on: bool) -> Result<Reply> {
        let hears = |session| self.live.hub.is_live(room, session);
        if !who.session.is_some_and(hears) {
            self.membership(who, room).await?;
        }
        self.live.typing.note(room, who.user, on);
        Ok(Reply::Done)
    }

    pub(super) fn set_presence(&self, who: &Caller, wish: Wish) -> Reply {
        self.live.attendance.wish(who.user, wish);
        Reply::Done
    }

    /// Whether people are there who share a room with the caller; of others nothing is told.
    pub(super) async fn list_presence(&self, who: &Caller, users: Vec<UserId>) -> Result<Reply> {
        if users.len() > self.limits.presence_users {
            let most = self.limits.presence_users;
            let detail = format!("At most {most} users can be asked for at once.");
            return Err(Error::invalid(Code::InvalidField, "users", detail));
        }
        let mut known = self.store.sharing_rooms(who.user, &users).await?;
        known.push(who.user);
        let seen = self.live.look(&known).await?;
        let show = |user: UserId| {
            let seen = seen.iter().find(|presence| presence.user == user);
            seen.copied().unwrap_or_else(|| Presence::hidden(user))
        };
        Ok(Reply::Presences {
            presences: users.into_iter().map(show).collect(),
            more: false,
        })
    }

    pub(super) async fn list_room_presence(
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
        let users: Vec<UserId> = members.iter().map(|member| member.user).collect();
        let presences = self.live.look(&users).await?;
        Ok(Reply::Presences { presences, more })
    }
}
