//! Making rooms: channels, groups, and the one direct room of each pair.

use domain::{
    Appended, Caller, ClientId, Code, ContentHash, Error, MemberChange, NewChange, NewRoom, NewRow,
    Reply, Result, Role, RoomId, RoomKind, RoomName, TenantId, UserId, WantedRoom,
    command::RoomView,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    AT_ONCE, Chat, in_time, refused,
    wishes::{member_row, next, theirs},
};

/// The most people that a group begins with besides its maker. Others are added later.
const INVITED: usize = 100;

impl Chat {
    /// Makes a room with the caller as its owner. Under a key it has the id of that key, and is
    /// made once; its first row says as what.
    pub(super) async fn create_room(
        &self,
        who: &Caller,
        wanted: WantedRoom,
        key: Option<ClientId>,
    ) -> Result<Reply> {
        self.rates.send(who.user)?;
        let id = key.map_or_else(RoomId::new, |key| RoomId::keyed(who.user, key));
        let new = founded(who, id, wanted);
        let made = match key {
            Some(_) => in_time(self.store.first_rows(id)).await?,
            None => Vec::new(),
        };
        if made.is_empty() {
            in_time(self.check_founding(who, &new)).await?;
        }
        self.open(who, new).await
    }

    /// Whether somebody may make a room as it is wanted.
    async fn check_founding(&self, who: &Caller, new: &NewRoom) -> Result<()> {
        self.has_room_left(who.user).await?;
        let users = new.init.iter().filter_map(|row| match &row.change {
            NewChange::Member(member) if member.user != who.user => Some(member.user),
            _ => None,
        });
        self.check_invited(who, users.collect()).await
    }

    /// Makes a room, unless it was made before, and brings everybody in with whom it was made. What
    /// stopped half-way is so brought to its end.
    async fn open(&self, who: &Caller, new: NewRoom) -> Result<Reply> {
        let (kind, wanted) = (new.kind, new.init.first().cloned());
        let room = self.store.create_room(new).await?;
        let rows = self.store.first_rows(room.id).await.map_err(begun)?;
        let (Some(wanted), Some(first)) = (wanted, rows.first()) else {
            return Err(Code::RoomNotFound.into());
        };
        if room.deleted_at.is_some() {
            return Err(Code::RoomNotFound.into());
        }
        if kind != RoomKind::Direct && first.client_id != wanted.client_id {
            return Err(Code::ClientIdMismatch.into());
        }
        let made = first.id == wanted.id;
        self.begin(&room.tenant, room.id, rows).await?;
        let room = self.opened(who, room.id).await.map_err(begun)?;
        Ok(Reply::Opened { room, made })
    }

    async fn opened(&self, who: &Caller, room: RoomId) -> Result<RoomView> {
        let (room, member) = self.visible_room(who, room).await?;
        self.view(who, room, member).await
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
        let new = new_room(who, id, (RoomKind::Direct, None), both.to_vec());
        self.open(who, new).await
    }

    /// Whether a group may begin with these: of the caller's tenant, with room for one more.
    async fn check_invited(&self, who: &Caller, users: Vec<UserId>) -> Result<()> {
        if users.is_empty() {
            return Ok(());
        }
        if users.len() > INVITED {
            let detail = "A group begins with at most 100 people. Add the others later.";
            return Err(Error::invalid(Code::InvalidField, "members", detail));
        }
        if users.len() as u64 >= self.limits.room_members {
            return Err(Code::RoomFull.into());
        }
        let found = self.store.users(&users).await?;
        let here = found.iter();
        let here = here.filter(|user| user.tenant == who.tenant && user.is_there());
        if here.count() < users.len() {
            let detail = Code::UserNotFound.info().title;
            return Err(Error::invalid(Code::UserNotFound, "members", detail));
        }
        let spaces = stream::iter(users.clone()).map(|user| self.has_room_left(user));
        let spaces = spaces.buffered(AT_ONCE).try_for_each(async |()| Ok(()));
        spaces.await.map_err(theirs)
    }

    /// Appends the first rows of a room. Any row would bring them into the log; these are handed in
    /// themselves, so that everybody is in it, and told of it, before the answer. Whose membership
    /// has changed since was there before.
    async fn begin(&self, tenant: &TenantId, room: RoomId, rows: Vec<NewRow>) -> Result<()> {
        let mut waiting = Vec::with_capacity(rows.len());
        for row in rows {
            waiting.push(self.writers.submit(tenant, room, row)?);
        }
        for row in waiting {
            match row.answer().await? {
                Appended::Stored(_) | Appended::Repeat(_) | Appended::Conflict { .. } => {}
                other => return Err(refused(&other)),
            }
        }
        Ok(())
    }
}

/// A room as it is wanted, with everybody who is to be in it: its maker, who owns it, then the
/// others, each once.
fn founded(who: &Caller, id: RoomId, wanted: WantedRoom) -> NewRoom {
    let (kind, name, mut others, read_only) = match wanted {
        WantedRoom::Channel { name, read_only } => {
            (RoomKind::Channel, Some(name), Vec::new(), read_only)
        }
        WantedRoom::Group {
            name,
            members,
            read_only,
        } => (RoomKind::Group, name, members, read_only),
    };
    others.sort_unstable();
    others.dedup();
    others.retain(|user| *user != who.user);
    // As before there were any that begin read-only, whose keys stay good.
    let as_what = match read_only {
        false => ContentHash::of(&(kind, &name, &others)),
        true => ContentHash::of(&(kind, &name, &others, "read_only")),
    };
    let owner = NewRow {
        client_id: ClientId::making(id, as_what),
        ..joins(who.user, who.user, Role::Owner)
    };
    let others = others.into_iter();
    let others = others.map(|user| joins(who.user, user, Role::Member));
    let init = std::iter::once(owner).chain(others).collect();
    NewRoom {
        read_only,
        ..new_room(who, id, (kind, name), init)
    }
}

/// What is told of a look that failed once the room is there.
fn begun(error: Error) -> Error {
    match error.code() {
        Code::Unavailable => Error::unknown_outcome(error),
        _ => error,
    }
}

fn new_room(
    who: &Caller,
    id: RoomId,
    (kind, name): (RoomKind, Option<RoomName>),
    init: Vec<NewRow>,
) -> NewRoom {
    NewRoom {
        id,
        tenant: who.tenant.clone(),
        kind,
        name,
        read_only: false,
        created_by: who.user,
        init,
    }
}

/// The first row of a membership.
fn joins(sender: UserId, user: UserId, role: Role) -> NewRow {
    member_row(sender, next(user, None, MemberChange::Joined, role))
}
