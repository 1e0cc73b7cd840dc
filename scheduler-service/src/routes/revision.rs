//! `ETag` and `If-Match`: changing only what one has seen.

use std::convert::Infallible;

use domain::{Code, Error, Result, Rev};
use edge::revision;
use warp::{
    Filter,
    http::{HeaderMap, header::ETAG},
    reply::Response,
};

/// Extracts the revision that `If-Match: "3"` names. `None` without the header, and for `*`.
///
/// Extracts `invalid_field` when it is no revision.
pub(super) fn if_match() -> impl Filter<Extract = (Result<Option<Rev>>,), Error = Infallible> + Clone
{
    warp::header::headers_cloned().map(|headers: HeaderMap| of(&headers))
}

fn of(headers: &HeaderMap) -> Result<Option<Rev>> {
    revision::if_match(headers).map_err(|_| {
        let detail = "It is the `ETag` of what you have seen: a revision in quotes, as in \"3\".";
        Error::invalid(Code::InvalidField, "if-match", detail)
    })
}

/// Says which revision an answer shows.
pub(super) fn tagged(mut response: Response, rev: Rev) -> Result<Response> {
    response.headers_mut().insert(ETAG, revision::tag(rev)?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use warp::http::header::IF_MATCH;

    use super::*;

    #[test]
    fn only_a_revision_in_quotes_is_one() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MATCH, text.parse().unwrap());
            of(&headers)
        };
        assert_eq!(of(&HeaderMap::new()).unwrap(), None);
        assert_eq!(read("*").unwrap(), None);
        assert_eq!(read("\"3\"").unwrap(), Some(3));
        for bad in ["3", "W/\"3\"", "\"x\"", "\"", "\"-1\"", "\"1\", \"2\""] {
            let error = read(bad).unwrap_err();
            assert_eq!(error.code(), Code::InvalidField, "{bad}");
        }
    }
}
