//! `ETag` and the conditions on it: changing only what one has seen, and reading only what one has
//! not (RFC 9110, section 13.1).

use domain::{Error, Result, Rev};
use warp::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH},
};

use crate::random::to_hex;

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

/// A hash of what is answered as an `ETag`.
///
/// # Errors
/// `internal`, never for a hash.
pub fn tag_of_hash(hash: &[u8]) -> Result<HeaderValue> {
    HeaderValue::try_from(format!("\"{}\"", to_hex(hash))).map_err(Error::internal)
}

/// Whether a condition names a tag, or any. For `If-None-Match` a weak tag names it too (RFC 9110,
/// section 8.8.3.2).
#[must_use]
pub fn names(asked: &HeaderMap, condition: HeaderName, tag: &HeaderValue) -> bool {
    let weak = condition == IF_NONE_MATCH;
    let given = asked.get_all(condition);
    let listed = given.iter().filter_map(|value| value.to_str().ok());
    listed
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .map(|one| one.strip_prefix("W/").filter(|_| weak).unwrap_or(one))
        .any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use warp::http::header::IF_RANGE;

    use super::*;

    fn is_named(condition: HeaderName, given: &str) -> bool {
        let mut asked = HeaderMap::new();
        asked.insert(condition.clone(), given.parse().unwrap());
        names(&asked, condition, &HeaderValue::from_static("\"a\""))
    }

    #[test]
    fn a_list_of_tags_names_each_of_them() {
        for given in ["\"a\"", "\"b\", \"a\"", "*", "W/\"a\""] {
            assert!(is_named(IF_NONE_MATCH, given), "{given}");
        }
        for given in ["\"b\"", "a", "\"ab\"", ""] {
            assert!(!is_named(IF_NONE_MATCH, given), "{given}");
        }
    }

    #[test]
    fn a_weak_tag_is_none_for_a_range() {
        assert!(is_named(IF_RANGE, "\"a\""));
        assert!(!is_named(IF_RANGE, "W/\"a\""));
    }
}
