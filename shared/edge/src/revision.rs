//! `ETag` and `If-Match`: changing only what one has seen.

use domain::{Error, Result, Rev};
use warp::http::{HeaderMap, HeaderValue, header::IF_MATCH};

/// `If-Match` names something else than one revision in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotARevision;

/// The revision that `If-Match: "3"` names. `None` without the header, and for `*`.
///
/// # Errors
/// [`NotARevision`], which each answer says in its own words.
pub fn if_match(headers: &HeaderMap) -> Result<Option<Rev>, NotARevision> {
    let Some(given) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let given = given.to_str().unwrap_or_default().trim();
    if given == "*" {
        return Ok(None);
    }
    let quoted = given
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let rev = quoted.and_then(|rev| rev.parse().ok());
    rev.map(Some).ok_or(NotARevision)
}

/// A revision as an `ETag`.
///
/// # Errors
/// `internal`, never for a number.
pub fn tag(rev: Rev) -> Result<HeaderValue> {
    HeaderValue::try_from(format!("\"{rev}\"")).map_err(Error::internal)
}
