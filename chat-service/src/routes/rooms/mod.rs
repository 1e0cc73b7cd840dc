//! The `rooms` dialect over HTTP: paths, statuses and bodies as its document and the original
//! have them.

mod accounts;
mod form;
mod room;
mod sockets;

use std::sync::Arc;

use domain::{Code, Error};
use edge::{Endpoint, Missed, answer};
use protocol::rooms::http;
use serde::Serialize;
use settings::DialectName;
use warp::{filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{House, Mounted, any_of, at};

/// The dialect, ready to be mounted.
pub(super) const DIALECT: Mounted = Mounted {
    name: DialectName::Rooms,
    endpoints: PATHS,
    prefixes: &["/api/user", "/api/room", "/ws/join"],
    missed,
    uploads: &[],
    routes,
};

/// The document's paths end with a slash; without it they are good, too.
const PATHS: &[Endpoint] = &[
    at("/api/user/signup/", &["POST"]),
    at("/api/user/signup", &["POST"]),
    at("/api/user/login/", &["POST"]),
    at("/api/user/login", &["POST"]),
    at("/api/user/logout/", &["POST"]),
    at("/api/user/logout", &["POST"]),
    at("/api/room/create/", &["POST"]),
    at("/api/room/create", &["POST"]),
    at("/api/room/list/", &["GET"]),
    at("/api/room/list", &["GET"]),
    at("/ws/join/", &["GET"]),
    at("/ws/join", &["GET"]),
];

fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        accounts::routes(house),
        room::routes(house),
        sockets::routes(house),
    ])
}

/// Says what no route took.
fn missed(missed: &Missed<'_>) -> Response {
    message(missed.error)
}

/// `{"error": …}`: how the original's handlers refuse.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
}

/// Refuses in the words of the original's framework. To report the error is the caller's.
fn message(error: &Error) -> Response {
    let (status, body) = http::refusal(error);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = answer::with_type(status, "application/json", body.into_bytes());
    refusing(error, response)
}

/// Refuses who could not show who they are.
fn unknown_caller(error: &Error) -> Response {
    answer::report(error);
    message(error)
}

/// Refuses as a handler of the original does that answers with JSON.
fn refuse(error: &Error) -> Response {
    answer::report(error);
    let status = answer::status_of(error);
    refusing(error, json(status, &Refusal { error: told(error) }))
}

/// Refuses as a handler of the original does that answers with text.
fn refuse_in_text(error: &Error) -> Response {
    answer::report(error);
    refusing(error, text(answer::status_of(error), told(error)))
}

/// Refuses a body in the original's own words.
fn refuse_body(error: &str) -> Response {
    json(StatusCode::BAD_REQUEST, &Refusal { error })
}

fn refusing(error: &Error, mut response: Response) -> Response {
    answer::set_retry_after(&mut response, error);
    response
}

/// What may be told of an error: nothing of what only we can mend.
fn told(error: &Error) -> &str {
    match error.code() {
        Code::Internal => Code::Internal.info().title,
        _ => error.message(),
    }
}

/// JSON as the original writes it, with a line's end.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(mut bytes) => {
            bytes.push(b'\n');
            answer::with_type(status, "application/json", bytes)
        }
        Err(error) => answer::problem(&Error::internal(error)),
    }
}

fn text(status: StatusCode, text: &str) -> Response {
    answer::with_type(
        status,
        "text/plain; charset=UTF-8",
        text.as_bytes().to_vec(),
    )
}
