//! `/api/v1/rooms` and what is below it, but for messages.

use std::sync::Arc;

use domain::{Caller, Code, Command, Error, Reply, Result, RoomName, command::RoomView};
use edge::{answer, auth::bearer, body};
use protocol::native::{CreateRoom, MemberView, Members, RoomJoined, RoomSummary, Rooms};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderValue, StatusCode, header::LOCATION},
    path,
    reply::Response,
};

use super::{room_id, unexpected};
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
    let members = path!("api" / "v1" / "rooms" / String / "members")
        .and(warp::get())
        .and(who())
        .and(query())
        .then(members);
    any_of(vec![
        create.map(respond).boxed(),
        list.map(respond).boxed(),
        get.map(respond).boxed(),
        join.map(respond).boxed(),
        leave.map(respond).boxed(),
        members.map(respond).boxed(),
    ])
}

async fn create(
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<CreateRoom>,
) -> Result<Response> {
    let who = who?;
    let name = RoomName::parse(&body?.name, &house.ctx.limits)?;
    match house
        .app
        .handle(&who, Command::CreateChannel { name })
        .await?
    {
        Reply::Room(view) => {
            let mut response = answer::json(StatusCode::CREATED, &RoomSummary::new(&view));
            let path = format!("/api/v1/rooms/{}", view.room.id);
            let path = HeaderValue::try_from(path).map_err(Error::internal)?;
            response.headers_mut().insert(LOCATION, path);
            Ok(response)
        }
        other => Err(unexpected(other)),
    }
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
        "mine" => Command::ListOwnRooms { after, limit },
        "channels" => Command::ListChannels { after, limit },
        _ => {
            let detail = "It is `mine` or `channels`.";
            return Err(Error::invalid(Code::InvalidField, "scope", detail));
        }
    };
    match house.app.handle(&who, command).await? {
        Reply::Rooms { rooms, more } => Ok(page(&rooms, more)),
        other => Err(unexpected(other)),
    }
}

async fn find(house: &House, who: &Caller, name: RoomName) -> Result<Response> {
    match house.app.handle(who, Command::FindChannel { name }).await {
        Ok(Reply::Room(view)) => Ok(page(&[view], false)),
        Ok(other) => Err(unexpected(other)),
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
        Reply::Room(view) => Ok(answer::json(StatusCode::OK, &RoomSummary::new(&view))),
        other => Err(unexpected(other)),
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
        other => Err(unexpected(other)),
    }
}

async fn leave(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    house.app.handle(&who, Command::Leave { room }).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn members(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    query: Query,
) -> Result<Response> {
    let who = who?;
    let command = Command::ListMembers {
        room: room_id(&room)?,
        after: query.cursor("after")?,
        limit: query.limit(&house.ctx.limits)?,
    };
    match house.app.handle(&who, command).await? {
        Reply::Members { members, more } => {
            let members = members
                .iter()
                .map(|(member, name)| MemberView::new(member, name));
            let members = members.collect();
            Ok(answer::json(StatusCode::OK, &Members { members, more }))
        }
        other => Err(unexpected(other)),
    }
}
