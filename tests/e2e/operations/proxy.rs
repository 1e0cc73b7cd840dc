//! Behind a reverse proxy: the tests stand where it would, on loopback.

use e2e::{Server, SignedIn, Socket};
use serde_json::json;
use settings::Settings;

const WS: &str = "/api/v1/ws";

fn behind_a_proxy(settings: &mut Settings) {
    settings.server.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
}

/// Opens a socket through the proxy, for a client at an address.
async fn socket_from(address: &str, who: &SignedIn, server: &Server) -> Result<Socket, u16> {
    let bearer = format!("Bearer {}", who.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", address),
    ];
    let opened = Socket::open_with(server.addr(), WS, &headers).await;
    opened.map_err(|refused| refused.status)
}

#[tokio::test]
async fn limits_count_the_clients_address_and_not_the_proxys() {
    let server = Server::start_with(|settings| {
        behind_a_proxy(settings);
        settings.limits.address_sessions = 1;
    })
    .await;
    let ann = server.anon().sign_up("ann").await;
    let _first = socket_from("203.0.113.1", &ann, &server)
        .await
        .expect("a place");
    let _other = socket_from("203.0.113.2", &ann, &server)
        .await
        .expect("a place");
    let again = socket_from("203.0.113.1", &ann, &server).await;
    assert_eq!(
        again.err(),
        Some(429),
        "the first address has its one socket"
    );
    server.stop().await;
}

#[tokio::test]
async fn nobody_guesses_on_by_naming_another_address() {
    let server = Server::start_with(|settings| settings.limits.logins_per_minute = 2).await;
    let login = json!({"username": "ann", "password": "a guess of mine"});
    let mut statuses = Vec::new();
    for n in 1..=4 {
        let named = format!("203.0.113.{n}");
        let headers = [("x-forwarded-for", named.as_str())];
        let rest = server.rest();
        let answer = rest.post_with("/api/v1/auth/login", &login, &headers).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 429, 429], "the proxy is not trusted");
    server.stop().await;
}

#[tokio::test]
async fn the_page_of_the_public_name_is_of_the_same_host() {
    let server = Server::start_with(behind_a_proxy).await;
    let ann = server.anon().sign_up("ann").await;
    let bearer = format!("Bearer {}", ann.token);
    let page = |origin: &'static str, proto: &'static str| {
        let headers = [
            ("authorization", bearer.clone()),
            ("x-forwarded-for", "203.0.113.1".to_owned()),
            ("x-forwarded-proto", proto.to_owned()),
            ("x-forwarded-host", "chat.example.org".to_owned()),
            ("origin", origin.to_owned()),
        ];
        let addr = server.addr();
        async move {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let opened = Socket::open_with(addr, WS, &headers).await;
            opened.map(drop).map_err(|refused| refused.status)
        }
    };
    assert_eq!(page("https://chat.example.org", "https").await, Ok(()));
    assert_eq!(page("http://chat.example.org", "http").await, Ok(()));
    assert_eq!(page("http://chat.example.org", "https").await, Err(403));
    assert_eq!(page("https://evil.example.org", "https").await, Err(403));
    assert_eq!(page("null", "https").await, Err(403));
    server.stop().await;
}

#[tokio::test]
async fn a_proxy_may_hold_more_connections_than_an_address() {
    let server = Server::start_with(|settings| {
        behind_a_proxy(settings);
        settings.limits.address_connections = 1;
    })
    .await;
    let ann = server.anon().sign_up("ann").await;
    let _one = socket_from("203.0.113.1", &ann, &server)
        .await
        .expect("a place");
    let _two = socket_from("203.0.113.2", &ann, &server)
        .await
        .expect("a place");
    assert_eq!(server.rest().get("/livez").await.text, "ok\n");
    server.stop().await;
}
