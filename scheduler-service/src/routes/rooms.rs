//! What rooms have of their own.

use domain::{Caller, Code, Error, Result, Room, RoomId};
use edge::{answer, body};
use protocol::native::archive::{RoomRuleRequest, RoomRules};
use warp::{Filter, Rejection, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{
    Desk, Segment, admin, any_of, get_or_head,
    query::{Query, query},
    requests, respond, view,
};

pub(super) fn routes(desk: &Desk) -> BoxedFilter<(Response,)> {
    any_of([looking(desk), changing(desk)])
}

fn one() -> impl Filter<Extract = (Segment,), Error = Rejection> + Copy {
    path!("api" / "v1" / "admin" / "archive" / "rooms" / Segment)
}

fn looking(desk: &Desk) -> BoxedFilter<(Response,)> {
    let list = path!("api" / "v1" / "admin" / "archive" / "rooms")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(list);
    let get = one().and(get_or_head()).and(admin(desk)).then(get);
    let explain = path!("api" / "v1" / "admin" / "archive" / "explain")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(explain);
    any_of([
        list.map(respond).boxed(),
        get.map(respond).boxed(),
        explain.map(respond).boxed(),
    ])
}

fn changing(desk: &Desk) -> BoxedFilter<(Response,)> {
    let set = one()
        .and(warp::put())
        .and(admin(desk))
        .and(body::json(desk.limits.body_bytes))
        .then(set);
    let lift = one().and(warp::delete()).and(admin(desk)).then(lift);
    any_of([set.map(respond).boxed(), lift.map(respond).boxed()])
}

async fn list(desk: Desk, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let after = query.cursor("after")?.map(RoomId::from_uuid);
    let limit = query.limit(&desk.limits)?;
    let rules = desk.archive.own_rules(&who.tenant, after, limit).await?;
    let body = RoomRules {
        rooms: rules.items.iter().map(view::own_rule).collect(),
        more: rules.more,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

async fn get(Segment(room): Segment, desk: Desk, who: Result<Caller>) -> Result<Response> {
    let room = room_of(&desk, &who?, &room).await?;
    let rule = desk.archive.own_rule(room).await?;
    Ok(answer::json(StatusCode::OK, &view::own_rule(&rule)))
}

async fn set(
    Segment(room): Segment,
    desk: Desk,
    who: Result<Caller>,
    body: Result<RoomRuleRequest>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let room = room_of(&desk, &who, &room).await?;
    let rule = requests::rule_of(&desk.archive, &body).await?;
    let rule = desk.archive.set_own_rule(room, rule, &who).await?;
    Ok(answer::json(StatusCode::OK, &view::own_rule(&rule)))
}

async fn lift(Segment(room): Segment, desk: Desk, who: Result<Caller>) -> Result<Response> {
    let room = room_of(&desk, &who?, &room).await?;
    desk.archive.lift_own_rule(room.id).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn explain(desk: Desk, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let Some(room) = query.text("room") else {
        let detail = "Name a room: `explain?room=` and its id, or the name of a channel.";
        return Err(Error::invalid(Code::InvalidField, "room", detail));
    };
    let room = room_of(&desk, &who, room).await?;
    let explained = desk.archive.explain(room).await?;
    Ok(answer::json(StatusCode::OK, &view::explained(&explained)?))
}

async fn room_of(desk: &Desk, who: &Caller, room: &str) -> Result<Room> {
    desk.archive.room_of(&who.tenant, room, &desk.limits).await
}
