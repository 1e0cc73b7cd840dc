//! `/api/chat/users/`: the rooms that somebody has with friends.

use std::sync::Arc;

use domain::{
    Caller, Code, Command, Kind, Presence, PresenceState, Reply, Result, RoomId, UserId,
    command::RoomView,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::friends::http::{self, Acquaintance};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Wanted, unexpected, wanted};
use crate::routes::{
    House, any_of,
    drf::{self, Refused, respond},
};

/// Rooms of one read, and how many last messages are looked up at once.
const PAGE: usize = 200;
const AT_ONCE: usize = 8;

/// How many of a room's newest messages are looked at for one that was not deleted.
const NEWEST: usize = 10;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let list = path!("api" / "chat" / "users")
        .and(warp::get())
        .and(wanted(house))
        .then(list);
    let one = path!("api" / "chat" / "users" / String)
        .and(warp::get())
        .and(wanted(house))
        .then(one);
    any_of(vec![list.map(respond).boxed(), one.map(respond).boxed()])
}

/// Those with the newest messages first; where nothing was said, last, and of those the newest
/// first. `filter=online` leaves out who is away; any other filter is none.
async fn list(house: Arc<House>, wanted: Wanted) -> Result<Response, Refused> {
    let page = wanted.page();
    let online = wanted.query.text("filter") == Some("online");
    let who = wanted.who?;
    let rooms = rooms_of_two(&house, &who).await?;
    let mut all = acquaintances(&house, &who, rooms).await?;
    all.retain(|one| !online || one.seen.state != PresenceState::Offline);
    all.sort_by_cached_key(|one| {
        let said = one.last.as_ref().map(|last| (last.created_at, last.id));
        std::cmp::Reverse((said, one.room.room.created_at, one.room.room.id))
    });
    let span = page?.span(all.len())?;
    let body = http::rooms(&wanted.url, span, &span.of(all));
    Ok(drf::json(StatusCode::OK, body))
}

async fn one(id: String, house: Arc<House>, wanted: Wanted) -> Result<Response, Refused> {
    let who = wanted.who?;
    let room = find(&house, &who, &id).await?;
    let found = acquaintances(&house, &who, vec![room]).await?;
    let body = found.first().and_then(http::room);
    let body = body.ok_or_else(http::no_such_room)?;
    Ok(drf::json(StatusCode::OK, body))
}

/// The caller's room of two of this id, or that with the friend of this id. What is not there, and
/// what is not theirs, is the same.
pub(super) async fn find(house: &House, who: &Caller, id: &str) -> Result<RoomView, Refused> {
    let friend = house.ctx.live.cards.find(&who.tenant, id).await?;
    let room = match friend {
        Some(friend) => RoomId::direct(&who.tenant, who.user, friend.user),
        None => id.parse().map_err(|_| http::no_such_room())?,
    };
    match house.app.handle(who, Command::GetRoom { room }).await {
        Ok(Reply::Room(view)) if view.peer.is_some() && view.member.is_some() => Ok(view),
        Ok(_) => Err(http::no_such_room().into()),
        Err(error) if error.kind() == Kind::NotFound => Err(http::no_such_room().into()),
        Err(error) => Err(error.into()),
    }
}

/// All rooms of two that the caller has and has not hidden.
async fn rooms_of_two(house: &House, who: &Caller) -> Result<Vec<RoomView>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let command = Command::ListOwnRooms {
            after,
            limit: PAGE,
            hidden: false,
        };
        let (rooms, more) = match house.app.handle(who, command).await? {
            Reply::Rooms { rooms, more } => (rooms, more),
            _ => return Err(unexpected()),
        };
        after = rooms.last().map(|view| view.room.id);
        found.extend(rooms.into_iter().filter(|view| view.peer.is_some()));
        if !more || after.is_none() {
            return Ok(found);
        }
    }
}

/// Rooms with who is there and what was said last, in the order given.
async fn acquaintances(
    house: &House,
    who: &Caller,
    rooms: Vec<RoomView>,
) -> Result<Vec<Acquaintance>> {
    let peers = rooms.iter().filter_map(|view| view.peer.as_ref());
    let peers: Vec<UserId> = peers.map(|peer| peer.user).collect();
    let seen = presences(house, who, peers).await?;
    let look = |(room, seen): (RoomView, Presence)| async move {
        let last = house.ctx.live.last_message(&room, NEWEST).await?;
        Ok::<_, domain::Error>(Acquaintance { room, seen, last })
    };
    let looked = stream::iter(rooms.into_iter().zip(seen)).map(look);
    looked.buffered(AT_ONCE).try_collect().await
}

/// How people are seen, in the order asked. Where that is not known, as away.
pub(super) async fn presences(
    house: &House,
    who: &Caller,
    users: Vec<UserId>,
) -> Result<Vec<Presence>> {
    let mut seen = Vec::with_capacity(users.len());
    for users in users.chunks(house.ctx.limits.presence_users.max(1)) {
        let command = Command::ListPresence {
            users: users.to_vec(),
        };
        match house.app.handle(who, command).await {
            Ok(Reply::Presences { presences, .. }) => seen.extend(presences),
            Ok(_) => return Err(unexpected()),
            Err(error) if error.code() == Code::Unavailable => {
                seen.extend(users.iter().map(|user| Presence::hidden(*user)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(seen)
}
