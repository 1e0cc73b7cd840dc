//! Who asks, where a proxy stands in between.

use super::*;

fn proxied(forwarded: &str) -> String {
    format!("GET /who HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{forwarded}\r\n\r\n")
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_client_is_the_one_that_it_names() {
    let trust = vec!["127.0.0.1".parse().unwrap()];
    let world = World::with(|settings| settings.server.trusted_proxies = trust);
    let served = world.serve(vec![service()]);
    let answer = served
        .ask(&proxied("x-forwarded-for: 6.6.6.6, 203.0.113.9"))
        .await;
    assert!(answer.ends_with("203.0.113.9 false"), "{answer}");
    let answer = served.ask(&proxied("forwarded: for=unknown")).await;
    assert!(answer.ends_with("127.0.0.1 false"), "{answer}");
    let answer = served.ask(&proxied("x-request-id: a")).await;
    assert!(answer.ends_with("127.0.0.1 false"), "{answer}");
}

#[tokio::test]
async fn nobody_else_may_name_another() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let answer = served.ask(&proxied("x-forwarded-for: 203.0.113.9")).await;
    assert!(answer.ends_with("127.0.0.1 false"), "{answer}");
}

#[tokio::test]
async fn whoever_sets_a_proxy_up_sees_how_requests_arrive() {
    let trust = vec!["127.0.0.1".parse().unwrap()];
    let world = World::with(|settings| settings.server.trusted_proxies = trust);
    let served = world.serve(vec![]);
    let request = "GET /livez?verbose HTTP/1.1\r\nhost: inside\r\nconnection: close\r\n\
                   x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n\
                   x-forwarded-host: chat.example.org\r\n\r\n";
    let answer = served.ask(request).await;
    let seen = "ok\nclient 203.0.113.9\nscheme https\nhost chat.example.org\nforwarded trusted\n";
    assert!(answer.ends_with(seen), "{answer}");
}
