//! Refusals over HTTP that come before any handler: no token, no such path, a wrong method.

use domain::{Code, Error};
use serde::Serialize;

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

/// How the framework of the document's system refuses: the status, and a line of JSON.
#[must_use]
pub fn refusal(error: &Error) -> (u16, String) {
    let info = error.code().info();
    let (status, message) = match error.code() {
        Code::Unauthenticated => (400, "missing or malformed jwt"),
        Code::TokenInvalid => (401, "invalid or expired jwt"),
        Code::NotFound => (404, "Not Found"),
        Code::MethodNotAllowed => (405, "Method Not Allowed"),
        Code::Internal => (500, "Internal Server Error"),
        _ => (info.status, error.message()),
    };
    let json = serde_json::to_string(&Message { message });
    (status, json.expect("a text can be written") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_show_who_they_are_hears_the_documents_words() {
        let said = |code| refusal(&Error::new(code));
        let line = |text: &str| format!("{{\"message\":\"{text}\"}}\n");
        assert_eq!(
            said(Code::Unauthenticated),
            (400, line("missing or malformed jwt"))
        );
        assert_eq!(
            said(Code::TokenInvalid),
            (401, line("invalid or expired jwt"))
        );
        assert_eq!(
            said(Code::MethodNotAllowed),
            (405, line("Method Not Allowed"))
        );
    }

    #[test]
    fn causes_are_never_told() {
        let error = Error::internal("secret").with_detail("secret");
        assert_eq!(
            refusal(&error).1,
            "{\"message\":\"Internal Server Error\"}\n"
        );
    }
}
