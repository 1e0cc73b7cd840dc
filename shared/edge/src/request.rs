//! What is known of a request beside its bytes: where it comes from, what it is called, and
//! whether it came through the machine's own socket.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use domain::Label;
use hyper::{
    HeaderMap, Uri,
    header::{HOST, HeaderName, USER_AGENT},
};
use warp::{Filter, path::FullPath};

use crate::proxies::FORWARDED_PROTO;

/// The header that carries a request's name in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest name that is taken over from a client.
const ID_CHARS: usize = 64;

/// Query parameters whose values open doors, and are never logged.
const SECRET_PARAMETERS: [&str; 5] = ["token", "ticket", "access_token", "refresh_token", "sig"];

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The address at the other end of the connection. Requests that come in over `admin.sock` or
/// within the process have a loopback address with port 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The peer of requests that never crossed a network.
    #[must_use]
    pub const fn local() -> Self {
        Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
    }

    /// What limits are counted by: an IPv4 address, or an IPv6 network of 64 bits, which is what
    /// one household gets.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0.ip().to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
                address.to_bits() & !u128::from(u64::MAX),
            )),
        }
    }
}

/// Marks a request of whoever may open `admin.sock`, or of the process itself.
#[derive(Debug, Clone, Copy)]
pub struct LocalAdministrator;

/// What a request is called in the log and in its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes the client's name for the request if it is harmless (1 to 64 letters, digits, `.`,
    /// `_` or `-`), and else makes one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        match given {
            Some(id) if is_harmless(id) => Self(id.to_owned()),
            _ => Self(crate::random::hex(8)),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_harmless(id: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=ID_CHARS).contains(&id.len()) && id.chars().all(harmless)
}

/// Runs `work` as part of a request, so that answers and log lines made in it can name it.
pub(crate) async fn scope<F: Future>(id: RequestId, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The name of the request that the current task answers; `None` outside of any.
#[must_use]
pub fn current_id() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Whether the current task answers a request.
pub(crate) fn is_answered() -> bool {
    CURRENT.try_with(|_| ()).is_ok()
}

/// Extracts the address at the other end.
pub fn peer() -> impl Filter<Extract = (Peer,), Error = Infallible> + Copy {
    warp::ext::optional::<Peer>().map(|peer: Option<Peer>| peer.unwrap_or(Peer::local()))
}

/// What all addresses of this server begin with, as the client of a request writes them: proxies that
/// are believed have put the headers right, and what others said is gone.
#[must_use]
pub fn base(headers: &HeaderMap) -> String {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = header(FORWARDED_PROTO).unwrap_or("http");
    let host = header(HOST).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// Extracts the address that the client asked for, whole, as it would ask again: behind a trusted
/// proxy the proxy's. The query is as it was written.
pub fn url() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path::full()
        .and(query)
        .and(warp::header::headers_cloned())
        .map(|path: FullPath, query: String, headers: HeaderMap| {
            let mark = if query.is_empty() { "" } else { "?" };
            format!("{}{}{mark}{query}", base(&headers), path.as_str())
        })
}

/// Extracts what the client calls itself (`User-Agent`); empty when it does not say.
pub fn label() -> impl Filter<Extract = (Label,), Error = Infallible> + Copy {
    warp::header::headers_cloned().map(|headers: HeaderMap| {
        let said = headers.get(USER_AGENT).and_then(|said| said.to_str().ok());
        Label::cut(said.unwrap_or_default())
    })
}

/// A URI as it may be logged: the values of secret parameters are replaced, and so is all that
/// looks like a token, wherever it stands.
#[must_use]
pub fn redacted(uri: &Uri) -> String {
    let segments: Vec<&str> = uri.path().split('/').map(redacted_value).collect();
    let path = segments.join("/");
    let Some(query) = uri.query() else {
        return path;
    };
    let parameters: Vec<String> = query.split('&').map(redacted_parameter).collect();
    format!("{path}?{}", parameters.join("&"))
}

/// A signed token begins with its header in base64: `{"`, and then no more is said of it.
fn redacted_value(value: &str) -> &str {
    if value.contains("eyJ") { "***" } else { value }
}

fn redacted_parameter(parameter: &str) -> String {
    let Some((name, value)) = parameter.split_once('=') else {
        return redacted_value(parameter).to_owned();
    };
    let name = redacted_value(name);
    // An encoded name (`tok%65n`) could be a secret one: a server would decode it.
    let secret = name.contains('%')
        || SECRET_PARAMETERS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
    let value = if secret { "***" } else { redacted_value(value) };
    format!("{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_as_the_client_wrote_them() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:8000".parse().unwrap());
        assert_eq!(base(&headers), "http://127.0.0.1:8000");
        headers.insert(FORWARDED_PROTO, "https".parse().unwrap());
        assert_eq!(base(&headers), "https://127.0.0.1:8000");
    }

    #[test]
    fn secrets_of_the_query_are_not_shown() {
        for (uri, shown) in [
            ("/ws?token=abc&name=x", "/ws?token=***&name=x"),
            ("/ws?name=x&TICKET=abc", "/ws?name=x&TICKET=***"),
            ("/ws?tok%65n=abc", "/ws?tok%65n=***"),
            ("/ws?token", "/ws?token"),
            ("/files/a?expires=1&sig=b", "/files/a?expires=1&sig=***"),
            ("/ws?jwt=eyJhbGciOiJub25lIn0.e30.x", "/ws?jwt=***"),
            ("/ws?eyJhbGciOiJub25lIn0.e30.x", "/ws?***"),
            ("/ws/eyJhbGciOiJub25lIn0.e30.x/a", "/ws/***/a"),
            ("/ws", "/ws"),
        ] {
            assert_eq!(redacted(&uri.parse().unwrap()), shown);
        }
    }

    #[test]
    fn only_harmless_names_are_taken_over() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, text.parse().unwrap());
            RequestId::of(&headers).as_str().to_owned()
        };
        assert_eq!(id("trace-1.a_B"), "trace-1.a_B");
        for bad in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert_ne!(id(bad), bad);
            assert_eq!(id(bad).len(), 16);
        }
    }

    #[test]
    fn limits_are_counted_by_network() {
        let network = |text: &str| Peer(text.parse().unwrap()).network().to_string();
        assert_eq!(network("10.0.0.7:1"), "10.0.0.7");
        assert_eq!(network("[::ffff:10.0.0.7]:1"), "10.0.0.7");
        assert_eq!(network("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::");
    }
}
