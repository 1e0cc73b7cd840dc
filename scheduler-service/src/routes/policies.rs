//! The policies: making, changing, pausing, planning and running them.

use domain::{Caller, Result, Rev, archive::Policy};
use edge::{answer, body};
use protocol::native::archive::{NewPolicy, Policies, PolicyChange, ScheduleRequest};
use warp::{Filter, Rejection, filters::BoxedFilter, http::StatusCode, path, reply::Response};

use super::{
    Desk, Segment, admin, any_of, get_or_head, located, requests, respond,
    revision::{if_match, tagged},
    runs::{accepted, planned},
    view,
};

pub(super) fn routes(desk: &Desk) -> BoxedFilter<(Response,)> {
    any_of([looking(desk), changing(desk), resting(desk), doing(desk)])
}

fn all() -> impl Filter<Extract = (), Error = Rejection> + Copy {
    path!("api" / "v1" / "admin" / "archive" / "policies")
}

fn one() -> impl Filter<Extract = (Segment,), Error = Rejection> + Copy {
    path!("api" / "v1" / "admin" / "archive" / "policies" / Segment)
}

fn looking(desk: &Desk) -> BoxedFilter<(Response,)> {
    let list = all().and(get_or_head()).and(admin(desk)).then(list);
    let get = one().and(get_or_head()).and(admin(desk)).then(get);
    let meaning = path!("api" / "v1" / "admin" / "archive" / "schedule" / "preview")
        .and(warp::post())
        .and(admin(desk))
        .and(body::json(desk.limits.body_bytes))
        .then(meaning);
    any_of([
        list.map(respond).boxed(),
        get.map(respond).boxed(),
        meaning.map(respond).boxed(),
    ])
}

fn changing(desk: &Desk) -> BoxedFilter<(Response,)> {
    let limit = desk.limits.body_bytes;
    let create = all()
        .and(warp::post())
        .and(admin(desk))
        .and(body::json(limit))
        .then(create);
    let change = one()
        .and(warp::patch())
        .and(admin(desk))
        .and(if_match())
        .and(body::json(limit))
        .then(change);
    let remove = one()
        .and(warp::delete())
        .and(admin(desk))
        .and(if_match())
        .then(remove);
    any_of([
        create.map(respond).boxed(),
        change.map(respond).boxed(),
        remove.map(respond).boxed(),
    ])
}

fn resting(desk: &Desk) -> BoxedFilter<(Response,)> {
    let pause = path!("api" / "v1" / "admin" / "archive" / "policies" / Segment / "pause")
        .and(warp::post())
        .and(admin(desk))
        .and(if_match())
        .then(|name, desk, who, from| rest(name, desk, who, from, true));
    let resume = path!("api" / "v1" / "admin" / "archive" / "policies" / Segment / "resume")
        .and(warp::post())
        .and(admin(desk))
        .and(if_match())
        .then(|name, desk, who, from| rest(name, desk, who, from, false));
    any_of([pause.map(respond).boxed(), resume.map(respond).boxed()])
}

fn doing(desk: &Desk) -> BoxedFilter<(Response,)> {
    let preview = path!("api" / "v1" / "admin" / "archive" / "policies" / Segment / "preview")
        .and(warp::post())
        .and(admin(desk))
        .then(preview);
    let run = path!("api" / "v1" / "admin" / "archive" / "policies" / Segment / "run")
        .and(warp::post())
        .and(admin(desk))
        .then(run);
    any_of([preview.map(respond).boxed(), run.map(respond).boxed()])
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

async fn get(Segment(name): Segment, desk: Desk, who: Result<Caller>) -> Result<Response> {
    who?;
    let policy = desk.archive.policy(&name).await?;
    shown(&desk, StatusCode::OK, &policy)
}

/// Says what a schedule means, before it is anybody's.
async fn meaning(
    desk: Desk,
    who: Result<Caller>,
    body: Result<ScheduleRequest>,
) -> Result<Response> {
    who?;
    let body = body?;
    let schedule = requests::schedule_of(&body)?;
    let after = body.after.unwrap_or_else(|| desk.archive.now());
    let view = view::schedule(&schedule, after);
    Ok(answer::json(StatusCode::OK, &view))
}

async fn create(desk: Desk, who: Result<Caller>, body: Result<NewPolicy>) -> Result<Response> {
    who?;
    let setting = requests::setting_of(body?);
    let policy = desk.archive.create_policy(&setting, &desk.limits).await?;
    let response = shown(&desk, StatusCode::CREATED, &policy)?;
    located(response, &format!("policies/{}", policy.id))
}

async fn change(
    Segment(name): Segment,
    desk: Desk,
    who: Result<Caller>,
    from: Result<Option<Rev>>,
    body: Result<PolicyChange>,
) -> Result<Response> {
    who?;
    let (from, body) = (from?, body?);
    let change = |setting: &mut _| requests::apply(&body, setting);
    let changed = desk
        .archive
        .change_policy(&name, from, &desk.limits, change);
    shown(&desk, StatusCode::OK, &changed.await?)
}

async fn remove(
    Segment(name): Segment,
    desk: Desk,
    who: Result<Caller>,
    from: Result<Option<Rev>>,
) -> Result<Response> {
    who?;
    desk.archive.remove_policy(&name, from?).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn rest(
    Segment(name): Segment,
    desk: Desk,
    who: Result<Caller>,
    from: Result<Option<Rev>>,
    paused: bool,
) -> Result<Response> {
    who?;
    let policy = desk.archive.pause_policy(&name, from?, paused).await?;
    shown(&desk, StatusCode::OK, &policy)
}

async fn preview(Segment(name): Segment, desk: Desk, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let policy = desk.archive.policy(&name).await?;
    planned(&desk.archive.plan(policy, who.username.as_str()).await?)
}

async fn run(Segment(name): Segment, desk: Desk, who: Result<Caller>) -> Result<Response> {
    let who = who?;
    let policy = desk.archive.policy(&name).await?;
    accepted(&desk.archive.run_now(policy, who.username.as_str()).await?)
}

fn shown(desk: &Desk, status: StatusCode, policy: &Policy) -> Result<Response> {
    let view = view::policy(policy, desk.archive.now())?;
    tagged(answer::json(status, &view), policy.rev)
}
