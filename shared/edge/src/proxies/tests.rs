//! What is believed of whom.

use proptest::prelude::*;

use super::*;

const PROXY: &str = "10.0.0.1:4711";
const CLIENT: &str = "203.0.113.9";

fn proxies() -> Proxies {
    Proxies::new(&["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()])
}

/// A request after it was settled.
struct Settled(Request<()>);

impl Settled {
    fn from(peer: &str, headers: &[(HeaderName, &str)]) -> Self {
        let mut request = Request::new(());
        request
            .headers_mut()
            .insert(HOST, HeaderValue::from_static("inside:8080"));
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(name, value);
        }
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        proxies().settle(&mut request);
        Self(request)
    }

    fn client(&self) -> String {
        let peer: &Peer = self.0.extensions().get().unwrap();
        peer.0.ip().to_string()
    }

    fn way(&self) -> Way {
        *self.0.extensions().get().unwrap()
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.0
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    }
}

fn from_proxy(name: HeaderName, value: &str) -> Settled {
    Settled::from(PROXY, &[(name, value)])
}

#[test]
fn the_client_is_the_right_most_that_no_trusted_proxy_is() {
    for (value, client) in [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.2.3.4, 10.0.0.7", "203.0.113.9"),
        ("garbage\", 203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        ("10.9.9.9, 10.0.0.7", "10.9.9.9"),
    ] {
        let settled = from_proxy(FORWARDED_FOR, value);
        assert_eq!(settled.client(), client, "{value}");
        assert_eq!(settled.way(), Way::Told);
    }
}

#[test]
fn the_standard_header_says_the_same_and_more() {
    for value in [
        "for=203.0.113.9",
        "For=\"203.0.113.9:47011\";by=10.0.0.1",
        "for=6.6.6.6, for=203.0.113.9",
        "for=203.0.113.9;proto=https , for=10.0.0.7;proto=http",
        ", for=203.0.113.9 ,",
    ] {
        let settled = from_proxy(FORWARDED, value);
        assert_eq!(settled.client(), CLIENT, "{value}");
    }
    let value = "for=\"[2001:db8::7]:1\";host=\"chat.example.org\";proto=https, for=10.0.0.7";
    let settled = from_proxy(FORWARDED, value);
    assert_eq!(settled.client(), "2001:db8::7");
    assert_eq!(settled.header(HOST), Some("chat.example.org"));
    let settled = from_proxy(
        FORWARDED,
        "for=203.0.113.9;host=chat.example.org;proto=https",
    );
    assert_eq!(settled.header(HOST), Some("chat.example.org"));
    assert_eq!(settled.header(FORWARDED_PROTO), Some("https"));
    assert_eq!(settled.header(FORWARDED), None);
}

#[test]
fn scheme_and_name_come_from_trusted_proxies_only() {
    let headers = [
        (FORWARDED_FOR, CLIENT),
        (FORWARDED_PROTO, "HTTPS, http"),
        (FORWARDED_HOST, "chat.example.org"),
    ];
    let settled = Settled::from(PROXY, &headers);
    assert_eq!(settled.header(FORWARDED_PROTO), Some("https"));
    assert_eq!(settled.header(HOST), Some("chat.example.org"));

    let stranger = Settled::from("203.0.113.66:1", &headers);
    assert_eq!(stranger.client(), "203.0.113.66");
    assert_eq!(stranger.way(), Way::Ignored);
    assert_eq!(stranger.header(HOST), Some("inside:8080"));
    for gone in [FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, FORWARDED] {
        assert_eq!(stranger.header(gone), None);
    }
}

#[test]
fn what_cannot_be_understood_counts_for_the_proxy() {
    for (name, value) in [
        (FORWARDED_FOR, ""),
        (FORWARDED_FOR, "unknown"),
        (FORWARDED_FOR, "203.0.113.9,"),
        (FORWARDED_FOR, "chat.example.org"),
        (FORWARDED, "for=unknown"),
        (FORWARDED, "for=_hidden"),
        (FORWARDED, "for"),
        (FORWARDED, "for=\"203.0.113.9"),
        (FORWARDED, "for=203.0.113.9;for=6.6.6.6"),
        (FORWARDED, "for=\", for=203.0.113.9"),
        (FORWARDED, "proto=https"),
        (FORWARDED, "for=6.6.6.6, by=10.0.0.1"),
    ] {
        let settled = from_proxy(name.clone(), value);
        assert_eq!(settled.client(), "10.0.0.1", "{name}: {value}");
        assert_eq!(settled.way(), Way::Garbled, "{name}: {value}");
    }
}

#[test]
fn a_header_that_the_proxy_only_passed_on_deceives_nobody() {
    let both = [(FORWARDED, "for=6.6.6.6"), (FORWARDED_FOR, CLIENT)];
    let settled = Settled::from(PROXY, &both);
    assert_eq!(
        (settled.client().as_str(), settled.way()),
        ("10.0.0.1", Way::Garbled)
    );
    let both = [(FORWARDED, "for=203.0.113.9"), (FORWARDED_FOR, CLIENT)];
    assert_eq!(Settled::from(PROXY, &both).client(), CLIENT);
}

#[test]
fn nothing_said_changes_nothing() {
    let settled = Settled::from(PROXY, &[]);
    assert_eq!(
        (settled.client().as_str(), settled.way()),
        ("10.0.0.1", Way::Direct)
    );
    assert_eq!(settled.header(HOST), Some("inside:8080"));
}

proptest! {
    /// Whatever a client writes into the header, the proxy's word behind it decides.
    #[test]
    fn no_client_chooses_its_address(written in "[ -~]{0,60}") {
        let joined = format!("{written}, {CLIENT}");
        prop_assert_eq!(from_proxy(FORWARDED_FOR, &joined).client(), CLIENT);
        for (name, own) in [(FORWARDED_FOR, CLIENT), (FORWARDED, "for=203.0.113.9")] {
            let lines = [(name.clone(), written.as_str()), (name, own)];
            prop_assert_eq!(Settled::from(PROXY, &lines).client(), CLIENT);
        }
    }

    /// In one line with the proxy's word, quotes may make it unreadable, and no more.
    #[test]
    fn quotes_hide_at_most_the_client(written in "[ -~]{0,60}") {
        let joined = format!("{written}, for=203.0.113.9;proto=https");
        let client = from_proxy(FORWARDED, &joined).client();
        prop_assert!(client == CLIENT || client == "10.0.0.1", "{}", client);
    }

    #[test]
    fn strangers_stay_who_they_are(one in "[ -~]{0,60}", other in "[ -~]{0,60}") {
        let headers = [(FORWARDED, one.as_str()), (FORWARDED_FOR, other.as_str())];
        prop_assert_eq!(Settled::from("203.0.113.66:1", &headers).client(), "203.0.113.66");
    }

    /// Both headers tell of the same way.
    #[test]
    fn both_headers_read_alike(way in proptest::collection::vec(any::<[u8; 4]>(), 1..6)) {
        let way: Vec<_> = way.into_iter().map(|ip| IpAddr::from(ip).to_string()).collect();
        let customary = from_proxy(FORWARDED_FOR, &way.join(", "));
        let elements: Vec<_> = way.iter().map(|ip| format!("for=\"{ip}\"")).collect();
        let standard = from_proxy(FORWARDED, &elements.join(","));
        prop_assert_eq!(customary.client(), standard.client());
    }
}
