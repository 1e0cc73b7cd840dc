//! `/api/v1/me` and `/api/v1/users`: oneself, and what everybody may know of others.

use std::sync::Arc;

use domain::{Caller, Code, Error, Label, Result, User, UserId};
use edge::{Peer, answer, auth::bearer, body, request};
use protocol::native::{ChangeMe, ChangePassword, Me, People, PersonView};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::accounts::known;
use crate::{
    accounts::{PasswordChange, ProfileChange},
    routes::{
        House, any_of, auth,
        query::{Query, query},
        respond, with,
    },
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let bytes = house.ctx.limits.body_bytes;
    let asked = || with(house).and(bearer(auth(house)));
    let me = path!("api" / "v1" / "me")
        .and(warp::get())
        .and(asked())
        .then(me);
    let change = path!("api" / "v1" / "me")
        .and(warp::patch())
        .and(asked())
        .and(body::json(bytes))
        .then(change);
    let password = path!("api" / "v1" / "me" / "password")
        .and(warp::post())
        .and(with(house))
        .and(request::peer())
        .and(request::label())
        .and(bearer(auth(house)))
        .and(body::json(bytes))
        .then(change_password);
    let person = path!("api" / "v1" / "users" / String)
        .and(warp::get())
        .and(asked())
        .then(person);
    let called = path!("api" / "v1" / "users")
        .and(warp::get())
        .and(asked())
        .and(query())
        .then(person_called);
    let people = path!("api" / "v1" / "people")
        .and(warp::get())
        .and(asked())
        .and(query())
        .then(people);
    any_of(vec![
        me.map(respond).boxed(),
        people.map(respond).boxed(),
        change.map(respond).boxed(),
        password.map(respond).boxed(),
        person.map(respond).boxed(),
        called.map(respond).boxed(),
    ])
}

async fn me(house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let user = house.accounts.account(who?.user).await?;
    Ok(answer::json(StatusCode::OK, &Me::new(&user)))
}

async fn change(
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<ChangeMe>,
) -> Result<Response> {
    let who = who?;
    let ChangeMe {
        username,
        email,
        first_name,
        last_name,
    } = body?;
    let change = ProfileChange {
        username,
        email,
        first_name,
        last_name,
    };
    let user = house.accounts.change_profile(who.user, &change).await?;
    Ok(answer::json(StatusCode::OK, &Me::new(&user)))
}

async fn change_password(
    house: Arc<House>,
    peer: Peer,
    label: Label,
    who: Result<Caller>,
    body: Result<ChangePassword>,
) -> Result<Response> {
    let who = who?;
    let ChangePassword { current, new } = body?;
    let change = PasswordChange { current, new };
    let changed = house.accounts.change_password(peer, label, &who, change);
    let (user, granted) = changed.await?;
    Ok(answer::json(StatusCode::OK, &known(&user, granted)))
}

async fn person(id: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let id = id.parse().map_err(|_| Code::UserNotFound)?;
    let user = house.accounts.person(&who.tenant, id).await?;
    Ok(shown(&user))
}

async fn person_called(house: Arc<House>, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let name = query.text("name").ok_or_else(nameless)?;
    let user = house.accounts.person_called(&who.tenant, name).await?;
    Ok(shown(&user))
}

async fn people(house: Arc<House>, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let limit = query.limit(&house.ctx.limits)?;
    let before = query.cursor::<UserId>("before")?;
    let mut people = house
        .accounts
        .people(&who.tenant, before, limit + 1)
        .await?;
    let more = people.len() > limit;
    people.truncate(limit);
    let people = people.iter().map(PersonView::new).collect();
    Ok(answer::json(StatusCode::OK, &People { people, more }))
}

fn nameless() -> Error {
    Error::invalid(Code::InvalidField, "name", "Say whom: `?name=`.")
}

fn shown(user: &User) -> Response {
    answer::json(StatusCode::OK, &PersonView::new(user))
}
