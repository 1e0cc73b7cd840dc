//! The native API: what a client of today needs to sign up, come in, talk and read.

use e2e::{Server, Socket, eventually, people::PASSWORD};
use serde_json::{Value, json};

const CLIENT_ID: &str = "0191b4a2-7c1e-7d3a-9f00-000000000001";

#[tokio::test]
async fn two_people_talk_and_everybody_hears_the_same() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    let (mut a, hello) = alice.native().await;
    assert_eq!(hello["user"]["username"], "alice");
    assert_eq!(hello["rooms"][0]["id"], json!(room));
    let (mut b, hello) = bob.native().await;
    assert_eq!(hello["rooms"], json!([]));

    b.send(&json!({"id": "j", "type": "join", "name": "lobby"}))
        .await;
    assert_eq!(b.answer("j").await["type"], "ack");
    assert_eq!(a.next_of("member_joined").await["user"]["username"], "bob");

    let send = json!({
        "id": "s", "type": "send", "room": room, "client_id": CLIENT_ID, "content": "hello",
    });
    a.send(&send).await;
    let ack = a.answer("s").await;
    let heard = b.next_of("message").await;
    assert_eq!(heard["message"]["content"], "hello");
    assert_eq!(heard["message"]["sender"]["username"], "alice");
    assert_eq!(heard["message"]["id"], ack["message"]["id"]);
    assert_eq!(heard["message"]["seq"], ack["message"]["seq"]);
    let history = bob.whole_history(&room).await;
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["id"], ack["message"]["id"]);

    b.send(&json!({"id": "l", "type": "leave", "room": room}))
        .await;
    assert_eq!(b.answer("l").await["type"], "ack");
    let left = a.next_of("member_left").await;
    assert_eq!(
        (&left["user"]["username"], &left["removed"]),
        (&json!("bob"), &json!(false))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_repeated_send_changes_nothing_and_answers_with_the_original() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let key = [("idempotency-key", CLIENT_ID)];
    let said = json!({"content": "once"});
    let first = alice.rest.post_with(&path, &said, &key).await.expect(201);
    let again = alice.rest.post_with(&path, &said, &key).await.expect(200);
    assert_eq!(first["message"], again["message"]);
    assert_eq!(
        (&first["repeat"], &again["repeat"]),
        (&json!(false), &json!(true))
    );

    let (mut socket, _) = alice.native().await;
    let send = |content: &str| {
        json!({
            "id": content, "type": "send", "room": room, "client_id": CLIENT_ID,
            "content": content,
        })
    };
    socket.send(&send("once")).await;
    let repeat = socket.answer("once").await;
    assert_eq!(
        repeat["message"]["seq"], first["message"]["seq"],
        "from another door"
    );
    socket.send(&send("other")).await;
    assert_eq!(socket.answer("other").await["code"], "client_id_mismatch");
    let other = alice
        .rest
        .post_with(&path, &json!({"content": "other"}), &key)
        .await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (409, "client_id_mismatch")
    );
    assert_eq!(alice.whole_history(&room).await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn history_pages_both_ways_without_a_hole() {
    let server = Server::without_limits().await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("long").await;
    for n in 0..120 {
        alice.say(&room, &format!("m{n}")).await;
    }
    let path = format!("/api/v1/rooms/{room}/messages");
    let mut texts: Vec<String> = Vec::new();
    let mut before = String::new();
    loop {
        let page = alice
            .rest
            .get(&format!("{path}?limit=50{before}"))
            .await
            .expect(200);
        let items = page["messages"].as_array().expect("messages").clone();
        let page_texts = items
            .iter()
            .map(|m| m["content"].as_str().expect("text").to_owned());
        texts = page_texts.chain(texts).collect();
        if page["more_before"] != json!(true) {
            break;
        }
        before = format!("&before_seq={}", items[0]["seq"]);
    }
    let expected: Vec<_> = (0..120).map(|n| format!("m{n}")).collect();
    assert_eq!(texts, expected);
    let forward: Vec<Value> = alice.whole_history(&room).await;
    assert_eq!(forward.len(), 120);
    let middle = forward[60]["seq"].as_u64().expect("a seq");
    let around = alice
        .rest
        .get(&format!("{path}?around_seq={middle}&limit=10"))
        .await
        .expect(200);
    let seqs = around["messages"].as_array().expect("messages").iter();
    assert!(
        seqs.map(|m| m["seq"].as_u64())
            .any(|seq| seq == Some(middle))
    );
    server.stop().await;
}

#[tokio::test]
async fn who_is_not_a_member_cannot_tell_a_room_from_no_room() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let eve = server.anon().sign_up("eve").await;
    let room = alice.create_room("lobby").await;
    let nowhere = "0191b4a2-7c1e-7d3a-9f00-0000000000ff";
    for path in ["messages", "members"] {
        let foreign = eve.rest.get(&format!("/api/v1/rooms/{room}/{path}")).await;
        let missing = eve
            .rest
            .get(&format!("/api/v1/rooms/{nowhere}/{path}"))
            .await;
        assert_eq!(
            (foreign.status.as_u16(), foreign.code().as_str()),
            (404, "room_not_found")
        );
        assert_eq!(
            (missing.status.as_u16(), missing.code().as_str()),
            (404, "room_not_found")
        );
    }
    let say = json!({"content": "hi"});
    let refused = eve
        .rest
        .post(&format!("/api/v1/rooms/{room}/messages"), &say)
        .await;
    assert_eq!(refused.code(), "room_not_found");
    server.stop().await;
}

#[tokio::test]
async fn after_leaving_nothing_more_is_heard() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let (mut b, _) = bob.native().await;
    alice.say(&room, "before").await;
    b.next_of("message").await;
    let leave = bob
        .rest
        .post(&format!("/api/v1/rooms/{room}/leave"), &json!({}))
        .await;
    assert!(leave.status.is_success());
    alice.say(&room, "after").await;
    b.next_of("member_left").await;
    b.send(&json!({"id": "p", "type": "ping"})).await;
    let next = b.next().await;
    assert_eq!(
        next["id"], "p",
        "no row after the removal is delivered: {next}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_browser_says_who_it_is_in_the_subprotocol_or_the_first_frame() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let encoded = base64url(&alice.token);
    let offered = format!("hubbub.v1, base64url.bearer.hubbub.{encoded}");
    let headers = [("sec-websocket-protocol", offered.as_str())];
    let mut socket = Socket::open_with(server.addr(), "/api/v1/ws", &headers)
        .await
        .expect("a socket");
    assert_eq!(socket.next_of("hello").await["user"]["username"], "alice");

    let mut guest = Socket::open_with(server.addr(), "/api/v1/ws", &[])
        .await
        .expect("a socket");
    guest
        .send(&json!({"id": "a", "type": "authenticate", "token": alice.token}))
        .await;
    assert_eq!(guest.next_of("hello").await["user"]["username"], "alice");

    let mut stranger = Socket::open_with(server.addr(), "/api/v1/ws", &[])
        .await
        .expect("open");
    stranger
        .send(&json!({"type": "authenticate", "token": "nonsense"}))
        .await;
    assert_eq!(stranger.closed().await, Some(4501));
    server.stop().await;
}

fn base64url(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn simultaneous_sign_ups_of_one_name_give_one_account() {
    let server = Server::without_limits().await;
    let body = json!({"username": "highlander", "password": PASSWORD});
    let rest = server.rest();
    let tries = (0..8).map(|_| rest.post("/api/v1/auth/signup", &body));
    let answers = futures_util::future::join_all(tries).await;
    let made = answers
        .iter()
        .filter(|answer| answer.status.as_u16() == 201)
        .count();
    let taken = answers
        .iter()
        .filter(|answer| answer.code() == "username_taken")
        .count();
    assert_eq!((made, taken), (1, 7));
    server.stop().await;
}

#[tokio::test]
async fn what_was_read_is_not_unread_any_more() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let first = alice.say(&room, "one").await["message"]["seq"].clone();
    let second = alice.say(&room, "two").await["message"]["seq"].clone();
    let unread = async || {
        let path = format!("/api/v1/rooms/{room}");
        bob.rest.get(&path).await.expect(200)["unread"].clone()
    };
    assert_eq!(unread().await, 2);
    let path = format!("/api/v1/rooms/{room}/read");
    let answer = bob.rest.post(&path, &json!({"seq": first})).await;
    assert_eq!((answer.status.as_u16(), unread().await), (204, json!(1)));
    let (mut socket, _) = bob.native().await;
    socket
        .send(&json!({"id": "r", "type": "read", "room": room, "seq": second}))
        .await;
    assert_eq!(socket.answer("r").await["type"], "ack");
    assert_eq!(unread().await, 0);
    let stranger = server.anon().sign_up("eve").await;
    let answer = stranger.rest.post(&path, &json!({"seq": 1})).await;
    assert_eq!(answer.code(), "room_not_found");
    server.stop().await;
}

#[tokio::test]
async fn stopping_tells_the_sockets_and_loses_nothing() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    let (mut socket, _) = alice.native().await;
    let said = alice.say(&room, "kept").await;
    let stopped = e2e::spawn(server.restart());
    assert!(socket.next_of("draining").await["retry_after_ms"].is_u64());
    let code = socket.closed().await.expect("a close code");
    assert!(
        (4000..4500).contains(&code) || code == 1012,
        "{code} says come back"
    );
    let server = stopped.await.expect("restarted");
    let history = eventually("the server to be back", async || {
        let person = server.rest().with_token(&alice.token);
        let path = format!("/api/v1/rooms/{room}/messages");
        person
            .try_send(hyper::Method::GET, &path, &[], None)
            .await
            .ok()
    })
    .await
    .expect(200);
    assert_eq!(history["messages"][0]["id"], said["message"]["id"]);
    server.stop().await;
}
