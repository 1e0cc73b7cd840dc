//! Which web pages may open sockets and read answers: those of the same host, and those of an
//! allow-list, compared exactly.
//!
//! Requests without an `Origin` do not come from a page. Hubbub takes tokens from headers only,
//! never from cookies, so a foreign page has nothing that the browser would add by itself; the
//! check keeps it from using a token that it got hold of.

use domain::{Code, Error, Result};
use hyper::{
    HeaderMap, Method,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HOST,
        HeaderValue, ORIGIN, VARY,
    },
};

use crate::proxies::FORWARDED_PROTO;

const ALLOWED_HEADERS: &str = "authorization, content-disposition, content-type, idempotency-key, \
     if-match, if-none-match, if-range, range, x-request-id";
const EXPOSED_HEADERS: &str = "accept-ranges, content-disposition, content-range, etag, link, \
     location, ratelimit, ratelimit-policy, retry-after, x-request-id";

/// The origins, besides the same host, from which pages may come.
#[derive(Debug, Clone)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Takes the allow-list: `https://chat.example.org`, as browsers write it, without a path.
    #[must_use]
    pub fn new(allowed: &[String]) -> Self {
        Self(allowed.to_vec())
    }

    /// Checks where a WebSocket handshake comes from.
    ///
    /// # Errors
    /// `origin_refused` unless there is no `Origin`, or exactly one, which is that of the request's
    /// `Host` or on the list.
    pub fn check(&self, headers: &HeaderMap) -> Result<()> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else {
            return Ok(());
        };
        let only = origins.next().is_none();
        if only && (is_same_host(origin, headers) || self.lists(origin)) {
            return Ok(());
        }
        Err(Error::new(Code::OriginRefused))
    }

    /// Whether an origin is on the list.
    fn lists(&self, origin: &HeaderValue) -> bool {
        self.0
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes())
    }

    /// Adds to an answer what lets a page of a listed origin read it (CORS).
    pub(crate) fn permit(&self, origin: Option<&HeaderValue>, response: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        response.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|origin| self.lists(origin)) {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let exposed = HeaderValue::from_static(EXPOSED_HEADERS);
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }

    /// Whether a request is a browser's question whether it may ask (CORS preflight) that a page
    /// of the same host would not put.
    pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Answers such a question about a path that answers to `allow`. [`Origins::permit`] adds the
    /// origin.
    ///
    /// # Errors
    /// `origin_refused` when the origin is not on the list.
    pub(crate) fn preflight(
        &self,
        origin: Option<&HeaderValue>,
        allow: &str,
        response: &mut HeaderMap,
    ) -> Result<()> {
        if !origin.is_some_and(|origin| self.lists(origin)) {
            return Err(Error::new(Code::OriginRefused));
        }
        if let Ok(methods) = HeaderValue::try_from(allow) {
            response.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        let headers = HeaderValue::from_static(ALLOWED_HEADERS);
        response.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        Ok(())
    }
}

/// Compares without the scheme, unless it is known that the client came over TLS: behind a proxy
/// that ends TLS and is not trusted, the page is `https` and we are not.
fn is_same_host(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let origin = origin.as_bytes();
    let over_tls = headers
        .get(FORWARDED_PROTO)
        .is_some_and(|proto| proto == "https");
    let plain = origin.strip_prefix(b"http://").filter(|_| !over_tls);
    let authority = plain.or_else(|| origin.strip_prefix(b"https://"));
    authority.is_some_and(|authority| !authority.is_empty() && authority == host.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("chat.test:8080"));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_bytes(origin).unwrap());
        }
        headers
    }

    fn accepts(origins: &[&[u8]]) -> bool {
        Origins::new(&["https://good.com".to_owned()])
            .check(&headers(origins))
            .is_ok()
    }

    #[test]
    fn the_same_host_and_the_list_may_come() {
        let good: [&[&[u8]]; 4] = [
            &[],
            &[b"https://good.com"],
            &[b"http://chat.test:8080"],
            &[b"https://chat.test:8080"],
        ];
        for origins in good {
            assert!(accepts(origins), "{origins:?}");
        }
    }

    #[test]
    fn nobody_else_may() {
        let bad: [&[&[u8]]; 16] = [
            &[b"https://evil.com"],
            &[b"null"],
            &[b"http://good.com"],
            &[b"https://good.com:8443"],
            &[b"https://good.evil.com"],
            &[b"https://evilgood.com"],
            &[b"https://good.com.evil.com"],
            &[b"https://good.com."],
            &[b"https://GOOD.com"],
            &["https://gööd.com".as_bytes()],
            &[b"https://good.com", b"https://evil.com"],
            &[b""],
            &[b"https://user@good.com"],
            &[b"file://"],
            &[b"http://chat.test"],
            &[b"ftp://chat.test:8080"],
        ];
        for origins in bad {
            assert!(!accepts(origins), "{origins:?}");
        }
    }

    #[test]
    fn over_tls_the_same_host_is_https_only() {
        let comes = |origin: &'static [u8]| {
            let mut headers = headers(&[origin]);
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
            Origins::new(&[]).check(&headers).is_ok()
        };
        assert!(comes(b"https://chat.test:8080"));
        assert!(!comes(b"http://chat.test:8080"));
    }

    #[test]
    fn without_a_host_there_is_no_same_host() {
        let mut headers = headers(&[b"http://chat.test:8080"]);
        headers.remove(HOST);
        assert!(Origins::new(&[]).check(&headers).is_err());
        headers.insert(ORIGIN, HeaderValue::from_static("http://"));
        headers.insert(HOST, HeaderValue::from_static(""));
        assert!(Origins::new(&[]).check(&headers).is_err());
    }
}
