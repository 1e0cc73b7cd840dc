//! HTTP answers. An error becomes `application/problem+json` (RFC 9457) here, at the last step,
//! and its cause is logged here, once, and never sent.

use std::{error::Error as _, sync::LazyLock};

use domain::{Error, Kind};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};
use protocol::native::Problem;
use serde::Serialize;
use warp::reply::{Reply, Response};

use crate::request;

/// A dependency that is away fails every request: one line a second tells enough.
static OUTAGES: LazyLock<DefaultDirectRateLimiter> =
    LazyLock::new(|| RateLimiter::direct(Quota::per_second(std::num::NonZeroU32::MIN)));

/// Answers with JSON.
#[must_use]
pub fn json<T: Serialize + ?Sized>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => with_type(status, "application/json", body),
        Err(error) => problem(&Error::internal(error)),
    }
}

/// Answers with plain text.
#[must_use]
pub fn text(status: StatusCode, body: impl Into<String>) -> Response {
    with_type(
        status,
        "text/plain; charset=utf-8",
        body.into().into_bytes(),
    )
}

/// Answers with a status alone.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    status.into_response()
}

/// Answers with a body of any media type.
#[must_use]
pub fn with_type(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Refuses with `application/problem+json`, and logs what the caller is not told.
#[must_use]
pub fn problem(error: &Error) -> Response {
    report(error);
    let body = serde_json::to_vec(&describe(error)).unwrap_or_default();
    let mut response = with_type(status_of(error), "application/problem+json", body);
    set_retry_after(&mut response, error);
    if response.status() == StatusCode::UNAUTHORIZED {
        // RFC 9110, 11.6.1: a 401 says how to authenticate.
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    response
}

/// The HTTP status of an error.
#[must_use]
pub fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code().info().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Says how long to wait before trying again, in whole seconds and never 0, if the error does.
/// For dialects that write their own bodies.
pub fn set_retry_after(response: &mut Response, error: &Error) {
    if let Some(wait) = error.retry_after() {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
    }
}

/// Logs an error with its causes and counts it. Call it where the error leaves Hubbub, and only
/// there; [`problem`] does it by itself.
pub fn report(error: &Error) {
    metrics::counter!("hubbub_errors_total", "code" => error.code().name()).increment(1);
    let request_id = request::current_id();
    let request_id = request_id.as_ref().map(request::RequestId::as_str);
    let code = error.code().name();
    match error.kind() {
        Kind::Internal => {
            tracing::error!(code, request_id, cause = causes(error), "internal error");
        }
        Kind::Unavailable if error.source().is_some() && OUTAGES.check().is_ok() => {
            tracing::warn!(code, request_id, cause = causes(error), "part unavailable");
        }
        _ => tracing::debug!(code, request_id, cause = causes(error), "refused"),
    }
}

fn describe(error: &Error) -> Problem<'_> {
    let request = request::current_id();
    Problem::new(error, request.map(|id| id.as_str().to_owned()))
}

/// The error and all that led to it, in one line.
fn causes(error: &Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Code;
    use http_body_util::BodyExt;

    use super::*;

    async fn body(response: Response) -> serde_json::Value {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_wrong_field_is_named() {
        let error = Error::invalid(Code::InvalidEmail, "email", "It looks wrong.");
        let response = problem(&error);
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            body(response).await,
            serde_json::json!({
                "type": "/docs/codes#invalid_email",
                "title": "This is not an e-mail address.",
                "status": 400,
                "detail": "It looks wrong.",
                "code": "invalid_email",
                "temporary": false,
                "errors": [{"field": "email", "detail": "It looks wrong."}],
            })
        );
    }

    #[tokio::test]
    async fn waiting_is_told_in_both_units() {
        let error = Error::too_many(Code::RateLimited, Duration::from_millis(1_200));
        let response = problem(&error);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        assert_eq!(body(response).await["retry_after_ms"], 1_200);
    }

    #[tokio::test]
    async fn causes_are_never_sent() {
        let cause = || std::io::Error::other("mongodb://root:hunter2@db");
        for error in [
            Error::internal(cause()),
            Error::unavailable(cause()),
            Error::unknown_outcome(cause()),
            Error::internal(cause()).with_detail("hunter2"),
        ] {
            let text = body(problem(&error)).await.to_string();
            assert!(!text.contains("hunter2"), "{text}");
            assert!(causes(&error).contains("hunter2"));
        }
    }

    #[tokio::test]
    async fn the_request_is_named() {
        let id = request::RequestId::of(&hyper::HeaderMap::new());
        let response =
            request::scope(id.clone(), async { problem(&Error::new(Code::NotFound)) }).await;
        assert_eq!(body(response).await["request_id"], id.as_str());
    }
}
