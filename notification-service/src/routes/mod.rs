//! `/api/v1/notifications`, and what was set aside, for administrators.

mod described;
mod explain;
mod inbox;
mod queue;
mod rules;

use std::convert::Infallible;

use domain::{Result, RoomId};
use edge::{Context, Endpoint, Service, answer};
use warp::{Filter, filters::BoxedFilter, reply::Response};

const PATHS: &[Endpoint] = &[
    at("/api/v1/notifications", &["GET", "HEAD"]),
    at("/api/v1/notifications/ack", &["POST"]),
    at("/api/v1/notifications/explain", &["GET", "HEAD"]),
    at("/api/v1/notifications/rules", &["GET", "HEAD"]),
    at(
        "/api/v1/notifications/rules/{room}",
        &["GET", "HEAD", "PUT"],
    ),
    at("/api/v1/admin/queue/aside", &["GET", "HEAD"]),
];

const fn at(path: &'static str, methods: &'static [&'static str]) -> Endpoint {
    Endpoint { path, methods }
}

pub(crate) fn service(ctx: &Context) -> Service {
    let routes = inbox::routes(ctx)
        .or(rules::routes(ctx))
        .unify()
        .or(explain::routes(ctx))
        .unify()
        .or(queue::routes(ctx))
        .unify();
    Service::new("notifications", routes, Vec::new())
        .with_endpoints(PATHS)
        .with_operations(described::operations())
}

/// Routes of one group.
type Routes = BoxedFilter<(Response,)>;

fn with(ctx: &Context) -> impl Filter<Extract = (Context,), Error = Infallible> + Clone + use<> {
    let ctx = ctx.clone();
    warp::any().map(move || ctx.clone())
}

fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::problem(&error))
}

/// The room of a path. What is no id is the id of no room.
fn room_id(segment: &str) -> Result<RoomId> {
    segment
        .parse()
        .map_err(|_| domain::Code::RoomNotFound.into())
}

#[cfg(test)]
mod tests;
