//! `GET /ws/join-notification/`: the notification socket of the `rooms` dialect. Every process
//! that serves people mounts it, whether or not it also serves the rooms.

use domain::{Error, Result};
use hyper::{HeaderMap, StatusCode};
use protocol::rooms::{Rooms, http};
use settings::DialectName;
use warp::{Filter, reply::Response};

use super::{Admitted, HandshakeError, Upgrade, upgrade};
use crate::{Context, Endpoint, Missed, Service, answer, auth::bearer_of};

const PATHS: &[Endpoint] = &[
    Endpoint {
        path: "/ws/join-notification/",
        methods: &["GET"],
    },
    Endpoint {
        path: "/ws/join-notification",
        methods: &["GET"],
    },
];

/// The notification sockets of the dialects that are switched on. To be mounted once in a process.
#[must_use]
pub fn notifications(ctx: &Context) -> Service {
    let spoken = ctx.settings.dialects.contains(&DialectName::Rooms);
    let own = ctx.clone();
    let routes = warp::path!("ws" / "join-notification")
        .and(warp::get())
        .and_then(move || async move { spoken.then_some(()).ok_or_else(warp::reject::not_found) })
        .untuple_one()
        .and(warp::header::headers_cloned())
        .and(upgrade(ctx))
        .then(move |headers, upgrade| {
            let ctx = own.clone();
            async move { open(&ctx, &headers, upgrade).await.unwrap_or_else(refuse) }
        });
    let service = Service::new("notification sockets", routes, Vec::new());
    match spoken {
        true => service
            .with_endpoints(PATHS)
            .with_fallback("/ws/join-notification", missed),
        false => service,
    }
}

/// The token first, then the handshake, as the original looks at them.
async fn open(
    ctx: &Context,
    headers: &HeaderMap,
    upgrade: Result<Upgrade, HandshakeError>,
) -> Result<Response> {
    let who = ctx.auth.identify(bearer_of(headers)?).await?;
    match upgrade {
        Ok(upgrade) => Ok(Admitted::enter(ctx, upgrade, &who, &Rooms, None)
            .await?
            .open_notifications(ctx)),
        Err(error) => Ok(no_handshake(&error)),
    }
}

fn no_handshake(error: &HandshakeError) -> Response {
    let status = error.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = answer::text(status, reason);
    error.decorate(&mut response);
    response
}

fn missed(missed: &Missed<'_>) -> Response {
    words(missed.error)
}

fn refuse(error: Error) -> Response {
    answer::report(&error);
    words(&error)
}

fn words(error: &Error) -> Response {
    let (status, body) = http::refusal(error);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer::with_type(status, "application/json", body.into_bytes());
    answer::set_retry_after(&mut response, error);
    response
}
