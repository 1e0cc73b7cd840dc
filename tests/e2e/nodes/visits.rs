//! Who has a conversation open, and what is unread, at whichever server.

use e2e::{Nodes, SignedIn, Socket};
use serde_json::{Value, json};

async fn open(who: &SignedIn, path: &str) -> Socket {
    let path = format!("{path}?token={}", who.token);
    let socket = Socket::open_with(who.rest.addr(), &path, &[]).await;
    socket.expect("a socket")
}

/// Opens a conversation; tells who was there before.
async fn chat(who: &SignedIn, with: &str) -> (Socket, Value) {
    let mut socket = open(who, &format!("/ws/{with}/")).await;
    let online = socket.next().await;
    assert_eq!(online["type"], "online_user_list");
    assert_eq!(socket.next().await["type"], "user_join", "their own");
    (socket, online["users"].clone())
}

#[tokio::test]
async fn people_meet_in_a_conversation_at_different_servers() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let (one, two) = (nodes.start().await, nodes.start().await);
    let ann = one.anon().sign_up("ann").await;
    let bob = two.anon().sign_up("bob").await;
    let mut bell = open(&ann, "/ws/notifications/").await;
    let count = |unread: u64| json!({"type": "unread_count", "unread_count": unread});
    assert_eq!(bell.next().await, count(0));

    let (mut a, there) = chat(&ann, "bob").await;
    assert_eq!(there, json!([]));
    let (mut b, there) = chat(&bob, "ann").await;
    assert_eq!(there, json!(["ann"]));
    let came = json!({"type": "user_join", "user": "bob"});
    assert_eq!(a.next().await, came);
    let (tab, _) = chat(&bob.at(one.addr()), "ann").await;

    b.send(&json!({"type": "chat_message", "message": "hello"}))
        .await;
    assert_eq!(
        a.next().await["message"],
        "hello",
        "a second tab has not joined"
    );
    let rings = json!({"type": "new_message_notification"});
    assert_eq!(bell.next().await, rings);
    let (mut elsewhere, _) = chat(&ann.at(two.addr()), "bob").await;
    elsewhere.send(&json!({"type": "read_messages"})).await;
    assert_eq!(bell.next().await, count(0), "read at the other server");

    b.close().await;
    tab.close().await;
    let gone = json!({"type": "user_leave", "user": "bob"});
    assert_eq!(a.next().await, gone, "once");
    one.stop().await;
    two.stop().await;
}
