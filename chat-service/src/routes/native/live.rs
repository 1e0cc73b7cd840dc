//! Receipts and presence: `/api/v1/rooms/{room}/read`, `/received`, `/receipts`, `/presence`, and
//! `/api/v1/presence`.

use std::sync::Arc;

use domain::{Caller, Code, Command, Error, Mark, Reply, Result, UserId};
use edge::{answer, auth::bearer, body};
use protocol::native::{Presences, ReadBody, Receipts};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{room_id, unexpected};
use crate::routes::{
    House, any_of, auth,
    query::{Query, query},
    respond, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let who = || with(house).and(bearer(auth(house)));
    let seq = || body::json(house.ctx.limits.body_bytes);
    let read = path!("api" / "v1" / "rooms" / String / "read")
        .and(warp::post())
        .and(who())
        .and(seq())
        .then(|room, house, who, body| raise(room, house, who, (Mark::Read, body)));
    let received = path!("api" / "v1" / "rooms" / String / "received")
        .and(warp::post())
        .and(who())
        .and(seq())
        .then(|room, house, who, body| raise(room, house, who, (Mark::Received, body)));
    let receipts = path!("api" / "v1" / "rooms" / String / "receipts")
        .and(warp::get())
        .and(who())
        .then(receipts);
    let room = path!("api" / "v1" / "rooms" / String / "presence")
        .and(warp::get())
        .and(who())
        .and(query())
        .then(room_presence);
    let people = path!("api" / "v1" / "presence")
        .and(warp::get())
        .and(who())
        .and(query())
        .then(presence);
    any_of(vec![
        read.map(respond).boxed(),
        received.map(respond).boxed(),
        receipts.map(respond).boxed(),
        room.map(respond).boxed(),
        people.map(respond).boxed(),
    ])
}

async fn raise(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    (mark, body): (Mark, Result<ReadBody>),
) -> Result<Response> {
    let (who, through) = (who?, body?.seq);
    let room = room_id(&room)?;
    let command = Command::RaiseMark {
        room,
        mark,
        through,
    };
    house.app.handle(&who, command).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn receipts(room: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let room = room_id(&room)?;
    match house
        .app
        .handle(&who, Command::ListReceipts { room })
        .await?
    {
        Reply::Receipts { receipts, more } => {
            let receipts = Receipts::new(&receipts, more);
            Ok(answer::json(StatusCode::OK, &receipts))
        }
        _ => Err(unexpected()),
    }
}

async fn room_presence(
    room: String,
    house: Arc<House>,
    who: Result<Caller>,
    query: Query,
) -> Result<Response> {
    let who = who?;
    let command = Command::ListRoomPresence {
        room: room_id(&room)?,
        after: query.cursor("after")?,
        limit: query.limit(&house.ctx.limits)?,
    };
    look(&house, &who, command).await
}

/// `users` lists ids, separated by commas.
async fn presence(house: Arc<House>, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let users = query.text("users").unwrap_or_default().split(',');
    let users: Result<Vec<UserId>> = users.map(user_id).collect();
    let command = Command::ListPresence { users: users? };
    look(&house, &who, command).await
}

fn user_id(text: &str) -> Result<UserId> {
    let detail = "It lists the ids of users, separated by commas.";
    text.trim()
        .parse()
        .map_err(|_| Error::invalid(Code::InvalidField, "users", detail))
}

async fn look(house: &House, who: &Caller, command: Command) -> Result<Response> {
    match house.app.handle(who, command).await? {
        Reply::Presences { presences, more } => {
            let presences = Presences::new(&presences, more);
            Ok(answer::json(StatusCode::OK, &presences))
        }
        _ => Err(unexpected()),
    }
}
