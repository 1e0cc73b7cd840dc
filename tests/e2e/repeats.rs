//! Whoever lost an answer asks again, with the same key, from anywhere: what was done is done once,
//! and the answer is what it was, whatever has changed since.

use e2e::Server;
use serde_json::json;

const KEY: &str = "0191b4a2-7c1e-7d3a-9f00-000000000001";
const EDIT: &str = "0191b4a2-7c1e-7d3a-9f00-000000000002";

#[tokio::test]
async fn a_repeat_is_answered_though_it_would_be_refused_now() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.anon().sign_up("ann").await,
        server.anon().sign_up("bob").await,
    );
    let room = ann.create_room("lobby").await;
    bob.join(&room).await;
    let messages = format!("/api/v1/rooms/{room}/messages");
    let key = [("idempotency-key", KEY)];
    let hey = json!({"content": "hey", "mentions": [ann.id]});
    let said = bob.rest.post_with(&messages, &hey, &key).await.expect(201);
    let message = said["message"]["id"].as_str().expect("an id");
    let path = format!("{messages}/{message}");
    let edit = json!({"content": "hello", "mentions": [ann.id], "client_id": EDIT});
    let edited = bob.rest.patch(&path, &edit, &[]).await.expect(200);

    let room_path = format!("/api/v1/rooms/{room}");
    let closed = json!({"read_only": true});
    let closed = ann.rest.patch(&room_path, &closed, &[]).await;
    assert_eq!(closed.status, 200);

    let again = bob.rest.post_with(&messages, &hey, &key).await.expect(200);
    assert_eq!(
        (&again["repeat"], &again["message"]["id"]),
        (&json!(true), &said["message"]["id"])
    );
    assert_eq!(again["message"]["content"], "hello", "as it is now");
    let again = bob.rest.patch(&path, &edit, &[]).await.expect(200);
    assert_eq!(
        (&again["repeat"], &again["seq"]),
        (&json!(true), &edited["seq"])
    );

    let (mut socket, _) = bob.native().await;
    let frame = |content: &str| {
        json!({
            "id": content, "type": "send", "room": room, "client_id": KEY, "content": content,
            "mentions": [ann.id],
        })
    };
    socket.send(&frame("hey")).await;
    let ack = socket.answer("hey").await;
    assert_eq!(
        (&ack["type"], &ack["repeat"]),
        (&json!("ack"), &json!(true))
    );
    socket.send(&frame("other")).await;
    assert_eq!(socket.answer("other").await["code"], "client_id_mismatch");
    let new = bob.rest.post(&messages, &hey).await;
    assert_eq!(new.expect(403)["code"], "room_read_only");

    let leave = format!("{room_path}/leave");
    assert_eq!(bob.rest.post(&leave, &json!({})).await.status, 204);
    let gone = bob.rest.post_with(&messages, &hey, &key).await;
    assert_eq!(gone.expect(404)["code"], "room_not_found");
    assert_eq!(ann.whole_history(&room).await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_room_is_made_once_under_a_key() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.anon().sign_up("ann").await,
        server.anon().sign_up("bob").await,
    );
    let key = [("idempotency-key", KEY)];
    let crew = json!({"kind": "group", "name": "the crew", "members": [bob.id]});
    let make =
        async |who: &e2e::SignedIn, body| who.rest.post_with("/api/v1/rooms", body, &key).await;
    let made = make(&ann, &crew).await.expect(201);
    let again = make(&ann, &crew).await;
    let path = format!("/api/v1/rooms/{}", made["id"].as_str().expect("an id"));
    assert_eq!(again.header("location"), path);
    assert_eq!(again.expect(200)["id"], made["id"]);
    let other = json!({"kind": "group", "name": "another", "members": [bob.id]});
    assert_eq!(
        make(&ann, &other).await.expect(409)["code"],
        "client_id_mismatch"
    );
    let channel = json!({"name": "lobby"});
    assert_eq!(
        make(&ann, &channel).await.expect(409)["code"],
        "client_id_mismatch"
    );
    let theirs = make(&bob, &channel).await.expect(201);
    assert_ne!(theirs["id"], made["id"], "a key is one person's");

    assert_eq!(bob.rest.get(&path).await.status, 200, "he is in it");
    assert_eq!(ann.rest.delete(&path, &[]).await.status, 204);
    assert_eq!(
        make(&ann, &crew).await.expect(404)["code"],
        "room_not_found"
    );
    let bad = [("idempotency-key", "mine")];
    let bad = ann.rest.post_with("/api/v1/rooms", &crew, &bad).await;
    assert_eq!(bad.expect(400)["code"], "invalid_client_id");
    server.stop().await;
}
