//! How the dialects answer whose documented systems are made with one framework.

use domain::{Code, Error, Kind, Result};
use edge::{Missed, answer, body, socket::HandshakeError};
use protocol::drf::{self, CHALLENGE, Form, Refusal};
use warp::{
    Filter, Rejection,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    hyper::body::Bytes,
    reply::Response,
};

use super::House;

/// Why a request is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// In words of the dialect's own.
    Said(Refusal),
    /// In those of the framework.
    Error(Error),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Said(refusal)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self::Error(code.into())
    }
}

/// Answers, or refuses.
pub(super) fn respond(result: Result<Response, Refused>) -> Response {
    match result {
        Ok(response) => response,
        Err(Refused::Said(refusal)) => said(refusal),
        Err(Refused::Error(error)) => refuse(&error),
    }
}

/// Refuses in the framework's words.
pub(super) fn refuse(error: &Error) -> Response {
    answer::report(error);
    // No handler refuses a method.
    worded("", error)
}

/// Refuses a socket. Whoever may not come in, and whoever asks for what is not there, hears the
/// same.
pub(super) fn withhold(error: Error) -> Response {
    refuse(&match error.kind() {
        Kind::Unauthenticated | Kind::Forbidden | Kind::NotFound => Code::Forbidden.into(),
        _ => error,
    })
}

/// Refuses what is no handshake.
pub(super) fn no_handshake(error: &HandshakeError) -> Response {
    let mut response = match error {
        HandshakeError::Origin(error) => refuse(error),
        HandshakeError::Malformed(_) | HandshakeError::Version => {
            answer::text(error.status(), error.to_string())
        }
    };
    error.decorate(&mut response);
    response
}

/// Says what no route took.
pub(super) fn missed(missed: &Missed<'_>) -> Response {
    worded(missed.method.as_str(), missed.error)
}

fn worded(method: &str, error: &Error) -> Response {
    let mut response = said(drf::refusal(method, error));
    answer::set_retry_after(&mut response, error);
    response
}

/// Refuses in words that are put together already.
pub(super) fn said(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status);
    let mut response = json(
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        refusal.body,
    );
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(CHALLENGE);
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Answers with JSON that is written already.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    answer::with_type(status, "application/json", body.into_bytes())
}

/// The form that comes with a request, or why it is none.
pub(super) fn form(
    house: &House,
) -> impl Filter<Extract = (Result<Form, Refused>,), Error = Rejection> + Clone + use<> {
    warp::header::headers_cloned()
        .and(body::bytes(house.ctx.limits.body_bytes))
        .map(|headers: HeaderMap, body| read(&headers, body))
}

/// Reads a form, which is JSON.
fn read(headers: &HeaderMap, body: Result<Bytes>) -> Result<Form, Refused> {
    let body = body?;
    let given = headers.get(CONTENT_TYPE);
    let given = given
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !body.is_empty() && !essence.eq_ignore_ascii_case("application/json") {
        let unsupported = format!("Unsupported media type \"{given}\" in request.");
        return Err(drf::detail(415, &unsupported).into());
    }
    Ok(drf::read(&body)?)
}
