//! Words that several of the documented systems have from the framework they are made with (Django
//! REST framework, simplejwt): how it refuses, and how it reads forms.

mod form;
mod page;
mod tokens;

use domain::{Code, Error};
use serde::Serialize;

pub use form::{Faults, Form, read};
pub use page::{Asked, Sizes, Span, list};
pub use tokens::{Tokens, blacklisted, no_refresh_token, wrong_credentials};

/// What a 401 says of how to authenticate.
pub const CHALLENGE: &str = "Bearer realm=\"api\"";

/// A refusal: the status, and a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body, which is JSON.
    pub body: String,
}

#[derive(Serialize)]
struct Detail<'a> {
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    messages: &'static [TokenMessage],
}

/// What is wrong with a token, for each kind that is taken: we take one.
#[derive(Serialize)]
struct TokenMessage {
    token_class: &'static str,
    token_type: &'static str,
    message: &'static str,
}

const NO_ACCESS_TOKEN: &[TokenMessage] = &[TokenMessage {
    token_class: "AccessToken",
    token_type: "access",
    message: "Token is invalid or expired",
}];

/// Refuses with a detail alone.
#[must_use]
pub fn detail(status: u16, detail: &str) -> Refusal {
    said(status, detail, None, &[])
}

/// Refuses a token that is given in a body, which is no token any more or never was one.
#[must_use]
pub fn bad_token(detail: &str) -> Refusal {
    said(401, detail, Some("token_not_valid"), &[])
}

/// How the framework refuses, before or in place of a handler. Nothing is told of what only we can
/// mend.
#[must_use]
pub fn refusal(method: &str, error: &Error) -> Refusal {
    let status = error.code().info().status;
    match error.code() {
        Code::Unauthenticated => detail(401, "Authentication credentials were not provided."),
        Code::TokenInvalid | Code::TokenExpired | Code::RefreshReused => {
            let invalid = "Given token not valid for any token type";
            said(401, invalid, Some("token_not_valid"), NO_ACCESS_TOKEN)
        }
        Code::Forbidden | Code::OriginRefused => {
            detail(403, "You do not have permission to perform this action.")
        }
        Code::NotFound => detail(404, "Not found."),
        Code::MethodNotAllowed => detail(405, &format!("Method \"{method}\" not allowed.")),
        Code::RateLimited => detail(429, &throttled(error)),
        Code::Internal => detail(500, "A server error occurred."),
        _ => detail(status, error.message()),
    }
}

fn throttled(error: &Error) -> String {
    let wait = error.retry_after().unwrap_or_default();
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let s = if seconds == 1 { "" } else { "s" };
    format!("Request was throttled. Expected available in {seconds} second{s}.")
}

fn said(
    status: u16,
    detail: &str,
    code: Option<&'static str>,
    messages: &'static [TokenMessage],
) -> Refusal {
    let body = Detail {
        detail,
        code,
        messages,
    };
    Refusal {
        status,
        body: json(&body),
    }
}

/// Writes one of our own types, whose keys are all strings.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types have string keys only")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn told(error: &Error) -> (u16, Value) {
        let refusal = refusal("PATCH", error);
        (refusal.status, serde_json::from_str(&refusal.body).unwrap())
    }

    #[test]
    fn refusals_are_in_the_frameworks_words() {
        let missing = json!({"detail": "Authentication credentials were not provided."});
        assert_eq!(told(&Code::Unauthenticated.into()), (401, missing));
        let invalid = json!({
            "detail": "Given token not valid for any token type", "code": "token_not_valid",
            "messages": [{
                "token_class": "AccessToken", "token_type": "access",
                "message": "Token is invalid or expired",
            }],
        });
        assert_eq!(told(&Code::TokenInvalid.into()), (401, invalid));
        let method = json!({"detail": "Method \"PATCH\" not allowed."});
        assert_eq!(told(&Code::MethodNotAllowed.into()), (405, method));
        let fast = Error::too_many(Code::RateLimited, Duration::from_millis(1_200));
        let wait = "Request was throttled. Expected available in 2 seconds.";
        assert_eq!(told(&fast), (429, json!({ "detail": wait })));
    }

    #[test]
    fn causes_are_never_told() {
        let error = Error::internal("secret").with_detail("secret");
        assert!(!refusal("GET", &error).body.contains("secret"));
    }
}
