//! `/api/v1/admin/archive`, for administrators.

mod described;
mod policies;
mod requests;
mod revision;
mod rooms;
mod runs;
#[cfg(test)]
mod tests;
mod view;

use std::{
    convert::Infallible,
    str::{FromStr, Utf8Error},
    sync::Arc,
};

use domain::{Caller, Error, Limits, Result};
use edge::{Authenticator, Context, Endpoint, answer, auth::administrator, query};
use percent_encoding::percent_decode_str;
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderValue, header::LOCATION},
    reply::Response,
};

pub(crate) use described::operations;

use crate::archive::Archive;

/// What is mounted.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    at("/api/v1/admin/archive/policies", &["GET", "HEAD", "POST"]),
    at(
        "/api/v1/admin/archive/policies/{policy}",
        &["GET", "HEAD", "PATCH", "DELETE"],
    ),
    at("/api/v1/admin/archive/policies/{policy}/pause", &["POST"]),
    at("/api/v1/admin/archive/policies/{policy}/resume", &["POST"]),
    at("/api/v1/admin/archive/policies/{policy}/preview", &["POST"]),
    at("/api/v1/admin/archive/policies/{policy}/run", &["POST"]),
    at("/api/v1/admin/archive/schedule/preview", &["POST"]),
    at("/api/v1/admin/archive/rooms", &["GET", "HEAD"]),
    at(
        "/api/v1/admin/archive/rooms/{room}",
        &["GET", "HEAD", "PUT", "DELETE"],
    ),
    at("/api/v1/admin/archive/explain", &["GET", "HEAD"]),
    at("/api/v1/admin/archive/preview", &["POST"]),
    at("/api/v1/admin/archive/runs", &["GET", "HEAD", "POST"]),
    at("/api/v1/admin/archive/runs/{run}", &["GET", "HEAD"]),
    at("/api/v1/admin/archive/runs/{run}/rooms", &["GET", "HEAD"]),
    at(
        "/api/v1/admin/archive/runs/{run}/differences",
        &["GET", "HEAD"],
    ),
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

/// Everything that the archive answers to.
pub(crate) fn routes(ctx: &Context, archive: Archive) -> BoxedFilter<(Response,)> {
    let desk = Desk {
        archive,
        auth: Arc::clone(&ctx.auth),
        limits: Arc::clone(&ctx.limits),
    };
    any_of([
        policies::routes(&desk),
        runs::routes(&desk),
        rooms::routes(&desk),
    ])
}

/// A segment of a path with its escapes undone, since names may have spaces.
struct Segment(String);

impl FromStr for Segment {
    type Err = Utf8Error;

    fn from_str(text: &str) -> Result<Self, Utf8Error> {
        let text = percent_decode_str(text).decode_utf8()?;
        Ok(Self(text.into_owned()))
    }
}

/// Several routes as one.
fn any_of<const N: usize>(routes: [BoxedFilter<(Response,)>; N]) -> BoxedFilter<(Response,)> {
    let nothing = warp::any()
        .and_then(async || Err::<Response, _>(warp::reject::not_found()))
        .boxed();
    let mut routes = routes.into_iter();
    let first = routes.next().unwrap_or(nothing);
    routes.fold(first, |all, one| all.or(one).unify().boxed())
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

fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::problem(&error))
}

/// Says where what was made can be looked at.
fn located(mut response: Response, path: &str) -> Result<Response> {
    let path = format!("/api/v1/admin/archive/{path}");
    let path = HeaderValue::try_from(path).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, path);
    Ok(response)
}
