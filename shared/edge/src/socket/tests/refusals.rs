//! What a page in a browser learns of a socket that it may not have: a refused handshake looks to
//! it like a dead network, a close code does not.

use hyper::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use serde_json::json;

use super::*;

/// Opens a socket that offers our subprotocol; says what it hears, and how it is closed.
async fn turned_away(house: &House, path: &str, offer: &str) -> (Value, u16, String) {
    let mut request = house.request(path);
    let offer = offer.parse().unwrap();
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offer);
    let (mut client, _) = connect(request).await.expect("it is opened");
    let said = hear(&mut client).await;
    match next(&mut client).await {
        Message::Close(Some(frame)) => (said, frame.code.into(), frame.reason.to_string()),
        other => panic!("{other:?}"),
    }
}

fn offer(token: &str) -> String {
    let token = URL_SAFE_NO_PAD.encode(token);
    format!("hubbub.v1, base64url.bearer.hubbub.{token}")
}

#[tokio::test]
async fn a_page_is_told_why_it_gets_no_socket() {
    let house = House::new().await;
    for (path, offer, code, reason) in [
        ("/api/v1/ws", offer("x"), 4501, "token_invalid"),
        (
            "/api/v1/ws",
            "hubbub.v1, base64url.bearer.hubbub.%".into(),
            4501,
            "token_invalid",
        ),
        (
            "/api/v1/ws?ticket=x",
            "hubbub.v1".into(),
            4501,
            "token_invalid",
        ),
        (
            "/api/v1/ws?events=x",
            "hubbub.v1".into(),
            4400,
            "invalid_field",
        ),
    ] {
        let (said, closed, why) = turned_away(&house, path, &offer).await;
        assert_eq!((closed, why.as_str()), (code, reason), "{path} {offer}");
        assert_eq!(
            (&said["type"], &said["code"]),
            (&json!("error"), &json!(reason))
        );
    }
}

#[tokio::test]
async fn a_socket_too_many_says_so_and_takes_no_place() {
    let house = House::new().await;
    let offer = offer(&house.token(&house.ann).await);
    let mut open = Vec::new();
    for _ in 0..house.world.ctx.limits.user_sessions {
        let mut client = house.open("/api/v1/ws", &house.ann).await;
        hear(&mut client).await;
        open.push(client);
    }
    let (said, closed, why) = turned_away(&house, "/api/v1/ws", &offer).await;
    assert_eq!((closed, why.as_str()), (4529, "too_many_sessions"));
    assert!(said["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(house.world.ctx.sessions.open(), open.len());
}

#[tokio::test]
async fn a_foreign_page_and_a_client_with_a_header_get_their_answer_by_http() {
    let house = House::new().await;
    let mut foreign = house.request("/api/v1/ws");
    let headers = foreign.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, offer("x").parse().unwrap());
    headers.insert("origin", "https://evil.test".parse().unwrap());
    assert_eq!(refused(foreign).await, 403);

    let mut own = house.request("/api/v1/ws");
    let headers = own.headers_mut();
    headers.insert(AUTHORIZATION, "Bearer x".parse().unwrap());
    assert_eq!(refused(own).await, 401);
}

#[tokio::test]
async fn a_fresh_token_keeps_a_socket_alive() {
    let house = House::new().await;
    let first = house.token(&house.ann).await;
    let mut request = house.request("/api/v1/ws");
    let bearer = format!("Bearer {first}").parse().unwrap();
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let (mut client, _) = connect(request).await.unwrap();
    let hello = hear(&mut client).await;

    house.world.clock.advance(Duration::from_secs(60));
    let second = house.token(&house.ann).await;
    say(
        &mut client,
        json!({"id": "a", "type": "authenticate", "token": second}),
    )
    .await;
    let ack = hear(&mut client).await;
    assert_eq!((&ack["type"], &ack["id"]), (&json!("ack"), &json!("a")));
    let until = |frame: &Value| frame["token_expires"].as_str().unwrap().to_owned();
    assert!(until(&ack) > until(&hello), "{ack} {hello}");

    // The socket lives by the second token, not by the first.
    house.world.ctx.auth.revoke(&first).await.unwrap();
    say(&mut client, json!({"id": "p", "type": "ping"})).await;
    assert_eq!(hear(&mut client).await["id"], "p");
    house.world.ctx.auth.revoke(&second).await.unwrap();
    assert_eq!(closed(&mut client).await, 4501);
}

#[tokio::test]
async fn another_token_that_is_not_good_changes_nothing() {
    let house = House::new().await;
    let bob = house.bob().await;
    let mut client = house.open("/api/v1/ws", &house.ann).await;
    hear(&mut client).await;
    for token in [house.token(&bob).await, "x".into()] {
        say(
            &mut client,
            json!({"id": "a", "type": "authenticate", "token": token}),
        )
        .await;
        assert_eq!(hear(&mut client).await["code"], "token_invalid");
    }
    say(&mut client, json!({"id": "p", "type": "ping"})).await;
    assert_eq!(hear(&mut client).await["id"], "p");
}
