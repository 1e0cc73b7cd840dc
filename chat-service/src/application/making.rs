//! Making rooms: channels, groups, and the one direct room of each pair.

use domain::{
    Appended, Caller, Code, Error, MemberChange, NewRoom, NewRow, Reply, Result, Role, Room,
    RoomId, RoomKind, RoomName, TenantId, UserId, WantedRoom, command::RoomView,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    AT_ONCE, Chat, in_time, refused,
    wishes::{member_row, next, theirs},
};

/// The most people that a group begins with besides its maker. Others are added later.
const INVITED: usize = 100;

impl Chat {
    /// Makes a room with the caller as its owner.
    pub(super) async fn create_room(&self, who: &Caller, wanted: WantedRoom) -> Result<Reply> {
        self.rates.send(who.user)?;
        in_time(self.has_room_left(who.user)).await?;
        let (kind, name, invited) = match wanted {
            WantedRoom::Channel { name } => (RoomKind::Channel, Some(name), Vec::new()),
            WantedRoom::Group { name, members } => {
                let invited = in_time(self.invited(who, members)).await?;
                (RoomKind::Group, name, invited)
            }
        };
        let first = joins(who.user, who.user, Role::Owner);
        let new = new_room(who, RoomId::new(), kind, name, vec![first]);
        let room = self.store.create_room(new).await?;
        let invited = invited
            .into_iter()
            .map(|user| joins(who.user, user, Role::Member));
        let rows = room.init.iter().cloned().chain(invited).collect();
        self.begin(&room.tenant, room.id, rows).await?;
        Ok(Reply::Room(self.own_view(who, room).await?))
    }

    /// Opens the direct room with somebody. Its id is that of the pair: whoever comes second
    /// finds what the first has made.
    pub(super) async fn open_direct(&self, who: &Caller, user: UserId) -> Result<Reply> {
        if user == who.user {
            let detail = "A direct room is with somebody else.";
            return Err(Error::invalid(Code::InvalidField, "user", detail));
        }
        in_time(self.person(who, user)).await?;
        let id = RoomId::direct(&who.tenant, who.user, user);
        if let Ok(place) = in_time(self.place(who, id)).await {
            let room = self.view(who, place.room, Some(place.member)).await?;
            return Ok(Reply::Opened { room, made: false });
        }
        self.make_direct(who, id, user).await
    }

    async fn make_direct(&self, who: &Caller, id: RoomId, user: UserId) -> Result<Reply> {
        self.rates.send(who.user)?;
        in_time(self.has_room_left(who.user)).await?;
        in_time(self.has_room_left(user)).await.map_err(theirs)?;
        let both = [who.user, user].map(|user| joins(who.user, user, Role::Member));
        let new = new_room(who, id, RoomKind::Direct, None, both.to_vec());
        let room = self.store.create_room(new).await?;
        let made = room.init.first().map(|row| row.id) == Some(both[0].id);
        self.begin(&room.tenant, room.id, room.init.clone()).await?;
        let room = self.own_view(who, room).await?;
        Ok(Reply::Opened { room, made })
    }

    /// Those whom a group begins with: of the caller's tenant, each once, with room for one more.
    async fn invited(&self, who: &Caller, mut users: Vec<UserId>) -> Result<Vec<UserId>> {
        users.sort_unstable();
        users.dedup();
        users.retain(|user| *user != who.user);
        if users.len() > INVITED {
            let detail = "A group begins with at most 100 people. Add the others later.";
            return Err(Error::invalid(Code::InvalidField, "members", detail));
        }
        if users.len() as u64 >= self.limits.room_members {
            return Err(Code::RoomFull.into());
        }
        let found = self.store.users(&users).await?;
        let here = found.iter().filter(|user| user.tenant == who.tenant);
        if here.count() < users.len() {
            let detail = Code::UserNotFound.info().title;
            return Err(Error::invalid(Code::UserNotFound, "members", detail));
        }
        let spaces = stream::iter(users.clone()).map(|user| self.has_room_left(user));
        let spaces = spaces.buffered(AT_ONCE).try_for_each(async |()| Ok(()));
        spaces.await.map_err(theirs)?;
        Ok(users)
    }

    /// Appends the first rows of a room. Any row would bring the room's `init` into the log; these
    /// are `init` itself, so that everybody is in it, and told of it, before the answer.
    async fn begin(&self, tenant: &TenantId, room: RoomId, rows: Vec<NewRow>) -> Result<()> {
        let mut waiting = Vec::with_capacity(rows.len());
        for row in rows {
            waiting.push(self.writers.submit(tenant, room, row)?);
        }
        for row in waiting {
            match row.answer().await? {
                Appended::Stored(_) | Appended::Repeat(_) => {}
                other => return Err(refused(&other)),
            }
        }
        Ok(())
    }

    async fn own_view(&self, who: &Caller, room: Room) -> Result<RoomView> {
        let member = self.store.member(room.id, who.user).await?;
        self.view(who, room, member).await
    }
}

fn new_room(
    who: &Caller,
    id: RoomId,
    kind: RoomKind,
    name: Option<RoomName>,
    init: Vec<NewRow>,
) -> NewRoom {
    NewRoom {
        id,
        tenant: who.tenant.clone(),
        kind,
        name,
        created_by: who.user,
        init,
    }
}

/// The first row of a membership.
fn joins(sender: UserId, user: UserId, role: Role) -> NewRow {
    member_row(sender, next(user, None, MemberChange::Joined, role))
}
