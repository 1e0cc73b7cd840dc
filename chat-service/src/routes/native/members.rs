//! `/api/v1/rooms/{room}/members` and `/transfer`: who is in a room, and what they may do.

use std::sync::Arc;

use domain::{Caller, Command, Reply, Result, Role};
use edge::{answer, auth::bearer, body};
use protocol::native::{AddMember, MemberChanged, MemberView, Members, RoleBody, UserBody};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{room_id, rooms::shown, unexpected, user_id};
use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let bytes = house.ctx.limits.body_bytes;
    let all = || path!("api" / "v1" / "rooms" / String / "members");
    let one = || path!("api" / "v1" / "rooms" / String / "members" / String);
    let list = all().and(warp::get()).and(who()).and(query()).then(list);
    let add = all()
        .and(warp::post())
        .and(who())
        .and(body::json(bytes))
        .then(add);
    let change = one()
        .and(warp::patch())
        .and(who())
        .and(body::json(bytes))
        .then(change);
    let remove = one().and(warp::delete()).and(who()).then(remove);
    let transfer = path!("api" / "v1" / "rooms" / String / "transfer")
        .and(warp::post())
        .and(who())
        .and(body::json(bytes))
        .then(transfer);
    any_of(vec![
        list.map(respond).boxed(),
        add.map(respond).boxed(),
        change.map(respond).boxed(),
        remove.map(respond).boxed(),
        transfer.map(respond).boxed(),
    ])
}

async fn list(
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
        _ => Err(unexpected()),
    }
}

async fn add(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<AddMember>,
) -> Result<Response> {
    let (who, AddMember { user, role }) = (who?, body?);
    let room = room_id(&room)?;
    let role = role.unwrap_or(Role::Member);
    let command = Command::AddMember { room, user, role };
    let reply = house.app.handle(&who, command).await?;
    changed(reply, StatusCode::CREATED)
}

async fn change(
    room: String,
    user: String,
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<RoleBody>,
) -> Result<Response> {
    let (who, role) = (who?, body?.role);
    let (room, user) = (room_id(&room)?, user_id(&user)?);
    let command = Command::SetRole { room, user, role };
    let reply = house.app.handle(&who, command).await?;
    changed(reply, StatusCode::OK)
}

/// Answers with somebody's place; 200 where it was so already.
fn changed(reply: Reply, done: StatusCode) -> Result<Response> {
    match reply {
        Reply::Member {
            member,
            username,
            seq,
        } => {
            let member = MemberView::new(&member, &username);
            let status = seq.map_or(StatusCode::OK, |_| done);
            Ok(answer::json(status, &MemberChanged { member, seq }))
        }
        _ => Err(unexpected()),
    }
}

async fn remove(
    room: String,
    user: String,
    house: Arc<House>,
    who: Result<Caller>,
) -> Result<Response> {
    let who = who?;
    let (room, user) = (room_id(&room)?, user_id(&user)?);
    let command = Command::RemoveMember { room, user };
    house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn transfer(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<UserBody>,
) -> Result<Response> {
    let (who, user) = (who?, body?.user);
    let room = room_id(&room)?;
    let command = Command::Transfer { room, user };
    match house.app.handle(&who, command).await? {
        Reply::Room(view) => shown(StatusCode::OK, &view),
        _ => Err(unexpected()),
    }
}
