//! The opening handshake of a WebSocket (RFC 6455, section 4.2), checked strictly: nothing is
//! switched for a request that a proxy could read in another way.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Code, Error};
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{
        CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use warp::reply::Response;

use crate::{Origins, answer};

/// The one version that there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Why a handshake is refused.
#[derive(Debug)]
pub enum HandshakeError {
    /// It is no handshake, or a wrong one: 400.
    Malformed(&'static str),
    /// It speaks another version: 426.
    Version,
    /// It comes from a page of a foreign origin: 403.
    Origin(Error),
}

impl HandshakeError {
    /// The HTTP status that says so.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Origin(_) => StatusCode::FORBIDDEN,
        }
    }

    /// The refusal as `application/problem+json`.
    #[must_use]
    pub fn response(&self) -> Response {
        let refused = |code| answer::problem(&Error::new(code).with_detail(self.to_string()));
        let mut response = match self {
            Self::Malformed(_) => refused(Code::InvalidHandshake),
            Self::Version => refused(Code::UpgradeRequired),
            Self::Origin(error) => answer::problem(error),
        };
        self.decorate(&mut response);
        response
    }

    /// Adds the headers that a refused handshake needs, for dialects that write their own bodies.
    pub fn decorate(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
        if matches!(self, Self::Version) {
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => f.write_str(why),
            Self::Version => f.write_str("The Sec-WebSocket-Version must be 13."),
            Self::Origin(error) => f.write_str(error.message()),
        }
    }
}

/// Checks a handshake and gives its key. The version of HTTP is hyper's to check: it offers no
/// connection but for HTTP/1.1.
pub(super) fn check(
    method: &Method,
    headers: &HeaderMap,
    origins: &Origins,
) -> Result<HeaderValue, HandshakeError> {
    if method != Method::GET {
        return Err(malformed("A WebSocket is opened with GET."));
    }
    if !lists(headers, &CONNECTION, "upgrade") || !lists(headers, &UPGRADE, "websocket") {
        return Err(malformed(
            "The headers Connection: Upgrade and Upgrade: websocket are needed.",
        ));
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(HandshakeError::Version);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
    let key = key.ok_or_else(|| malformed("The Sec-WebSocket-Key must be 16 bytes in base64."))?;
    origins.check(headers).map_err(HandshakeError::Origin)?;
    Ok(key.clone())
}

fn malformed(why: &'static str) -> HandshakeError {
    HandshakeError::Malformed(why)
}

/// The value of a header that comes once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

fn is_key(key: &HeaderValue) -> bool {
    STANDARD
        .decode(key.as_bytes())
        .is_ok_and(|bytes| bytes.len() == 16)
}

/// Whether a header that is a list names `token`, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|given| given.eq_ignore_ascii_case(token))
}

/// The subprotocols that the client offers, in its order.
pub(super) fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, &SEC_WEBSOCKET_PROTOCOL)
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
        headers.insert(
            SEC_WEBSOCKET_KEY,
            HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
        );
        headers
    }

    fn status(headers: &HeaderMap) -> Option<u16> {
        let checked = check(&Method::GET, headers, &Origins::new(&[]));
        checked.err().map(|error| error.status().as_u16())
    }

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = good();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_right_handshake_passes() {
        assert_eq!(status(&good()), None);
    }

    #[test]
    fn wrong_handshakes_are_refused() {
        assert_eq!(status(&HeaderMap::new()), Some(400));
        assert_eq!(status(&with(CONNECTION, "keep-alive")), Some(400));
        assert_eq!(status(&with(UPGRADE, "h2c")), Some(400));
        assert_eq!(status(&with(SEC_WEBSOCKET_VERSION, "8")), Some(426));
        for key in ["x", "", "dGhlIHNhbXBsZSBub25jZQ", "c2hvcnQ="] {
            assert_eq!(status(&with(SEC_WEBSOCKET_KEY, key)), Some(400), "{key}");
        }
        assert_eq!(
            status(&with(hyper::header::ORIGIN, "http://evil.test")),
            Some(403)
        );
    }

    #[test]
    fn two_keys_are_none() {
        let mut headers = good();
        let key = headers[SEC_WEBSOCKET_KEY].clone();
        headers.append(SEC_WEBSOCKET_KEY, key);
        assert_eq!(status(&headers), Some(400));
    }

    #[test]
    fn other_methods_do_not_switch() {
        assert!(check(&Method::POST, &good(), &Origins::new(&[])).is_err());
    }

    #[test]
    fn another_version_is_told_the_right_one() {
        let response = HandshakeError::Version.response();
        assert_eq!(response.status(), 426);
        assert_eq!(response.headers()[SEC_WEBSOCKET_VERSION], "13");
    }

    #[test]
    fn subprotocols_keep_their_order() {
        let mut headers = HeaderMap::new();
        headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("a, b"));
        headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("c"));
        assert_eq!(subprotocols(&headers).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
