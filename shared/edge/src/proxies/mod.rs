//! Who really asks, where a reverse proxy stands in between.
//!
//! A trusted proxy says for whom it asks, over which scheme and under which name; of anybody else
//! the same headers are only words. Behind [`Proxies::settle`] they are gone or true.

mod hops;
mod node;

use std::net::{IpAddr, SocketAddr};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hyper::{
    HeaderMap, Request,
    header::{FORWARDED, HOST, HeaderName, HeaderValue},
};
use settings::Network;

use self::hops::{Garbled, Hop};
use crate::Peer;

/// For whom the proxies asked, the nearest last.
pub(crate) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The name under which the client asked.
pub(crate) const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The scheme over which the client asked. Once settled: `https`, `http`, or nothing is known.
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Marks a request that came over TLS of our own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// What became of what the request says of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It says nothing.
    Direct,
    /// Somebody says something who is not trusted.
    Ignored,
    /// A trusted proxy told us.
    Told,
    /// A trusted proxy says what cannot be understood: its own address counts.
    Garbled,
}

impl Way {
    /// The word of it in `/livez?verbose`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "none",
            Self::Ignored => "ignored",
            Self::Told => "trusted",
            Self::Garbled => "garbled",
        }
    }
}

/// The reverse proxies that are believed.
pub struct Proxies {
    trusted: Vec<Network>,
    /// A proxy that is set up wrongly says so with each request.
    complaints: DefaultDirectRateLimiter,
}

/// What a request says of its way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    client: Option<IpAddr>,
    proto: Option<String>,
    host: Option<String>,
}

impl Proxies {
    /// Believes these and nobody else.
    #[must_use]
    pub fn new(trusted: &[Network]) -> Self {
        Self {
            trusted: trusted.to_vec(),
            complaints: RateLimiter::direct(Quota::per_minute(std::num::NonZeroU32::MIN)),
        }
    }

    /// Whether the other end of a connection is a proxy that is believed.
    #[must_use]
    pub fn trust(&self, peer: Peer) -> bool {
        self.trusts(peer.0.ip())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|known| known.contains(address))
    }

    /// Replaces the request's [`Peer`] by the client's, its `Host` by the name under which the
    /// client asked, and `X-Forwarded-Proto` by what is known of the scheme. What is not to be
    /// believed goes.
    pub(crate) fn settle<B>(&self, request: &mut Request<B>) {
        let peer = request.extensions().get().copied();
        let peer: Peer = peer.unwrap_or(Peer::local());
        let over_tls = request.extensions().get::<OverTls>().is_some();
        let (way, told) = self.ask(peer, request.headers());
        let headers = request.headers_mut();
        for name in [FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO] {
            headers.remove(name);
        }
        let host = told.host.and_then(|host| HeaderValue::try_from(host).ok());
        if let Some(host) = host {
            headers.insert(HOST, host);
        }
        if let Some(scheme) = scheme(told.proto.as_deref(), over_tls) {
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
        }
        let client = told.client.map(|client| Peer(SocketAddr::new(client, 0)));
        request.extensions_mut().insert(client.unwrap_or(peer));
        request.extensions_mut().insert(way);
    }

    fn ask(&self, peer: Peer, headers: &HeaderMap) -> (Way, Told) {
        let silent = !headers.contains_key(FORWARDED) && !headers.contains_key(FORWARDED_FOR);
        match self.trust(peer) {
            false if silent => (Way::Direct, Told::default()),
            false => (Way::Ignored, Told::default()),
            true => match self.told(headers) {
                Ok(told) if told == Told::default() => (Way::Direct, told),
                Ok(told) => (Way::Told, told),
                Err(Garbled) => {
                    self.complain(peer);
                    (Way::Garbled, Told::default())
                }
            },
        }
    }

    fn told(&self, headers: &HeaderMap) -> Result<Told, Garbled> {
        let standard = self.client(hops::standard(headers))?;
        let customary = self.client(hops::customary(headers))?;
        let first = |name| first_of(headers, &name);
        let (proto, host) = (first(FORWARDED_PROTO), first(FORWARDED_HOST));
        let hop = match (standard, customary) {
            // A proxy writes one of the two and passes the other on as the client wrote it.
            (Some(one), Some(other)) if one.client != other.client => return Err(Garbled),
            (Some(hop), _) | (None, Some(hop)) => hop,
            (None, None) => Hop::default(),
        };
        Ok(Told {
            client: hop.client,
            proto: hop.proto.or(proto),
            host: hop.host.or(host),
        })
    }

    /// Goes from the nearest hop outwards to the first that no trusted proxy made: whatever stands
    /// further out was written by the client, and is not even read.
    fn client(
        &self,
        hops: impl Iterator<Item = Result<Hop, Garbled>>,
    ) -> Result<Option<Hop>, Garbled> {
        let mut outermost = None;
        for hop in hops {
            let hop = hop?;
            let client = hop.client.ok_or(Garbled)?;
            let is_proxy = self.trusts(client);
            outermost = Some(hop);
            if !is_proxy {
                break;
            }
        }
        Ok(outermost)
    }

    fn complain(&self, proxy: Peer) {
        metrics::counter!("hubbub_forwarded_garbled_total").increment(1);
        if self.complaints.check().is_ok() {
            let proxy = proxy.0.ip();
            tracing::warn!(
                %proxy,
                "a trusted proxy says in Forwarded or X-Forwarded-For what cannot be understood; \
                 its own address counts for its clients"
            );
        }
    }
}

/// Own TLS is known; else a trusted proxy's word.
fn scheme(proto: Option<&str>, over_tls: bool) -> Option<&'static str> {
    let said = |known: &[&str]| {
        proto.is_some_and(|proto| known.iter().any(|word| proto.eq_ignore_ascii_case(word)))
    };
    match () {
        () if said(&["https", "wss"]) => Some("https"),
        () if said(&["http", "ws"]) => Some("http"),
        () => over_tls.then_some("https"),
    }
}

/// The first of a list: what the outermost proxy wrote.
fn first_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    let first = text.split(',').next()?.trim();
    (!first.is_empty()).then(|| first.to_owned())
}

#[cfg(test)]
mod tests;
