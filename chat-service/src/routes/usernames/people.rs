//! `/api/userauth/users/{number}/`, to which the bodies of the dialect lead.

use std::sync::Arc;

use domain::{Caller, Numbering, Result, UserId};
use edge::{Site, answer};
use protocol::usernames::http::{Person, no_such_user};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::asked;
use crate::routes::{
    House,
    drf::{Refused, respond},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    path!("api" / "userauth" / "users" / String)
        .and(warp::get())
        .and(asked(house))
        .then(person)
        .map(respond)
        .boxed()
}

/// Oneself, or somebody with whom one shares a room; nobody learns of others.
async fn person(
    number: String,
    house: Arc<House>,
    who: Result<Caller>,
    site: Site,
) -> Result<Response, Refused> {
    let who = who?;
    let store = &house.ctx.ports.store;
    let number: u64 = number.parse().map_err(|_| no_such_user())?;
    let found = store
        .numbered(&who.tenant, Numbering::Users, number)
        .await?;
    let user = UserId::from_uuid(found.ok_or_else(no_such_user)?);
    if user != who.user && store.sharing_rooms(who.user, &[user]).await?.is_empty() {
        return Err(no_such_user().into());
    }
    let user = store.user(user).await?.ok_or_else(no_such_user)?;
    let person = Person::new(&user, site.base(), number);
    Ok(answer::json(StatusCode::OK, &person))
}
