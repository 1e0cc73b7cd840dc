//! What the consumer set aside, for administrators.

use domain::{Caller, Result, ports::SetAside};
use edge::{
    Context, answer,
    auth::administrator,
    query::{Query, query},
};
use serde::Serialize;
use utoipa::ToSchema;
use warp::{Filter, http::StatusCode, path, reply::Response};

use super::{Routes, respond, with};

/// A job that was set aside, as an administrator sees it.
#[derive(Serialize, ToSchema)]
struct AsideView {
    /// Its id.
    id: uuid::Uuid,
    /// Why it could not be done.
    reason: String,
    /// When it was set aside.
    at: domain::Timestamp,
    /// The body as text, as far as it is text.
    body: String,
}

/// Jobs that were set aside.
#[derive(Serialize, ToSchema)]
pub(super) struct AsidePage {
    /// The first of them.
    jobs: Vec<AsideView>,
    /// How many there are in all.
    total: u64,
}

pub(super) fn routes(ctx: &Context) -> Routes {
    path!("api" / "v1" / "admin" / "queue" / "aside")
        .and(warp::get())
        .and(with(ctx))
        .and(administrator(ctx.auth.clone()))
        .and(query())
        .then(aside)
        .map(respond)
        .boxed()
}

async fn aside(ctx: Context, who: Result<Caller>, query: Query) -> Result<Response> {
    who?;
    let limit = query.limit(&ctx.limits)?;
    let (jobs, depth) = (
        ctx.ports.queue.set_aside(limit).await?,
        ctx.ports.queue.depth().await?,
    );
    let view = |aside: SetAside| AsideView {
        id: aside.job.id,
        reason: aside.reason,
        at: aside.at,
        body: String::from_utf8_lossy(&aside.job.body).into_owned(),
    };
    let jobs = jobs.into_iter().map(view).collect();
    let total = depth.aside;
    Ok(answer::json(StatusCode::OK, &AsidePage { jobs, total }))
}
