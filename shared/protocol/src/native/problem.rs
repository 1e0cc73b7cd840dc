//! Refusals over REST (RFC 9457).

use domain::{Code, Error};
use serde::Serialize;
use utoipa::ToSchema;

/// Why something was not done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem<'a> {
    /// Where the code is explained.
    #[schema(format = "uri-reference")]
    pub r#type: String,
    /// What the code means.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What it is, for people. The texts may change.
    pub detail: &'a str,
    /// What it is, for programs. The codes stay.
    pub code: &'static str,
    /// Whether the same request may succeed later, unchanged.
    pub temporary: bool,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem<'a>>,
    /// How long to wait before trying again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The request's name in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem<'a> {
    /// Which.
    pub field: &'a str,
    /// What is wrong with it.
    pub detail: &'a str,
}

impl<'a> Problem<'a> {
    /// Shows an error, without its causes.
    #[must_use]
    pub fn new(error: &'a Error, request_id: Option<String>) -> Self {
        let info = error.code().info();
        let detail = match error.code() {
            Code::Internal => info.title,
            _ => error.message(),
        };
        let field = error.field().map(|field| FieldProblem { field, detail });
        let millis =
            |wait: std::time::Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self {
            r#type: format!("/docs/codes#{}", info.name),
            title: info.title,
            status: info.status,
            detail,
            code: info.name,
            temporary: error.code().temporary(),
            errors: field.into_iter().collect(),
            retry_after_ms: error.retry_after().map(millis),
            request_id,
        }
    }
}
