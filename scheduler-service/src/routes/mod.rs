//! `/api/v1/admin/archive`, for administrators.

mod requests;
mod view;

use std::{collections::HashMap, convert::Infallible, str::FromStr, sync::Arc};

use domain::{Caller, Code, Error, Limits, Result, RunId};
use edge::{Authenticator, Context, Endpoint, answer, auth::administrator, body};
use protocol::native::{
    archive::{Policies, PreviewRequest, RestoreRequest, RunRequest, Runs},
    page_size,
};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderValue, StatusCode, header::LOCATION},
    path,
    reply::Response,
};

use crate::{archive::Archive, difference};
use domain::archive::{Phase, Run};

/// What is mounted.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    at("/api/v1/admin/archive/policies", &["GET", "HEAD"]),
    at("/api/v1/admin/archive/preview", &["POST"]),
    at("/api/v1/admin/archive/runs", &["GET", "HEAD", "POST"]),
    at("/api/v1/admin/archive/runs/{run}", &["GET", "HEAD"]),
    at("/api/v1/admin/archive/runs/{run}/cancel", &["POST"]),
    at("/api/v1/admin/archive/restore", &["POST"]),
];

const fn at(path: &'static str, methods: &'static [&'static str]) -> Endpoint {
    Endpoint { path, methods }
}

/// What the handlers work with.
#[derive(Clone)]
struct Desk {
    archive: Archive,
    auth: Arc<Authenticator>,
    limits: Arc<Limits>,
}

type Query = HashMap<String, String>;

/// Everything that the archive answers to.
pub(crate) fn routes(ctx: &Context, archive: Archive) -> BoxedFilter<(Response,)> {
    let desk = Desk {
        archive,
        auth: Arc::clone(&ctx.auth),
        limits: Arc::clone(&ctx.limits),
    };
    reading(&desk).or(asking(&desk)).unify().boxed()
}

fn reading(desk: &Desk) -> BoxedFilter<(Response,)> {
    let policies = path!("api" / "v1" / "admin" / "archive" / "policies")
        .and(get_or_head())
        .and(admin(desk))
        .then(policies);
    let runs = path!("api" / "v1" / "admin" / "archive" / "runs")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(runs);
    let run = path!("api" / "v1" / "admin" / "archive" / "runs" / String)
        .and(get_or_head())
        .and(admin(desk))
        .then(run);
    let routes = policies.map(respond).or(runs.map(respond)).unify();
    routes.or(run.map(respond)).unify().boxed()
}

fn asking(desk: &Desk) -> BoxedFilter<(Response,)> {
    let limit = desk.limits.body_bytes;
    let preview = path!("api" / "v1" / "admin" / "archive" / "preview")
        .and(warp::post())
        .and(admin(desk))
        .and(body::json(limit))
        .then(preview);
    let start = path!("api" / "v1" / "admin" / "archive" / "runs")
        .and(warp::post())
        .and(admin(desk))
        .and(body::json(limit))
        .then(start);
    let cancel = path!("api" / "v1" / "admin" / "archive" / "runs" / String / "cancel")
        .and(warp::post())
        .and(admin(desk))
        .then(cancel);
    let restore = path!("api" / "v1" / "admin" / "archive" / "restore")
        .and(warp::post())
        .and(admin(desk))
        .and(body::json(limit))
        .then(restore);
    let routes = preview.map(respond).or(start.map(respond)).unify();
    let routes = routes.or(cancel.map(respond)).unify();
    routes.or(restore.map(respond)).unify().boxed()
}

fn get_or_head() -> impl Filter<Extract = (), Error = warp::Rejection> + Copy {
    warp::get().or(warp::head()).unify()
}

/// Who asks, and what handlers work with.
fn admin(
    desk: &Desk,
) -> impl Filter<Extract = (Desk, Result<Caller>), Error = Infallible> + Clone + use<> {
    let shared = desk.clone();
    warp::any()
        .map(move || shared.clone())
        .and(administrator(Arc::clone(&desk.auth)))
}

/// The parameters of a request; a query that cannot be read has none.
fn query() -> impl Filter<Extract = (Query,), Error = Infallible> + Clone {
    warp::query::<Query>()
        .or(warp::any().map(Query::default))
        .unify()
}

fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::problem(&error))
}

async fn policies(desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let now = desk.archive.now();
    let policies = desk.archive.policies().await?;
    let policies = policies.iter().map(|policy| view::policy(policy, now));
    let body = Policies {
        policies: policies.collect::<Result<_>>()?,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

async fn preview(
    desk: Desk,
    who: Result<Caller>,
    body: Result<PreviewRequest>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let policy = requests::policy_of(&desk.archive, body, &desk.limits).await?;
    let plan = desk.archive.plan(policy, who.username.as_str()).await?;
    Ok(answer::json(StatusCode::CREATED, &view::run(&plan, None)))
}

async fn start(desk: Desk, who: Result<Caller>, body: Result<RunRequest>) -> Result<Response> {
    let (who, body) = (who?, body?);
    let by = who.username.as_str();
    let run = match (body.plan, body.policy) {
        (Some(plan), None) => desk.archive.run_plan(RunId::from_uuid(plan), by).await?,
        (None, Some(name)) => {
            let policy = desk.archive.policy(&name).await?;
            desk.archive.run_now(policy, by).await?
        }
        _ => {
            let detail = "Name a plan or a policy, and not both.";
            return Err(Error::invalid(Code::InvalidField, "plan", detail));
        }
    };
    accepted(&run)
}

async fn restore(
    desk: Desk,
    who: Result<Caller>,
    body: Result<RestoreRequest>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let restore = requests::restore_of(&body)?;
    let run = desk.archive.restore(restore, who.username.as_str()).await?;
    accepted(&run)
}

async fn cancel(id: String, desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let run = desk.archive.cancel(run_id(&id)?).await?;
    Ok(answer::json(StatusCode::OK, &view::run(&run, None)))
}

async fn run(id: String, desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let run = desk.archive.run(run_id(&id)?).await?;
    let differs = match desk.archive.plan_of(&run).await? {
        Some(plan) if run.phase != Phase::Running => Some(difference::between(&plan, &run)),
        _ => None,
    };
    Ok(answer::json(StatusCode::OK, &view::run(&run, differs)))
}

async fn runs(desk: Desk, who: Result<Caller>, query: Query) -> Result<Response> {
    who?;
    let before = parameter(&query, "before")?.map(RunId::from_uuid);
    let limit = page_size(parameter(&query, "limit")?, &desk.limits);
    let mut runs = desk.archive.runs(before, limit + 1).await?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let runs = runs.iter().map(view::in_a_list).collect();
    Ok(answer::json(StatusCode::OK, &Runs { runs, more }))
}

/// The run was claimed and goes on by itself; `Location` says where to watch it.
fn accepted(run: &Run) -> Result<Response> {
    let mut response = answer::json(StatusCode::ACCEPTED, &view::run(run, None));
    let path = format!("/api/v1/admin/archive/runs/{}", run.id);
    let path = HeaderValue::try_from(path).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, path);
    Ok(response)
}

fn run_id(text: &str) -> Result<RunId> {
    text.parse().map_err(|_| Code::RunNotFound.into())
}

fn parameter<T: FromStr>(query: &Query, name: &'static str) -> Result<Option<T>> {
    let parse = |text: &String| {
        text.parse()
            .map_err(|_| Error::invalid(Code::InvalidCursor, name, "This cannot be read."))
    };
    query.get(name).map(parse).transpose()
}

#[cfg(test)]
mod tests;
