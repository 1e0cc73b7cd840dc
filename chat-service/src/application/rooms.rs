//! Finding rooms.

use domain::{
    Caller, Card, Code, Error, Head, Member, Reply, Result, Room, RoomId, RoomKind, RoomName, Seq,
    command::RoomView,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, Chat, cut};

impl Chat {
    pub(super) async fn get_room(&self, who: &Caller, room: RoomId) -> Result<Reply> {
        let (room, member) = self.visible_room(who, room).await?;
        Ok(Reply::Room(self.view(who, room, member).await?))
    }

    pub(super) async fn find_channel(&self, who: &Caller, name: RoomName) -> Result<Reply> {
        let room = self.store.room_by_name(&who.tenant, &name).await?;
        let room = room.ok_or(Code::RoomNotFound)?;
        let member = self.store.member(room.id, who.user).await?;
        Ok(Reply::Room(self.view(who, room, member).await?))
    }

    pub(super) async fn list_own_rooms(
        &self,
        who: &Caller,
        after: Option<RoomId>,
        limit: usize,
        hidden: bool,
    ) -> Result<Reply> {
        let page = self.page(limit);
        let (mut rooms, mut after) = (Vec::new(), after);
        // Hidden rooms make no short pages: what is left out is filled up with what follows.
        loop {
            let wanted = page + 1 - rooms.len();
            let members = self.store.memberships(who.user, after, wanted).await?;
            let whole = members.len() < wanted;
            after = members.last().map(|member| member.room);
            let mut found = self.own_rooms(who, members).await?;
            found.retain(|view| hidden || !view.is_hidden());
            rooms.append(&mut found);
            if whole || rooms.len() > page {
                let (rooms, more) = cut(rooms, page);
                return Ok(Reply::Rooms { rooms, more });
            }
        }
    }

    /// The rooms of memberships, as their member sees them.
    async fn own_rooms(&self, who: &Caller, members: Vec<Member>) -> Result<Vec<RoomView>> {
        let find = |member: Member| async move {
            let room = self.store.room(member.room).await?;
            Ok::<_, Error>(room.map(|room| (room, Some(member))))
        };
        let found = stream::iter(members).map(find).buffered(AT_ONCE);
        let found = found.try_filter_map(async |room| Ok(room));
        self.views(who, found.try_collect().await?).await
    }

    pub(super) async fn list_channels(
        &self,
        who: &Caller,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Reply> {
        let page = self.page(limit);
        let channels = self.store.channels(&who.tenant, after, page + 1).await?;
        let (channels, more) = cut(channels, page);
        let place = |room: Room| async move {
            let member = self.store.member(room.id, who.user).await?;
            Ok::<_, Error>((room, member))
        };
        let found = stream::iter(channels).map(place).buffered(AT_ONCE);
        let rooms = self.views(who, found.try_collect().await?).await?;
        Ok(Reply::Rooms { rooms, more })
    }

    /// A room that the caller may know of: one they are in, or a channel of their tenant. With it
    /// the caller's place in it, also of who left.
    pub(super) async fn visible_room(
        &self,
        who: &Caller,
        room: RoomId,
    ) -> Result<(Room, Option<Member>)> {
        let room = self.store.room(room).await?.ok_or(Code::RoomNotFound)?;
        let member = self.store.member(room.id, who.user).await?;
        let open = room.kind == RoomKind::Channel && room.tenant == who.tenant;
        let inside = member.as_ref().is_some_and(Member::is_active);
        if open || inside {
            return Ok((room, member));
        }
        Err(Code::RoomNotFound.into())
    }

    /// A room as the caller sees it.
    pub(super) async fn view(
        &self,
        who: &Caller,
        room: Room,
        member: Option<Member>,
    ) -> Result<RoomView> {
        let mut views = self.views(who, vec![(room, member)]).await?;
        views
            .pop()
            .ok_or_else(|| Error::internal("a room had no view"))
    }

    /// Rooms as the caller sees them, in the order given.
    async fn views(
        &self,
        who: &Caller,
        rooms: Vec<(Room, Option<Member>)>,
    ) -> Result<Vec<RoomView>> {
        let ids: Vec<RoomId> = rooms.iter().map(|(room, _)| room.id).collect();
        let heads: Vec<Head> = self.store.heads(&ids).await?;
        let view = |((room, member), head): ((Room, Option<Member>), Head)| async move {
            let mut member = member.filter(Member::is_active);
            if let Some(member) = &mut member {
                self.live.receipts.overlay(member);
            }
            let unread = match &member {
                Some(member) => self.unread(who, member, head.seq).await?,
                None => 0,
            };
            Ok(RoomView {
                peer: self.peer(who, &room).await?,
                room,
                head: head.seq,
                member,
                unread,
            })
        };
        let views = stream::iter(rooms.into_iter().zip(heads)).map(view);
        views.buffered(AT_ONCE).try_collect().await
    }

    /// Messages that a member has not read. Who has read to the end costs no query.
    async fn unread(&self, who: &Caller, member: &Member, head: Seq) -> Result<u64> {
        let read = member.read_through();
        if head <= read {
            return Ok(0);
        }
        self.live.unread(member.room, who.user, read, head).await
    }

    /// With whom a direct room is.
    async fn peer(&self, who: &Caller, room: &Room) -> Result<Option<Card>> {
        if room.kind != RoomKind::Direct {
            return Ok(None);
        }
        let both = self.store.members(room.id, None, 2).await?;
        let other = both.into_iter().find(|member| member.user != who.user);
        let other = other.map(|member| member.user);
        self.live.cards.learn(other).await;
        Ok(other.and_then(|other| self.live.cards.card(other)))
    }
}
