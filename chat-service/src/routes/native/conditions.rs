//! What a request that changes something says beside the change: its key, and what it must still
//! be true for.

use domain::{ClientId, Code, Error, Result, Rev};
use edge::revision::if_match;
use warp::http::{HeaderMap, HeaderValue};

/// The header that says `client_id`.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The key of the header, if there is one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<ClientId>> {
    let key = written(headers)?.map(str::parse).transpose();
    key.map_err(|_| Code::InvalidClientId.into())
}

fn written(headers: &HeaderMap) -> Result<Option<&str>> {
    let header = headers.get(IDEMPOTENCY_KEY).map(HeaderValue::to_str);
    let header = header
        .transpose()
        .map_err(|_| Error::new(Code::InvalidClientId))?;
    // An Idempotency-Key may be written as a quoted string.
    Ok(header.map(|key| key.trim_matches('"')))
}

/// The sender's own id: of the header, of the body, or, where neither has one, a new one.
pub(super) fn client_id(headers: &HeaderMap, body: Option<&str>) -> Result<ClientId> {
    let invalid = || Error::new(Code::InvalidClientId);
    match (written(headers)?, body) {
        (Some(header), Some(body)) if header != body => {
            Err(invalid().with_detail("The Idempotency-Key and the client_id of the body differ."))
        }
        (Some(given), _) | (None, Some(given)) => given.parse().map_err(|_| invalid()),
        (None, None) => Ok(ClientId::new()),
    }
}

/// The revision that the target must still have: of `If-Match`, or of the body. `*` asks for any.
pub(super) fn if_rev(headers: &HeaderMap, body: Option<Rev>) -> Result<Option<Rev>> {
    let wrong = |detail| Error::invalid(Code::InvalidField, "rev", detail);
    let header = if_match(headers)
        .map_err(|_| wrong("If-Match takes one revision in quotes, as the ETag says it: \"3\"."))?;
    match (header, body) {
        (Some(header), Some(body)) if header != body => {
            Err(wrong("If-Match and the rev of the body differ."))
        }
        (header, body) => Ok(header.or(body)),
    }
}

#[cfg(test)]
mod tests {
    use warp::http::header::IF_MATCH;

    use super::*;

    fn asked(if_match: &'static str, body: Option<Rev>) -> Result<Option<Rev>, Code> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_static(if_match));
        if_rev(&headers, body).map_err(|error| error.code())
    }

    #[test]
    fn a_condition_names_one_revision() {
        assert_eq!(asked("\"3\"", None), Ok(Some(3)));
        assert_eq!(asked("\"3\"", Some(3)), Ok(Some(3)));
        assert_eq!(asked("*", None), Ok(None));
        assert_eq!(asked("*", Some(3)), Ok(Some(3)));
        assert_eq!(if_rev(&HeaderMap::new(), Some(2)).ok(), Some(Some(2)));
        for bad in ["3", "W/\"3\"", "\"x\"", "\"3\", \"4\"", "\"\""] {
            assert_eq!(asked(bad, None), Err(Code::InvalidField), "{bad}");
        }
        assert_eq!(asked("\"3\"", Some(4)), Err(Code::InvalidField));
    }
}
