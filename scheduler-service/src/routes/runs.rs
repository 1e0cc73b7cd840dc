//! Plans, runs and restores: asking for them, and looking at them.

use domain::{Caller, Code, Error, Result, RoomId, RunId, archive::Run};
use edge::{answer, body};
use protocol::native::archive::{
    Differences, PreviewRequest, RestoreRequest, RunRequest, RunRooms, Runs,
};
use warp::{Filter, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{
    Desk, admin, any_of, get_or_head, located,
    query::{Query, query},
    requests, respond, view,
};

pub(super) fn routes(desk: &Desk) -> BoxedFilter<(Response,)> {
    any_of([looking(desk), asking(desk)])
}

fn looking(desk: &Desk) -> BoxedFilter<(Response,)> {
    let all = path!("api" / "v1" / "admin" / "archive" / "runs")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(list);
    let one = path!("api" / "v1" / "admin" / "archive" / "runs" / String)
        .and(get_or_head())
        .and(admin(desk))
        .then(get);
    let rooms = path!("api" / "v1" / "admin" / "archive" / "runs" / String / "rooms")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(rooms);
    let differences = path!("api" / "v1" / "admin" / "archive" / "runs" / String / "differences")
        .and(get_or_head())
        .and(admin(desk))
        .and(query())
        .then(differences);
    any_of([
        all.map(respond).boxed(),
        one.map(respond).boxed(),
        rooms.map(respond).boxed(),
        differences.map(respond).boxed(),
    ])
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
    any_of([
        preview.map(respond).boxed(),
        start.map(respond).boxed(),
        cancel.map(respond).boxed(),
        restore.map(respond).boxed(),
    ])
}

async fn preview(
    desk: Desk,
    who: Result<Caller>,
    body: Result<PreviewRequest>,
) -> Result<Response> {
    let (who, body) = (who?, body?);
    let policy = requests::policy_of(&desk.archive, body, &desk.limits).await?;
    let plan = desk.archive.plan(policy, who.username.as_str()).await?;
    planned(&plan)
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

async fn get(id: String, desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let run = desk.archive.run(run_id(&id)?).await?;
    let first = desk.limits.page;
    let differs = desk.archive.differences(&run, None, first).await?;
    Ok(answer::json(StatusCode::OK, &view::run(&run, differs)))
}

async fn list(desk: Desk, who: Result<Caller>, query: Query) -> Result<Response> {
    who?;
    let before = query.cursor("before")?.map(RunId::from_uuid);
    let limit = query.limit(&desk.limits)?;
    let policy = match query.text("policy") {
        Some(policy) => Some(desk.archive.policy_id(policy).await?),
        None => None,
    };
    let runs = desk.archive.runs(policy, before, limit).await?;
    let body = Runs {
        runs: runs.items.iter().map(view::in_a_list).collect(),
        more: runs.more,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

async fn rooms(id: String, desk: Desk, who: Result<Caller>, query: Query) -> Result<Response> {
    who?;
    let run = desk.archive.run(run_id(&id)?).await?;
    let (after, limit) = page(&query, &desk)?;
    let rooms = desk.archive.rooms_of(&run, after, limit).await?;
    let body = RunRooms {
        rooms: rooms.items.into_iter().map(view::room).collect(),
        more: rooms.more,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

async fn differences(
    id: String,
    desk: Desk,
    who: Result<Caller>,
    query: Query,
) -> Result<Response> {
    who?;
    let run = desk.archive.run(run_id(&id)?).await?;
    let (after, limit) = page(&query, &desk)?;
    let found = desk.archive.differences(&run, after, limit).await?;
    let (items, more) = found.map_or_else(Default::default, |found| (found.items, found.more));
    let body = Differences {
        differences: items.into_iter().map(view::difference).collect(),
        more,
    };
    Ok(answer::json(StatusCode::OK, &body))
}

fn page(query: &Query, desk: &Desk) -> Result<(Option<RoomId>, usize)> {
    let after = query.cursor("after")?.map(RoomId::from_uuid);
    Ok((after, query.limit(&desk.limits)?))
}

/// The plan is made, and can be looked at again.
pub(super) fn planned(plan: &Run) -> Result<Response> {
    let response = answer::json(StatusCode::CREATED, &view::run(plan, None));
    located(response, &format!("runs/{}", plan.id))
}

/// The run was claimed and goes on by itself.
pub(super) fn accepted(run: &Run) -> Result<Response> {
    let response = answer::json(StatusCode::ACCEPTED, &view::run(run, None));
    located(response, &format!("runs/{}", run.id))
}

fn run_id(text: &str) -> Result<RunId> {
    text.parse().map_err(|_| Code::RunNotFound.into())
}
