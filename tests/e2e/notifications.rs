//! The inbox and its listeners: missed by nobody, heard once per id, kept until acknowledged.

use std::collections::HashSet;

use e2e::{
    Server, SignedIn, Socket,
    backends::{self, Backends},
    eventually,
};
use serde_json::{Value, json};

const LISTEN: &str = "/api/v1/ws?events=notifications";

async fn inbox(person: &SignedIn) -> Vec<Value> {
    let answer = person.rest.get("/api/v1/notifications").await.expect(200);
    answer["notifications"].as_array().expect("a list").clone()
}

async fn two_in_a_room(server: &Server) -> (SignedIn, SignedIn, String) {
    let alice = server.anon().sign_up("alice").await;
    let carol = server.anon().sign_up("carol").await;
    let room = alice.create_room("lobby").await;
    carol.join(&room).await;
    (alice, carol, room)
}

#[tokio::test]
async fn who_was_away_finds_everything_in_the_inbox_until_it_is_acknowledged() {
    let server = Server::start().await;
    let (alice, carol, room) = two_in_a_room(&server).await;
    for n in 1..=5 {
        alice.say(&room, &format!("m{n}")).await;
    }
    let waiting = inbox(&carol).await;
    let texts: Vec<_> = waiting
        .iter()
        .map(|n| n["message"]["content"].clone())
        .collect();
    assert_eq!(texts, ["m1", "m2", "m3", "m4", "m5"]);
    assert_eq!(
        inbox(&alice).await,
        Vec::<Value>::new(),
        "one's own messages are no news"
    );

    let third = &waiting[2]["message"]["seq"];
    let ack = json!({"room": room, "seq": third});
    assert!(
        carol
            .rest
            .post("/api/v1/notifications/ack", &ack)
            .await
            .status
            .is_success()
    );
    eventually("the acknowledgement", async || {
        (inbox(&carol).await.len() == 2).then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_listener_gets_what_it_missed_then_what_happens_each_id_once() {
    let server = Server::start().await;
    let (alice, carol, room) = two_in_a_room(&server).await;
    alice.say(&room, "missed").await;
    let mut bell = carol.socket(LISTEN).await.expect("a socket");
    bell.next_of("hello").await;
    let missed = bell.next_of("notification").await;
    alice.say(&room, "live").await;
    let live = bell.next_of("notification").await;
    let text = |frame: &Value| frame["notification"]["message"]["content"].clone();
    assert_eq!(
        (text(&missed), text(&live)),
        (json!("missed"), json!("live"))
    );
    let ids: HashSet<_> = [&missed, &live]
        .map(|f| f["notification"]["id"].to_string())
        .into();
    assert_eq!(ids.len(), 2);

    let listed = inbox(&carol).await;
    let listed: HashSet<_> = listed.iter().map(|n| n["id"].to_string()).collect();
    assert_eq!(listed, ids, "the inbox derives the same ids");
    server.stop().await;
}

#[tokio::test]
async fn a_room_joined_later_is_heard_without_reconnecting() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let carol = server.anon().sign_up("carol").await;
    let mut bell = carol.socket(LISTEN).await.expect("a socket");
    bell.next_of("hello").await;
    let room = alice.create_room("later").await;
    alice.say(&room, "before she came").await;
    carol.join(&room).await;
    alice.say(&room, "after she came").await;
    let heard = bell.next_of("notification").await;
    assert_eq!(
        heard["notification"]["message"]["content"],
        "after she came"
    );
    server.stop().await;
}

#[tokio::test]
async fn what_was_not_ponged_comes_again_on_the_next_connection() {
    let server = Server::start().await;
    let (alice, carol, room) = two_in_a_room(&server).await;
    alice.say(&room, "important").await;
    let path = "/ws/join-notification/";
    let mut cut = Socket::open(server.addr(), path, &carol.token)
        .await
        .expect("open");
    assert_eq!(cut.next().await["Content"], "important");
    drop(cut);
    let mut again = Socket::open(server.addr(), path, &carol.token)
        .await
        .expect("open");
    assert_eq!(again.next().await["Content"], "important");
    again.close().await;
    server.stop().await;
}

/// Sets carol's rule for a room.
async fn rule(person: &SignedIn, room: &str, body: Value) -> Value {
    let path = format!("/api/v1/notifications/rules/{room}");
    person.rest.put(&path, &body).await.expect(200)
}

fn message_id(said: &Value) -> String {
    let id = said["message"]["id"].as_str();
    id.expect("an id").to_owned()
}

#[tokio::test]
async fn a_rule_holds_at_once_for_who_is_connected() {
    let server = Server::start().await;
    let (alice, carol, room) = two_in_a_room(&server).await;
    let mut bell = carol.socket(LISTEN).await.expect("a socket");
    bell.next_of("hello").await;
    alice.say(&room, "before").await;
    bell.next_of("notification").await;
    let muted = json!({"muted_until": "2099-01-01T00:00:00Z"});
    assert_eq!(rule(&carol, &room, muted).await["level"], "all");
    let quiet = message_id(&alice.say(&room, "quiet").await);
    let explain = format!("/api/v1/notifications/explain?message={quiet}");
    let said = carol.rest.get(&explain).await.expect(200);
    assert_eq!(said["outcome"], "suppressed");
    assert_eq!(said["decided_by"], "muted");

    rule(&carol, &room, json!({})).await;
    let loud = message_id(&alice.say(&room, "loud").await);
    let heard = bell.next_of("notification").await;
    assert_eq!(heard["notification"]["message"]["content"], "loud");
    let explain = format!("/api/v1/notifications/explain?message={loud}");
    let said = carol.rest.get(&explain).await.expect(200);
    assert_eq!(
        (&said["outcome"], &said["decided_by"]),
        (&json!("waiting"), &json!("news"))
    );
    // Alone, the notification-service has the inbox, and the chat-service this socket.
    if backends::chosen() != Backends::Split {
        assert_eq!(said["sockets"][0]["dialect"], "native");
        assert_eq!(said["sockets"][0]["passed"], true, "{said}");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_is_added_to_a_group_is_told_also_when_removed_again() {
    let server = Server::start().await;
    let alice = server.anon().sign_up("alice").await;
    let carol = server.anon().sign_up("carol").await;
    let mut bell = carol.socket(LISTEN).await.expect("a socket");
    bell.next_of("hello").await;
    let body = json!({"kind": "group", "name": "plans", "members": [carol.id]});
    let group = alice.rest.post("/api/v1/rooms", &body).await.expect(201);
    let room = group["id"].as_str().expect("an id").to_owned();
    let heard = bell.next_of("notification").await;
    assert_eq!(heard["notification"]["cause"], "added");
    assert_eq!(heard["notification"]["by"]["username"], "alice");

    let path = format!("/api/v1/rooms/{room}/members/{}", carol.id);
    let removed = alice.rest.delete(&path, &[]).await;
    assert!(removed.status.is_success());
    let heard = bell.next_of("notification").await;
    assert_eq!(heard["notification"]["cause"], "removed");
    let causes: Vec<_> = inbox(&carol)
        .await
        .iter()
        .map(|n| n["cause"].clone())
        .collect();
    assert_eq!(causes, ["added", "removed"]);

    let seq = heard["notification"]["seq"].clone();
    let ack = json!({"room": room, "seq": seq});
    let acked = carol.rest.post("/api/v1/notifications/ack", &ack).await;
    assert!(
        acked.status.is_success(),
        "also by who is no member any more"
    );
    assert_eq!(inbox(&carol).await, Vec::<Value>::new());
    server.stop().await;
}
