//! Who there is, and the conversation with each.

use std::sync::Arc;

use domain::{Caller, Code, Result, RoomId, Seq, UserId};
use edge::{answer, auth::bearer};
use protocol::recipients::http::{self, Person};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use crate::routes::{
    House, any_of, auth, direct,
    drf::{self, Refused, respond},
    query::{Query, query},
    with,
};

/// How many people are told at most. `?before=` goes on.
const MOST: usize = 1_000;

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let asked = || {
        warp::get()
            .or(warp::post())
            .unify()
            .and(with(house))
            .and(bearer(auth(house)))
            .and(query())
    };
    let people = path!("api" / "users").and(asked()).then(people);
    let chat = path!("api" / "users" / String / "chat")
        .and(asked())
        .then(chat);
    any_of(vec![people.map(respond).boxed(), chat.map(respond).boxed()])
}

/// Everybody of the tenant but the caller, from those who signed up last.
async fn people(house: Arc<House>, who: Result<Caller>, query: Query) -> Result<Response, Refused> {
    let who = who?;
    let before = query.cursor::<UserId>("before")?;
    let mut people = house.accounts.people(&who.tenant, before, MOST + 1).await?;
    people.retain(|user| user.id != who.user);
    people.truncate(MOST);
    let people: Vec<Person<'_>> = people.iter().map(Person::new).collect();
    Ok(answer::json(StatusCode::OK, &people))
}

/// The conversation with somebody, opened now if need be.
async fn chat(
    id: String,
    house: Arc<House>,
    who: Result<Caller>,
    query: Query,
) -> Result<Response, Refused> {
    let who = who?;
    let before = query.cursor::<Seq>("before")?;
    let Ok(user) = id.parse::<UserId>() else {
        return Err(http::no_such_account().into());
    };
    if user == who.user {
        return Err(http::invalid_recipient().into());
    }
    let room = opened(&house, &who, user).await?;
    let messages = direct::newest(&house, &who, room, before, direct::MOST).await?;
    let people = house.ctx.ports.store.users(&[who.user, user]).await?;
    let body = http::conversation(room.uuid(), &messages, &people);
    Ok(drf::json(StatusCode::OK, body))
}

/// Opens the conversation with somebody.
async fn opened(house: &House, who: &Caller, user: UserId) -> Result<RoomId, Refused> {
    match direct::opened(house, who, user).await {
        Err(error) if error.code() == Code::UserNotFound => Err(http::no_such_account().into()),
        opened => Ok(opened?),
    }
}
