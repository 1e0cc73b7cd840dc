//! People who use different front ends talk to each other: every dialect in one conversation.

use std::collections::BTreeSet;

use e2e::{Server, SignedIn, Socket, eventually, socket::Refused};
use serde_json::{Value, json};

/// One person on every front end that knows conversations of two, and where it puts a text.
struct Voices {
    person: SignedIn,
    room: String,
    with: SignedIn,
    native: Socket,
    recipients: Socket,
    usernames: Socket,
    friends: Socket,
    tenants: Socket,
}

async fn open(person: &SignedIn, path: &str) -> Socket {
    let opened: Result<Socket, Refused> = Socket::open_with(
        person.rest.addr(),
        &format!("{path}?token={}", person.token),
        &[],
    )
    .await;
    opened.unwrap_or_else(|refused| panic!("{path}: {} {}", refused.status, refused.body))
}

/// The text that a frame says, wherever its dialect has it. What only confirms to the sender says
/// nothing.
fn said(frame: &Value) -> Option<&str> {
    let kind = frame["type"].as_str().unwrap_or("message");
    match kind {
        "message" | "new_message" | "chat_message" | "chat.message" => {}
        _ => return None,
    }
    let places = [
        &frame["message"]["content"],
        &frame["message"],
        &frame["data"]["content"],
        &frame["content"],
    ];
    places.into_iter().find_map(Value::as_str)
}

async fn hears(socket: &mut Socket, texts: &[&str], who: &str) {
    let mut heard = Vec::new();
    while heard.len() < texts.len() {
        let frame = socket.next().await;
        heard.extend(said(&frame).map(str::to_owned));
    }
    assert_eq!(heard, texts, "{who}");
}

impl Voices {
    async fn of(person: SignedIn, with: SignedIn, room: &str) -> Self {
        let (native, _) = person.native().await;
        let mut tenants = open(&person, "/ws/chat/default/").await;
        let join = json!({"type": "join_conversation", "conversation_id": room});
        tenants.send(&join).await;
        tenants.next_of("conversation_joined").await;
        Self {
            recipients: open(&person, &format!("/ws/chat/{room}/")).await,
            usernames: open(&person, &format!("/ws/{}/", with.name)).await,
            friends: open(&person, "/api/chat/ws/chat/").await,
            native,
            tenants,
            room: room.to_owned(),
            person,
            with,
        }
    }

    /// Says one thing with each voice. Each is heard before the next is said.
    async fn say_all(&mut self, bob: &mut Self) {
        let room = self.room.clone();
        self.person.say(&room, "native").await;
        bob.hear(&["native"], true).await;
        self.hear(&["native"], true).await;
        let text = json!({"message": "recipients", "recipient_id": self.with.id});
        self.recipients.send(&text).await;
        bob.hear(&["recipients"], true).await;
        self.hear(&["recipients"], true).await;
        let text = json!({
            "type": "chat_message", "message": "usernames", "multimedia_url": "",
            "file_identifier": "", "multimedia_url_expiration": "",
        });
        self.usernames.send(&text).await;
        bob.hear(&["usernames"], true).await;
        self.hear(&["usernames"], true).await;
        let text = json!({"type": "send_message", "conversation_id": room, "content": "tenants"});
        self.tenants.send(&text).await;
        bob.hear(&["tenants"], true).await;
        self.hear(&["tenants"], true).await;
        let text = json!({"type": "chat.message", "data": {"room": room, "content": "friends"}});
        self.friends.send(&text).await;
        bob.hear(&["friends"], true).await;
        // The document's only one that does not hear itself.
        self.hear(&["friends"], false).await;
    }

    async fn hear(&mut self, texts: &[&str], also_friends: bool) {
        hears(&mut self.native, texts, "native").await;
        hears(&mut self.recipients, texts, "recipients").await;
        hears(&mut self.usernames, texts, "usernames").await;
        hears(&mut self.tenants, texts, "tenants").await;
        if also_friends {
            hears(&mut self.friends, texts, "friends").await;
        }
    }
}

#[tokio::test]
async fn five_voices_talk_in_one_conversation() {
    let server = Server::start().await;
    let anon = server.anon();
    let (ann, bob) = (anon.sign_up("ann").await, anon.sign_up("bob").await);
    let body = json!({"user": bob.id});
    let room = ann.rest.post("/api/v1/rooms/direct", &body).await.json();
    let room = room["id"].as_str().expect("an id").to_owned();
    let mut anns = Voices::of(ann.clone(), bob.clone(), &room).await;
    let mut bobs = Voices::of(bob, ann.clone(), &room).await;
    anns.say_all(&mut bobs).await;
    bobs.say_all(&mut anns).await;

    let all = ["native", "recipients", "usernames", "tenants", "friends"];
    let history = ann.whole_history(&room).await;
    let texts: Vec<_> = history
        .iter()
        .filter_map(|m| m["content"].as_str())
        .collect();
    assert_eq!(texts, [all, all].concat());
    server.stop().await;
}

#[tokio::test]
async fn a_room_by_name_is_one_for_the_named_and_the_native() {
    let server = Server::start().await;
    let anon = server.anon();
    let (ann, bob) = (anon.sign_up("ann").await, anon.sign_up("bob").await);
    let room = ann.create_room("tea").await;
    let mut named = Socket::open(ann.rest.addr(), "/ws/join/?name=tea", &ann.token)
        .await
        .expect("a socket");
    assert_eq!(named.next().await, json!([]), "the history");
    bob.join(&room).await;
    let (mut native, _) = bob.native().await;
    bob.say(&room, "from afar").await;
    hears(&mut named, &["from afar"], "rooms").await;
    hears(&mut native, &["from afar"], "native").await;
    named
        .send(&json!({"type": "message", "content": "welcome"}))
        .await;
    hears(&mut native, &["welcome"], "native").await;
    hears(&mut named, &["welcome"], "rooms").await;
    server.stop().await;
}

/// Nobody of these is told that a message was taken; who closes right after it has said it.
#[tokio::test]
async fn what_was_said_right_before_the_close_is_said() {
    let server = Server::without_limits().await;
    let anon = server.anon();
    let (ann, bob) = (anon.sign_up("ann").await, anon.sign_up("bob").await);
    let body = json!({"user": bob.id});
    let room = ann.rest.post("/api/v1/rooms/direct", &body).await.json();
    let room = room["id"].as_str().expect("an id").to_owned();
    let voices = Voices::of(ann.clone(), bob, &room).await;
    let Voices {
        mut recipients,
        mut usernames,
        mut friends,
        mut tenants,
        with,
        ..
    } = voices;
    let text = json!({"message": "recipients", "recipient_id": with.id});
    recipients.send(&text).await;
    recipients.close().await;
    let text = json!({"type": "chat_message", "message": "usernames", "multimedia_url": ""});
    usernames.send(&text).await;
    usernames.close().await;
    let text = json!({"type": "chat.message", "data": {"room": room, "content": "friends"}});
    friends.send(&text).await;
    friends.close().await;
    let text = json!({"type": "send_message", "conversation_id": room, "content": "tenants"});
    tenants.send(&text).await;
    tenants.close().await;
    eventually("all of it", async || {
        let history = ann.whole_history(&room).await;
        let texts: BTreeSet<_> = history
            .iter()
            .filter_map(|m| m["content"].as_str())
            .collect();
        (texts == BTreeSet::from(["recipients", "usernames", "friends", "tenants"])).then_some(())
    })
    .await;
    server.stop().await;
}
