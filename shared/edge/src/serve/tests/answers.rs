//! What every answer says, and to whom.

use crate::listen_local;

use super::*;

#[tokio::test]
async fn every_answer_is_named_and_carries_the_headers() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    for (method, path, status) in [
        ("GET", "/livez", "200"),
        ("GET", "/nowhere", "404"),
        ("DELETE", "/names", "405"),
        ("GET", "/panics", "500"),
        ("GET", "/wrong?x=y", "400"),
        ("CONNECT", "h:80", "405"),
        ("TRACE", "/names", "405"),
        ("OPTIONS", "/names", "204"),
        ("HEAD", "/who", "200"),
        ("HEAD", "/names", "405"),
    ] {
        let answer = served.ask(&bare(method, path)).await.to_lowercase();
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{method} {path}: {answer}"
        );
        for header in [
            "x-request-id: ",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "content-security-policy: default-src 'none'",
        ] {
            assert!(answer.contains(header), "{method} {path}: {answer}");
        }
        assert!(
            !answer.contains("panicked") && !answer.contains("server:"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_in_the_words_of_the_dialect() {
    let world = World::new();
    let served = world.serve(vec![service()]);
    let answer = served.ask(&bare("DELETE", "/names")).await;
    assert!(answer.contains("allow: OPTIONS, GET, POST\r\n"), "{answer}");
    assert!(
        answer.contains("\"code\":\"method_not_allowed\""),
        "{answer}"
    );
    let answer = served.ask(&bare("GET", "/rooms/7/")).await;
    assert!(answer.contains("allow: OPTIONS, POST\r\n"), "{answer}");

    let answer = served.ask(&bare("POST", "/dialect/here")).await;
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: OPTIONS, GET\r\n"));
    assert!(
        answer.ends_with("{\"message\":\"method_not_allowed\"}"),
        "{answer}"
    );
    let answer = served.ask(&bare("GET", "/dialect/gone")).await;
    assert!(answer.ends_with("{\"message\":\"not_found\"}"), "{answer}");
}

#[tokio::test]
async fn the_clients_name_for_a_request_is_kept() {
    let world = World::new();
    let served = world.serve(vec![]);
    let request = "GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-request-id: abc-1\r\n\r\n";
    let answer = served.ask(request).await;
    assert!(answer.contains("x-request-id: abc-1\r\n"), "{answer}");
    assert!(answer.contains("\"request_id\":\"abc-1\""), "{answer}");
}

#[tokio::test]
async fn readiness_says_what_is_missing() {
    let world = World::new();
    let served = world.serve(vec![]);
    let queue = world.ctx.health.part("queue");
    let answer = served.ask(&bare("GET", "/readyz?verbose")).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.contains("[+]store ok\n") && answer.contains("[-]queue: starting\n"),
        "{answer}"
    );
    queue.up();
    let answer = served.ask(&bare("GET", "/readyz")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("ready\n"),
        "{answer}"
    );
    let metrics = served.ask(&bare("GET", "/metrics")).await;
    assert!(metrics.contains("hubbub_http_requests_total{"), "{metrics}");
}

#[tokio::test]
async fn pages_of_listed_origins_may_read_the_answers() {
    let world = World::with(|settings| {
        settings.http.allowed_origins = vec!["https://good.com".to_owned()];
    });
    let served = world.serve(vec![service()]);
    let ask = async |method: &str, origin: &str, more: &str| {
        let request = format!(
            "{method} /names HTTP/1.1\r\nhost: h\r\nconnection: close\r\norigin: {origin}\r\n{more}\r\n"
        );
        served.ask(&request).await
    };
    let preflight = "access-control-request-method: POST\r\n";
    let answer = ask("OPTIONS", "https://good.com", preflight).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(
        answer.contains("access-control-allow-origin: https://good.com\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("access-control-allow-methods: GET, POST\r\n"),
        "{answer}"
    );
    let answer = ask("OPTIONS", "https://evil.com", preflight).await;
    assert!(
        answer.starts_with("HTTP/1.1 403") && !answer.contains("allow-origin"),
        "{answer}"
    );
    // An error is readable too, or the page cannot tell what went wrong.
    let answer = ask("DELETE", "https://good.com", "").await;
    assert!(
        answer.contains("access-control-allow-origin: https://good.com\r\n"),
        "{answer}"
    );
    let answer = ask("DELETE", "https://evil.com", "").await;
    assert!(
        !answer.contains("allow-origin") && answer.contains("vary: Origin\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_caller_is_known_by_address_and_by_the_local_socket() {
    let world = World::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("admin.sock");
    let listeners = vec![Listener::Local(listen_local(&path).unwrap())];
    let served = world.serve(vec![service()]);
    assert!(
        served
            .ask(&bare("GET", "/who"))
            .await
            .ends_with("127.0.0.1 false")
    );

    let ctx = world.ctx.clone();
    let serving = serve(&ctx, listeners, vec![service()]);
    let asking = async {
        let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        let request = bare("GET", "/who");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
            .await
            .unwrap();
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text)
            .await
            .unwrap();
        ctx.drain.cancel();
        text
    };
    let (ended, answer) = tokio::join!(serving, asking);
    ended.unwrap();
    assert!(answer.ends_with("127.0.0.1 true"), "{answer}");
    assert!(!path.exists(), "the socket goes with its process");
}

#[tokio::test]
async fn the_process_asks_itself_without_a_socket() {
    let world = World::new();
    let mut front = in_process(&world.ctx, vec![service()]);
    let request = Request::get("/who")
        .body(http_body_util::Empty::<Bytes>::new())
        .unwrap();
    let response = tower::Service::call(&mut front, request).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), "127.0.0.1 true");
}
