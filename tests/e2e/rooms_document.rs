//! The document of the `rooms` dialect, top to bottom: a client written from it works.

use e2e::{Answer, Rest, Server, Socket};
use hyper::Method;
use serde_json::{Value, json};

async fn sign_up_and_log_in(rest: &Rest, name: &str) -> String {
    let account = json!({
        "username": name, "email": format!("{name}@test.com"), "password": "password",
    });
    let answer = rest.post("/api/user/signup/", &account).await;
    assert_eq!(
        answer.expect(201),
        json!({"message": "User registered successfully"})
    );
    let login = json!({"username": name, "password": "password"});
    let answer = rest.post("/api/user/login/", &login).await.expect(200);
    answer["token"].as_str().expect("a token").to_owned()
}

async fn create(rest: &Rest, token: &str, name: &str) -> Answer {
    rest.with_token(token)
        .post("/api/room/create/", &json!({"name": name}))
        .await
}

async fn join(rest: &Rest, token: &str, room: &str) -> Socket {
    let path = format!("/ws/join/?name={room}");
    Socket::open(rest.addr(), &path, token)
        .await
        .expect("an open room")
}

#[tokio::test]
async fn two_people_sign_up_make_a_room_and_talk() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    let bob = sign_up_and_log_in(&rest, "bob").await;

    let created = create(&rest, &alice, "test_room").await;
    assert_eq!(
        (created.status.as_u16(), created.text.as_str()),
        (200, "room created")
    );
    assert!(created.header("content-type").starts_with("text/plain"));

    let mut a = join(&rest, &alice, "test_room").await;
    assert_eq!(a.next().await, json!([]), "the history of an empty room");
    let mut b = join(&rest, &bob, "test_room").await;
    assert_eq!(b.next().await, json!([]));

    a.send(&json!({"type": "message", "content": "hello"}))
        .await;
    for socket in [&mut a, &mut b] {
        let frame = socket.next().await;
        assert_eq!(frame["type"], "message");
        assert_eq!(frame["content"], "hello");
        assert_eq!(frame["username"], "alice");
    }

    let listed = rest
        .with_token(&bob)
        .get("/api/room/list/")
        .await
        .expect(200);
    assert_eq!(listed, json!({"test_room": 2}));
    server.stop().await;
}

#[tokio::test]
async fn history_is_the_first_frame_newest_first_at_most_fifty() {
    let server = Server::without_limits().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    create(&rest, &alice, "busy").await;
    let mut socket = join(&rest, &alice, "busy").await;
    socket.next().await;
    for n in 0..60 {
        socket.send(&json!({"content": format!("m{n}")})).await;
        assert_eq!(socket.next().await["content"], format!("m{n}"));
    }

    let history = join(&rest, &alice, "busy").await.next().await;
    let contents: Vec<_> = items(&history)
        .map(|item| item["content"].clone())
        .collect();
    let newest_first: Vec<Value> = (10..60).rev().map(|n| json!(format!("m{n}"))).collect();
    assert_eq!(contents, newest_first);
    assert!(items(&history).all(|item| item["type"] == "message"));
    server.stop().await;
}

fn items(history: &Value) -> impl Iterator<Item = &Value> {
    history.as_array().expect("an array").iter()
}

#[tokio::test]
async fn every_member_is_notified_also_who_was_away_and_not_the_sender() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    let carol = sign_up_and_log_in(&rest, "carol").await;
    create(&rest, &alice, "news").await;
    join(&rest, &carol, "news").await.close().await;

    let mut room = join(&rest, &alice, "news").await;
    room.next().await;
    room.send(&json!({"type": "message", "content": "while you were away"}))
        .await;
    room.next().await;

    let mut bell = Socket::open(rest.addr(), "/ws/join-notification/", &carol)
        .await
        .expect("open");
    let frame = bell.next().await;
    assert_eq!(frame["Content"], "while you were away");
    assert_eq!(frame["Seen"], false);
    for key in ["ID", "SenderID", "RoomID", "ReceiverID", "Timestamp"] {
        assert!(frame[key].is_string(), "{key} in {frame}");
    }

    room.send(&json!({"type": "message", "content": "and now"}))
        .await;
    assert_eq!(bell.next().await["Content"], "and now");
    bell.close().await;
    server.stop().await;
}

#[tokio::test]
async fn logging_out_ends_the_token() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    let signed_in = rest.with_token(&alice);
    let claims = signed_in
        .post("/api/user/logout/", &json!({}))
        .await
        .expect(200);
    assert_eq!(claims["username"], "alice");
    let refused = signed_in.get("/api/room/list/").await;
    assert_eq!(
        refused.expect(401),
        json!({"message": "invalid or expired jwt"})
    );
    server.stop().await;
}

#[tokio::test]
async fn frames_that_make_no_sense_are_answered_and_the_socket_stays() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    create(&rest, &alice, "strict").await;
    let mut socket = join(&rest, &alice, "strict").await;
    socket.next().await;
    let invalid = json!({"error": "Invalid JSON format"});
    for bad in [
        "{",
        "[]",
        "\"s\"",
        "",
        r#"{"content":5}"#,
        r#"{"content":"\ud800"}"#,
    ] {
        socket.send_message(bad.into()).await;
        assert_eq!(socket.next().await, invalid, "{bad}");
    }
    for empty in ["{}", r#"{"content":""}"#] {
        socket.send_message(empty.into()).await;
        assert_eq!(
            socket.next().await,
            json!({"error": "Message content is required"})
        );
    }
    let long = "x".repeat(16 * 1024 + 1);
    socket.send(&json!({"content": long})).await;
    assert_eq!(socket.next().await, json!({"error": "Message is too long"}));
    let bytes = r#"{"CONTENT":"first","content":"last wins"}"#.as_bytes().to_vec();
    socket
        .send_message(tokio_tungstenite::tungstenite::Message::binary(bytes))
        .await;
    assert_eq!(socket.next().await["content"], "last wins");
    server.stop().await;
}

#[tokio::test]
async fn refusals_are_in_the_documents_words() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    let signed_in = rest.with_token(&alice);

    let again = json!({"username": "alice", "email": "other@test.com", "password": "password"});
    let taken = json!({"error": "Username with give username and email already exists"});
    assert_eq!(
        rest.post("/api/user/signup/", &again).await.expect(409),
        taken
    );

    let wrong = json!({"username": "alice", "password": "wrong password"});
    let unknown = json!({"username": "nobody", "password": "wrong password"});
    let wrong = rest.post("/api/user/login/", &wrong).await;
    let unknown = rest.post("/api/user/login/", &unknown).await;
    assert_eq!(wrong.status.as_u16(), 400);
    assert_eq!((wrong.status, &wrong.text), (unknown.status, &unknown.text));

    let anonymous = rest.get("/api/room/list/").await;
    assert_eq!(
        anonymous.expect(400),
        json!({"message": "missing or malformed jwt"})
    );
    let method = signed_in.get("/api/room/create/").await;
    assert_eq!(method.header("allow"), "OPTIONS, POST");
    assert_eq!(method.expect(405), json!({"message": "Method Not Allowed"}));
    let options = rest
        .send(Method::OPTIONS, "/api/user/login/", &[], None)
        .await;
    assert_eq!(options.status.as_u16(), 204);

    create(&rest, &alice, "once").await;
    let twice = create(&rest, &alice, "once").await;
    assert_eq!(
        (twice.status.as_u16(), twice.text.as_str()),
        (400, "room already exists")
    );
    let nowhere = Socket::open(rest.addr(), "/ws/join/?name=nowhere", &alice).await;
    let refused = nowhere.err().expect("a refusal");
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (400, "room does not exist")
    );
    server.stop().await;
}

#[tokio::test]
async fn the_documents_own_sample_of_a_room_is_not_json_and_gets_400() {
    let server = Server::start().await;
    let rest = server.rest();
    let alice = sign_up_and_log_in(&rest, "alice").await;
    let sample = "{\n\"name\": \"room_name\",\n}";
    let json = [("content-type", "application/json")];
    let alice = rest.with_token(&alice);
    let answer = alice.send(
        Method::POST,
        "/api/room/create/",
        &json,
        Some(sample.into()),
    );
    let answer = answer.await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(answer.header("content-type").starts_with("text/plain"));
    server.stop().await;
}
