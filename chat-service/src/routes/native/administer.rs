//! `/api/v1/admin/users` and `/api/v1/admin/events`: what administrators, and other systems by their
//! rights, do with people.

use std::sync::Arc;

use domain::{Caller, Result};
use edge::{auth::administrator, body};
use protocol::friends::events;
use warp::{
    Filter, filters::BoxedFilter, http::StatusCode, hyper::body::Bytes, path, reply::Response,
};

use super::user_id;
use crate::routes::{House, any_of, auth, respond, with};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let asked = || with(house).and(administrator(auth(house)));
    let delete = path!("api" / "v1" / "admin" / "users" / String)
        .and(warp::delete())
        .and(asked())
        .then(delete);
    let tell = path!("api" / "v1" / "admin" / "events" / String)
        .and(warp::post())
        .and(asked())
        .and(body::bytes(house.ctx.limits.body_bytes))
        .then(tell);
    any_of(vec![delete.map(respond).boxed(), tell.map(respond).boxed()])
}

async fn delete(user: String, house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    house.accounts.delete(&who.tenant, user_id(&user)?).await?;
    Ok(done())
}

/// Takes in what another system tells.
async fn tell(
    action: String,
    house: Arc<House>,
    who: Result<Caller>,
    body: Result<Bytes>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let told = events::read(&action, &body)?;
    house.tellings.take(&who.tenant, &told).await?;
    Ok(done())
}

fn done() -> Response {
    edge::answer::empty(StatusCode::NO_CONTENT)
}
