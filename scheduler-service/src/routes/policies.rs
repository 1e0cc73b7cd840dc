//! The policies.

use domain::{Caller, Result};
use edge::answer;
use protocol::native::archive::Policies;
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{Desk, admin, get_or_head, respond, view};

pub(super) fn routes(desk: &Desk) -> BoxedFilter<(Response,)> {
    let list = path!("api" / "v1" / "admin" / "archive" / "policies")
        .and(get_or_head())
        .and(admin(desk))
        .then(list);
    list.map(respond).boxed()
}

async fn list(desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let now = desk.archive.now();
    let policies = desk.archive.policies().await?;
    let policies = policies.iter().map(|policy| view::policy(policy, now));
    let body = Policies {
        policies: policies.collect::<Result<_>>()?,
    };
    Ok(answer::json(StatusCode::OK, &body))
}
