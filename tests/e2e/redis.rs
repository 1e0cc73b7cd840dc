//! With the cache, presence and the bus in Redis: a client notices no difference, and chat goes on
//! while Redis is away.

use e2e::{Server, SignedIn, eventually};
use serde_json::{Value, json};
use testkit::redis_server::{RedisServer, or_skip};

/// A server on a Redis of its own; `None` after printing why there is none.
async fn on_redis() -> Option<(Server, RedisServer)> {
    let redis = or_skip(RedisServer::start())?;
    if !redis.is_ours() {
        println!("skipped: the server of REDIS_URL is not ours to stop");
        return None;
    }
    let url = redis.url().to_owned();
    let server = Server::start_with(|settings| {
        settings.no_limits = true;
        settings.backends.cache_url.clone_from(&url);
        settings.backends.bus_url = url;
    });
    Some((server.await, redis))
}

async fn readiness(server: &Server) -> (u16, String) {
    let ready = server.rest().get("/readyz").await;
    (ready.status.as_u16(), ready.text)
}

/// The newest messages of a room, as its page shows them.
async fn newest(who: &SignedIn, room: &str) -> Vec<String> {
    let path = format!("/api/v1/rooms/{room}/messages?limit=50");
    let page = who.rest.get(&path).await.expect(200);
    let messages = page["messages"].as_array().expect("messages").iter();
    let text = |message: &Value| message["content"].as_str().expect("a text").to_owned();
    messages.map(text).collect()
}

async fn state(who: &SignedIn, of: &SignedIn) -> Option<String> {
    let path = format!("/api/v1/presence?users={}", of.id);
    let seen = who.rest.get(&path).await;
    let state = seen.json()["presence"][0]["state"]
        .as_str()
        .map(str::to_owned);
    match seen.status.as_u16() {
        200 => state,
        status => {
            assert_eq!(status, 503, "{}", seen.text);
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_goes_on_while_redis_is_killed_and_comes_back_empty() {
    let Some((server, redis)) = on_redis().await else {
        return;
    };
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    let (mut listening, _) = bob.native().await;
    alice.say(&room, "one").await;
    assert_eq!(
        listening.next_of("message").await["message"]["content"],
        "one"
    );
    assert_eq!(newest(&bob, &room).await, ["one"]);
    eventually("bob is there", async || {
        (state(&alice, &bob).await? == "online").then_some(())
    })
    .await;
    eventually("all is there", async || {
        (readiness(&server).await == (200, "ready\n".to_owned())).then_some(())
    })
    .await;

    redis.kill().expect("our own server");
    alice.say(&room, "two").await;
    assert_eq!(
        listening.next_of("message").await["message"]["content"],
        "two"
    );
    assert_eq!(newest(&bob, &room).await, ["one", "two"]);
    assert_eq!(
        state(&alice, &bob).await,
        None,
        "it is not known, not made up"
    );
    eventually("readiness names it", async || {
        let (status, told) = readiness(&server).await;
        assert_eq!(status, 200, "the server goes on: {told}");
        (told.contains("[~]cache: Redis") && told.contains("[~]bus: Redis")).then_some(())
    })
    .await;

    redis.restart().expect("our own server");
    eventually("readiness is silent again", async || {
        (readiness(&server).await.1 == "ready\n").then_some(())
    })
    .await;
    alice.say(&room, "three").await;
    assert_eq!(
        listening.next_of("message").await["message"]["content"],
        "three"
    );
    assert_eq!(newest(&bob, &room).await, ["one", "two", "three"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_while_redis_stood_still_is_never_shown_as_it_was() {
    let Some((server, redis)) = on_redis().await else {
        return;
    };
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    // Somebody listens, so the room is live and its history is kept.
    let (_listening, _) = alice.native().await;
    let said = alice.say(&room, "before").await;
    let id = said["message"]["id"].as_str().expect("an id");
    for _ in 0..3 {
        assert_eq!(newest(&alice, &room).await, ["before"]);
    }
    redis.stop().expect("our own server");
    let path = format!("/api/v1/rooms/{room}/messages/{id}");
    let edit = json!({"content": "after"});
    let edited = alice.rest.patch(&path, &edit, &[]).await;
    let _ = edited.expect(200);
    assert_eq!(newest(&alice, &room).await, ["after"]);
    redis.cont().expect("our own server");
    eventually("Redis is used again", async || {
        assert_eq!(newest(&alice, &room).await, ["after"]);
        (readiness(&server).await.1 == "ready\n").then_some(())
    })
    .await;
    assert_eq!(newest(&alice, &room).await, ["after"]);
    server.stop().await;
}

#[tokio::test]
async fn a_server_starts_while_redis_is_away() {
    let server = Server::start_with(|settings| {
        // Nobody listens on the first port.
        settings.backends.cache_url = "redis://127.0.0.1:1".to_owned();
        settings.backends.bus_url = "redis://127.0.0.1:1".to_owned();
    });
    let server = server.await;
    let (status, told) = readiness(&server).await;
    assert_eq!(status, 200);
    assert!(
        told.contains("[~]cache: Redis") && told.ends_with("ready\n"),
        "{told}"
    );
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    alice.say(&room, "hello").await;
    assert_eq!(newest(&alice, &room).await, ["hello"]);
    server.stop().await;
}
