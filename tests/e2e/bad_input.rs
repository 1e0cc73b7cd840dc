//! Sending the wrong thing on purpose: a clear error with a stable code, and nothing in part.

use e2e::{Server, Socket};
use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// Bodies of a sign-up, and the code that refuses each with 400.
const BODIES: &[(&str, &str)] = &[
    ("{", "invalid_json"),
    ("[]", "invalid_json"),
    (
        r#"{"username":5,"password":"correct horse"}"#,
        "invalid_field",
    ),
    (r#"{"username":"x"}"#, "invalid_field"),
    (
        r#"{"username":"","password":"correct horse"}"#,
        "invalid_username",
    ),
    (
        r#"{"username":"a\u0000b","password":"correct horse"}"#,
        "invalid_username",
    ),
    (
        r#"{"username":"a@b.c","password":"correct horse"}"#,
        "invalid_username",
    ),
    (r#"{"username":"x","password":"short"}"#, "invalid_password"),
    (
        r#"{"username":"x","email":"no","password":"correct horse"}"#,
        "invalid_email",
    ),
];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused_with_a_code() {
    let server = Server::without_limits().await;
    let rest = server.rest();
    for (body, code) in BODIES {
        let bytes = Some(bytes::Bytes::from_static(body.as_bytes()));
        let answer = rest
            .send(Method::POST, "/api/v1/auth/signup", &JSON, bytes)
            .await;
        let said = (answer.status.as_u16(), answer.code());
        assert_eq!(said, (400, (*code).to_owned()), "{body}");
        let kind = answer.header("content-type");
        assert_eq!(kind, "application/problem+json", "{body}");
    }
    let login = json!({"username": "x", "password": "correct horse"});
    let answer = rest.post("/api/v1/auth/login", &login).await;
    assert_eq!(
        answer.code(),
        "wrong_credentials",
        "nothing was stored in part"
    );
    server.stop().await;
}

#[tokio::test]
async fn bodies_over_a_limit_or_not_utf8_are_refused_with_a_code() {
    let server = Server::without_limits().await;
    let rest = server.rest();
    let too_long = json!({"username": "x", "password": "x".repeat(73)});
    let answer = rest.post("/api/v1/auth/signup", &too_long).await;
    assert_eq!(answer.code(), "invalid_password");
    let large = json!({"username": "x".repeat(70_000), "password": "correct horse"});
    let answer = rest.post("/api/v1/auth/signup", &large).await;
    let said = (answer.status.as_u16(), answer.code());
    assert_eq!(said, (413, "body_too_large".to_owned()));
    let invalid = Some(bytes::Bytes::from_static(b"{\"username\":\"\xff\"}"));
    let answer = rest
        .send(Method::POST, "/api/v1/auth/signup", &JSON, invalid)
        .await;
    assert_eq!(answer.code(), "invalid_json");
    server.stop().await;
}

#[tokio::test]
async fn tokens_that_are_not_good_open_nothing() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let (head, tail) = alice.token.rsplit_once('.').expect("a token");
    let unsigned = format!("{head}.");
    let flipped = if tail.starts_with('A') { "B" } else { "A" };
    let flipped = format!("{head}.{flipped}{}", &tail[1..]);
    let rest = server.rest();
    assert_eq!(rest.get("/api/v1/me").await.code(), "unauthenticated");
    for token in ["", "x", "a.b.c", &unsigned, &flipped] {
        let answer = rest.with_token(token).get("/api/v1/me").await;
        assert_eq!(answer.status.as_u16(), 401, "{token}");
        let refused = Socket::open(server.addr(), "/api/v1/ws", token).await;
        assert_eq!(refused.err().map(|r| r.status), Some(401), "{token}");
    }
    let out = alice.rest.post("/api/v1/auth/logout", &json!({})).await;
    assert!(out.status.is_success());
    assert_eq!(alice.rest.get("/api/v1/me").await.code(), "token_invalid");
    server.stop().await;
}

#[tokio::test]
async fn frames_that_make_no_sense_are_answered_with_a_code_and_the_socket_stays() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    let (mut socket, _) = alice.native().await;
    let nowhere = "0191b4a2-7c1e-7d3a-9f00-0000000000ff";
    let send = |id: &str, room: &str, content: Value| {
        let client_id = "0191b4a2-7c1e-7d3a-9f00-000000000009";
        json!({"id": id, "type": "send", "room": room, "client_id": client_id, "content": content})
            .to_string()
    };
    let cases = [
        ("{".to_owned(), "invalid_json"),
        ("[]".to_owned(), "invalid_json"),
        (r#"{"id":"1","type":"dance"}"#.to_owned(), "unknown_type"),
        (r#"{"id":"2","type":"send"}"#.to_owned(), "invalid_field"),
        (send("3", nowhere, json!("x")), "room_not_found"),
        (send("4", &room, json!("")), "message_empty"),
        (
            send("5", &room, json!("x".repeat(16 * 1024 + 1))),
            "message_too_long",
        ),
        (send("6", "lobby", json!("x")), "invalid_field"),
    ];
    for (frame, code) in cases {
        socket.send_message(frame.clone().into()).await;
        let answer = socket.next_of("error").await;
        assert_eq!(answer["code"], code, "{frame:.80} -> {answer}");
    }
    assert_eq!(
        alice.whole_history(&room).await.len(),
        0,
        "nothing is stored in part"
    );
    socket.send_message(Message::text("x".repeat(65_537))).await;
    assert_eq!(socket.closed().await, Some(1009));
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_served_is_said_and_how() {
    let server = Server::start().await;
    let rest = server.rest();
    let nowhere = rest.get("/api/v1/nowhere").await;
    assert_eq!(
        (nowhere.status.as_u16(), nowhere.code().as_str()),
        (404, "not_found")
    );
    let method = rest
        .send(Method::DELETE, "/api/v1/auth/login", &[], None)
        .await;
    assert_eq!(
        (method.status.as_u16(), method.code().as_str()),
        (405, "method_not_allowed")
    );
    let text = [("content-type", "text/plain")];
    let body = Some("{}".into());
    let media = rest
        .send(Method::POST, "/api/v1/auth/login", &text, body)
        .await;
    assert_eq!(
        (media.status.as_u16(), media.code().as_str()),
        (415, "unsupported_media_type")
    );
    server.stop().await;
}

#[tokio::test]
async fn a_foreign_origin_opens_no_socket() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let bearer = format!("Bearer {}", alice.token);
    let own = format!("http://{}", server.addr());
    let evil = [
        ("authorization", bearer.as_str()),
        ("origin", "https://evil.example"),
    ];
    let good = [("authorization", bearer.as_str()), ("origin", own.as_str())];
    for path in ["/api/v1/ws", "/ws/join-notification/"] {
        let refused = Socket::open_with(server.addr(), path, &evil)
            .await
            .err()
            .expect("refused");
        assert_eq!(refused.status, 403, "{path}");
        assert!(
            Socket::open_with(server.addr(), path, &good).await.is_ok(),
            "{path}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn too_many_messages_are_refused_with_when_to_come_back() {
    let server = Server::start_with(|settings| settings.limits.sends_per_second = 1).await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let body = json!({"content": "all at once"});
    let answers = join_all((0..60).map(|_| alice.rest.post(&path, &body))).await;
    let (refused, said): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.status.as_u16() == 429);
    assert!(said.iter().all(|answer| answer.status.as_u16() == 201));
    assert!(said.len() > 20, "a burst passes: {}", said.len());
    let refused = refused.first().expect("more than a burst is refused");
    assert_eq!(refused.code(), "rate_limited");
    assert!(
        refused
            .header("retry-after")
            .parse::<u64>()
            .is_ok_and(|seconds| seconds >= 1)
    );
    server.stop().await;
}
