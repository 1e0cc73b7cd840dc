//! `/api/v1/rooms` and what is below it, but for members and messages.

use std::sync::Arc;

use domain::{Caller, Code, Command, Error, Reply, Result, RoomName, command::RoomView};
use edge::{answer, auth::bearer, body, revision::tag};
use protocol::native::{ChangeRoom, CreateRoom, RoomJoined, RoomSummary, Rooms, UserBody};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ETAG, LOCATION},
    },
    path,
    reply::Response,
};

use super::{
    conditions::{if_rev, key},
    room_id, unexpected,
};
use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let all = || path!("api" / "v1" / "rooms");
    let create = all()
        .and(warp::post())
        .and(who())
        .and(warp::header::headers_cloned())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(create);
    let list = all().and(warp::get()).and(who()).and(query()).then(list);
    let get = path!("api" / "v1" / "rooms" / String)
        .and(warp::get())
        .and(who())
        .then(get);
    let join = path!("api" / "v1" / "rooms" / String / "join")
        .and(warp::post())
        .and(who())
        .then(join);
    let leave = path!("api" / "v1" / "rooms" / String / "leave")
        .and(warp::post())
        .and(who())
        .then(leave);
    let change = path!("api" / "v1" / "rooms" / String)
        .and(warp::patch())
        .and(who())
        .and(warp::header::headers_cloned())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(change);
    let delete = path!("api" / "v1" / "rooms" / String)
        .and(warp::delete())
        .and(who())
        .then(delete);
    let direct = path!("api" / "v1" / "rooms" / "direct")
        .and(warp::post())
        .and(who())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(direct);
    any_of(vec![
        create.map(respond).boxed(),
        list.map(respond).boxed(),
        get.map(respond).boxed(),
        join.map(respond).boxed(),
        leave.map(respond).boxed(),
        change.map(respond).boxed(),
        delete.map(respond).boxed(),
        direct.map(respond).boxed(),
    ])
}

async fn create(
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
    body: Result<CreateRoom>,
) -> Result<Response> {
    let who = who?;
    let command = Command::CreateRoom {
        room: body?.wanted(&house.ctx.limits)?,
        key: key(&headers)?,
    };
    match house.app.handle(&who, command).await? {
        Reply::Opened { room, made: new } => made(&room, new),
        _ => Err(unexpected()),
    }
}

async fn direct(
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<UserBody>,
) -> Result<Response> {
    let who = who?;
    let user = body?.user;
    let command = Command::OpenDirect { user };
    match house.app.handle(&who, command).await? {
        Reply::Opened { room, made: new } => made(&room, new),
        _ => Err(unexpected()),
    }
}

/// Answers with a room that was made, or that was there already, and where it is.
fn made(view: &RoomView, new: bool) -> Result<Response> {
    let status = match new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let mut response = shown(status, view)?;
    let path = format!("/api/v1/rooms/{}", view.room.id);
    let path = HeaderValue::try_from(path).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, path);
    Ok(response)
}

/// Answers with a room and its revision.
pub(super) fn shown(status: StatusCode, view: &RoomView) -> Result<Response> {
    let mut response = answer::json(status, &RoomSummary::new(view));
    response.headers_mut().insert(ETAG, tag(view.room.rev)?);
    Ok(response)
}

/// `scope=mine` (the default) lists the rooms that one is in, `scope=channels` those that anybody
/// of the tenant may join; `name` finds the channel of that name.
async fn list(house: Arc<House>, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    if let Some(name) = query.text("name") {
        let name = RoomName::parse(name, &house.ctx.limits)?;
        return find(&house, &who, name).await;
    }
    let (after, limit) = (query.cursor("after")?, query.limit(&house.ctx.limits)?);
    let command = match query.text("scope").unwrap_or("mine") {
        "mine" => Command::ListOwnRooms {
            after,
            limit,
            hidden: false,
        },
        "channels" => Command::ListChannels { after, limit },
        _ => {
            let detail = "It is `mine` or `channels`.";
            return Err(Error::invalid(Code::InvalidField, "scope", detail));
        }
    };
    match house.app.handle(&who, command).await? {
        Reply::Rooms { rooms, more } => Ok(page(&rooms, more)),
        _ => Err(unexpected()),
    }
}

async fn find(house: &House, who: &Caller, name: RoomName) -> Result<Response> {
    match house.app.handle(who, Command::FindChannel { name }).await {
        Ok(Reply::Room(view)) => Ok(page(&[view], false)),
        Ok(_) => Err(unexpected()),
        Err(error) if error.code() == Code::RoomNotFound => Ok(page(&[], false)),
        Err(error) => Err(error),
    }
}

fn page(rooms: &[RoomView], more: bool) -> Response {
    let rooms = rooms.iter().map(RoomSummary::new).collect();
    answer::json(StatusCode::OK, &Rooms { rooms, more })
}

async fn get(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    match house.app.handle(&who, Command::GetRoom { room }).await? {
        Reply::Room(view) => shown(StatusCode::OK, &view),
        _ => Err(unexpected()),
    }
}

async fn join(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    match house.app.handle(&who, Command::Join { room }).await? {
        Reply::Joined { room, row } => {
            let joined = RoomJoined {
                room: RoomSummary::new(&room),
                seq: row.map(|row| row.seq),
            };
            Ok(answer::json(StatusCode::OK, &joined))
        }
        _ => Err(unexpected()),
    }
}

async fn leave(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    house.app.handle(&who, Command::Leave { room }).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn change(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    headers: HeaderMap,
    body: Result<ChangeRoom>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let limits = &house.ctx.limits;
    let name = body.name.map(|name| RoomName::chosen(&name, limits));
    let command = Command::ChangeRoom {
        room: room_id(&room)?,
        name: name.transpose()?,
        read_only: body.read_only,
        if_rev: if_rev(&headers, None)?,
    };
    match house.app.handle(&who, command).await? {
        Reply::Room(view) => shown(StatusCode::OK, &view),
        _ => Err(unexpected()),
    }
}

async fn delete(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    house.app.handle(&who, Command::DeleteRoom { room }).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
