//! People whom nobody expects: somebody who was deleted, and people and rooms with names that look
//! like something else, through every front end.

use e2e::{Answer, Server, SignedIn, Socket, people::PASSWORD};
use hyper::Method;
use serde_json::{Value, json};

const TENANTS: &str = "/api/notifications/chat";

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A segment of a path that stands for a name.
fn segment(name: &str) -> String {
    let bytes = name.bytes().map(|byte| format!("%{byte:02X}"));
    bytes.collect()
}

async fn open(who: &SignedIn, path: &str) -> Socket {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{joint}token={}", who.token);
    let opened = who.socket(&path).await;
    opened.unwrap_or_else(|refused| panic!("{path}: {} {}", refused.status, refused.body))
}

/// The status and the body.
fn shown(answer: &Answer) -> (u16, Value) {
    (answer.status.as_u16(), answer.json())
}

/// Ann and Bob, who have talked with each other, and a channel where both are.
struct Pair {
    server: Server,
    root: SignedIn,
    ann: SignedIn,
    bob: SignedIn,
    direct: String,
    channel: String,
}

impl Pair {
    async fn new() -> Self {
        let server = Server::without_limits().await;
        let root = server.admin("root").await;
        let (ann, bob) = (
            server.anon().sign_up("ann").await,
            server.anon().sign_up("bob").await,
        );
        let body = json!({"user": bob.id});
        let direct = ann.rest.post("/api/v1/rooms/direct", &body).await;
        let direct = text(&direct.expect(201)["id"]);
        let channel = ann.create_room("tea").await;
        bob.join(&channel).await;
        bob.say(&direct, "said to ann").await;
        bob.say(&channel, "said to all").await;
        Self {
            server,
            root,
            ann,
            bob,
            direct,
            channel,
        }
    }

    /// One socket of each kind that somebody can have.
    async fn sockets(&self, who: &SignedIn, other: &SignedIn) -> Vec<(&'static str, Socket)> {
        vec![
            ("native", who.native().await.0),
            ("rooms", open(who, "/ws/join/?name=tea").await),
            ("rooms' bell", open(who, "/ws/join-notification/").await),
            ("tenants", open(who, "/ws/chat/default/").await),
            (
                "recipients",
                open(who, &format!("/ws/chat/{}/", self.direct)).await,
            ),
            ("friends", open(who, "/api/chat/ws/chat/").await),
            (
                "usernames",
                open(who, &format!("/ws/{}/", other.name)).await,
            ),
            ("usernames' bell", open(who, "/ws/notifications/").await),
        ]
    }

    async fn delete_bob(&self) {
        let path = format!("/api/v1/admin/users/{}", self.bob.id);
        let deleted = self.root.rest.delete(&path, &[]).await;
        assert_eq!(deleted.status, 204, "{}", deleted.text);
    }
}

#[tokio::test]
async fn whoever_is_deleted_is_out_of_every_front_end() {
    let pair = Pair::new().await;
    let sockets = pair.sockets(&pair.bob, &pair.ann).await;
    pair.delete_bob().await;
    for (name, mut socket) in sockets {
        assert_eq!(socket.closed().await, Some(4501), "{name}");
    }
    let bob = &pair.bob.rest;
    for path in [
        "/api/v1/me",
        "/api/room/list/",
        "/api/users/",
        "/api/chat/users/",
        "/api/conversations",
        "/api/notifications/chat/conversations/",
    ] {
        let refused = bob.get(path).await;
        assert_eq!(refused.status, 401, "{path}: {}", refused.text);
    }
    for path in [
        "/ws/join/?name=tea",
        "/ws/join-notification/",
        "/ws/chat/default/",
        "/api/chat/ws/chat/",
        "/ws/ann/",
        "/ws/notifications/",
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joint}token={}", pair.bob.token);
        let refused = pair.bob.socket(&path).await.err().expect("a refusal");
        assert!([401, 403].contains(&refused.status), "{path}");
    }
    let login = json!({"username": "bob", "email": "bob", "password": PASSWORD});
    let nobody = json!({"username": "nobody", "email": "nobody", "password": PASSWORD});
    for path in [
        "/api/v1/auth/login",
        "/api/user/login/",
        "/api/login/",
        "/api/auth/token/",
    ] {
        let refused = pair.server.rest().post(path, &login).await;
        let unknown = pair.server.rest().post(path, &nobody).await;
        assert!([400, 401].contains(&refused.status.as_u16()), "{path}");
        let without_id = |answer: &Answer| {
            let (status, mut body) = shown(answer);
            body["request_id"].take();
            (status, body)
        };
        assert_eq!(without_id(&refused), without_id(&unknown), "{path}");
    }
    // The name is free, and who has it now is nobody whom anybody knew.
    let again = pair.server.anon().sign_up("bob").await;
    assert_ne!(again.id, pair.bob.id);
    let page = format!("/api/v1/rooms/{}/messages", pair.direct);
    assert_eq!(again.rest.get(&page).await.code(), "room_not_found");
    pair.server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one front end after the other")]
async fn what_the_deleted_said_stays_by_a_deleted_user() {
    let pair = Pair::new().await;
    pair.delete_bob().await;
    let (ann, bob) = (&pair.ann.rest, &pair.bob.id);
    let is_deleted = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(DELETED));

    // Native: the messages and the room stay, and the person is there to be shown by.
    let said = pair.ann.whole_history(&pair.direct).await;
    assert_eq!(said[0]["content"], "said to ann");
    assert!(is_deleted(&said[0]["sender"]["username"]), "{}", said[0]);
    let room = ann.get(&format!("/api/v1/rooms/{}", pair.direct)).await;
    let room = room.expect(200);
    assert!(is_deleted(&room["with"]["username"]), "{room}");
    let people = ann.get("/api/v1/people").await.expect(200);
    assert!(!people.to_string().contains(bob.as_str()), "{people}");
    let seen = ann.get(&format!("/api/v1/presence?users={bob}")).await;
    assert_eq!(seen.expect(200)["presence"][0]["state"], "offline");
    let found = ann.get("/api/v1/users?name=bob").await;
    assert_eq!(found.code(), "user_not_found");

    // rooms: by the name that others see, in the history and nowhere else.
    let mut socket = open(&pair.ann, "/ws/join/?name=tea").await;
    let history = socket.next().await;
    assert_eq!(history[0]["content"], "said to all");
    assert!(is_deleted(&history[0]["username"]), "{history}");

    // tenants: the participant stays with the conversation; nobody is there.
    let path = format!("{TENANTS}/conversations/{}/messages/", pair.direct);
    let page = ann.get(&path).await.expect(200);
    assert_eq!(page["results"][0]["content"], "said to ann");
    assert_eq!(page["results"][0]["sender_id"], bob.as_str());
    let conversations = ann.get(&format!("{TENANTS}/conversations/")).await;
    assert_eq!(conversations.expect(200)["count"], 2);
    let present = ann.get(&format!("{TENANTS}/presence/")).await.expect(200);
    assert!(!present.to_string().contains(bob.as_str()), "{present}");

    // recipients: not in the list; the conversation opens no more.
    let listed = ann.get("/api/users/").await.expect(200);
    assert!(!listed.to_string().contains(bob.as_str()), "{listed}");
    let chat = ann.get(&format!("/api/users/{bob}/chat/")).await;
    let random = ann.get(&format!("/api/users/{RANDOM}/chat/")).await;
    assert_eq!(shown(&chat), shown(&random));
    assert_eq!(chat.status, 404);

    // friends: the room stays with its messages, and the friend is offline.
    let friends = ann.get("/api/chat/users/").await.expect(200);
    let friend = &friends["results"][0]["friend"];
    assert!(is_deleted(&friend["full_name"]), "{friends}");
    assert_eq!(friend["is_online"], false);
    let page = ann
        .get(&format!("/api/chat/{}/messages/", pair.direct))
        .await;
    let page = page.expect(200);
    assert!(
        is_deleted(&page["results"][0]["user"]["full_name"]),
        "{page}"
    );

    // usernames: in the list, not active, and not to be reached by the name.
    let listed = ann.get("/api/conversations").await.expect(200);
    let other = &listed[0]["other_user"];
    assert!(is_deleted(&other["username"]), "{listed}");
    assert_eq!(other["is_active"], false);
    assert_eq!(ann.get("/api/rooms/bob/messages").await.status, 404);
    let by_the_new = segment(other["username"].as_str().unwrap_or_default());
    let refused = ann.get(&format!("/api/rooms/{by_the_new}/messages")).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    pair.server.stop().await;
}

const DELETED: &str = "Deleted user";
const RANDOM: &str = "92660037-7f6e-4934-afd5-218024692005";

/// What is said to somebody who was deleted is said in the room, as to somebody who does not come
/// back: nobody is told that it failed, and nobody hears it.
#[tokio::test]
async fn a_room_with_the_deleted_goes_on_for_who_is_left() {
    let pair = Pair::new().await;
    let mut recipients = open(&pair.ann, &format!("/ws/chat/{}/", pair.direct)).await;
    let mut friends = open(&pair.ann, "/api/chat/ws/chat/").await;
    let (mut native, _) = pair.ann.native().await;
    pair.delete_bob().await;
    pair.ann.say(&pair.direct, "native").await;
    let message = json!({"message": "recipients", "recipient_id": pair.bob.id});
    recipients.send(&message).await;
    native.next_of("message").await;
    native.next_of("message").await;
    let message = json!({"room": pair.direct, "content": "friends"});
    friends
        .send(&json!({"type": "chat.message", "data": message}))
        .await;
    native.next_of("message").await;
    let said = pair.ann.whole_history(&pair.direct).await;
    let said: Vec<_> = said
        .iter()
        .map(|message| text(&message["content"]))
        .collect();
    assert_eq!(said, ["said to ann", "native", "recipients", "friends"]);

    // Nobody brings them in or writes to them anew.
    let add = json!({"user": pair.bob.id});
    let path = format!(
        "/api/v1/rooms/{}/members",
        pair.ann.create_room("new").await
    );
    let added = pair.ann.rest.post(&path, &add).await;
    assert_eq!(added.code(), "user_not_found");
    let again = pair.root.rest.post("/api/v1/rooms/direct", &add).await;
    assert_eq!(again.code(), "user_not_found");
    let began = json!({"conversation_type": "direct", "target_user_id": pair.bob.id});
    let path = format!("{TENANTS}/conversations/");
    let began = pair.root.rest.post(&path, &began).await;
    assert_eq!(began.status, 400, "{}", began.text);
    let members = format!("/api/v1/rooms/{}/members", pair.channel);
    let members = pair.ann.rest.get(&members).await.expect(200).to_string();
    assert!(members.contains(DELETED), "{members}");
    pair.server.stop().await;
}

/// Names that look like a path, like an escape, like a query, like two names, and like nothing.
const NAMES: [&str; 7] = ["../x", "a/b", "%2e", "da-sh", "?q=1#f", "\u{1F600}", ".."];

#[tokio::test]
async fn a_name_is_only_a_name_in_every_front_end() {
    let server = Server::without_limits().await;
    let ann = server.anon().sign_up("ann").await;
    for name in NAMES {
        let odd = server.anon().sign_up(name).await;
        let by_name = segment(name);
        let path = format!("/api/v1/users?name={by_name}");
        assert_eq!(ann.rest.get(&path).await.expect(200)["id"], odd.id.as_str());

        // usernames: the name is a segment of a path.
        let mut socket = open(&ann, &format!("/ws/{by_name}/")).await;
        socket.next_of("user_join").await;
        let mut theirs = open(&odd, "/ws/ann/").await;
        theirs.next_of("user_join").await;
        let says = json!({"type": "chat_message", "message": "hello", "multimedia_url": ""});
        theirs.send(&says).await;
        let heard = socket.next_of("chat_message").await;
        assert_eq!(heard["from_user"]["username"], name);
        assert_eq!(heard["room"], name);
        let page = ann
            .rest
            .get(&format!("/api/rooms/{by_name}/messages"))
            .await;
        assert_eq!(page.expect(200)["messages"][0]["content"], "hello");
        let bell = format!("/ws/notifications/{by_name}/");
        let unread = open(&ann, &bell).await.next().await;
        assert_eq!(unread["unread_count"], 1, "{name}");

        // recipients and friends show it; who has said no other name is called by it.
        let people = ann.rest.get("/api/users/").await.expect(200);
        let people = people.as_array().expect("people");
        assert!(people.iter().any(|one| one["first_name"] == name), "{name}");
        let friends = ann.rest.get("/api/chat/users/").await.expect(200);
        let friends = friends["results"].as_array().expect("rooms").clone();
        let is_named = |one: &Value| one["friend"]["full_name"] == name;
        assert!(friends.iter().any(is_named), "{name}: {friends:?}");

        // rooms: they sign up and log in with it.
        let login = json!({"username": name, "password": PASSWORD});
        let token = server.rest().post("/api/user/login/", &login).await;
        assert!(token.expect(200)["token"].is_string());
    }
    server.stop().await;
}

/// `a-b` with `c` and `a` with `b-c` look the same when joined by a dash.
#[tokio::test]
async fn conversations_of_names_with_dashes_are_not_mixed_up() {
    let server = Server::without_limits().await;
    let anon = server.anon();
    let (ab, c) = (anon.sign_up("a-b").await, anon.sign_up("c").await);
    let (a, bc) = (anon.sign_up("a").await, anon.sign_up("b-c").await);
    let mut one = open(&ab, "/ws/c/").await;
    one.next_of("user_join").await;
    let mut other = open(&bc, "/ws/a/").await;
    other.next_of("user_join").await;
    let says = json!({"type": "chat_message", "message": "psst", "multimedia_url": ""});
    one.send(&says).await;
    one.next_of("chat_message").await;
    let said = async |who: &SignedIn, with: &str| {
        let page = who.rest.get(&format!("/api/rooms/{with}/messages")).await;
        page.expect(200)["messages"].as_array().map(Vec::len)
    };
    assert_eq!(said(&c, "a-b").await, Some(1));
    assert_eq!(said(&a, "b-c").await, Some(0));
    assert_eq!(said(&bc, "a").await, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn a_room_may_be_called_by_an_emoji() {
    let server = Server::without_limits().await;
    let (ann, bob) = (
        server.anon().sign_up("ann").await,
        server.anon().sign_up("bob").await,
    );
    let name = "\u{1F680} tea/time?";
    let room = json!({"name": name});
    let made = ann.rest.post("/api/room/create/", &room).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let path = format!("/ws/join/?name={}", segment(name));
    let mut socket = open(&bob, &path).await;
    assert_eq!(socket.next().await, json!([]));
    let listed = ann.rest.get("/api/room/list/").await.expect(200);
    assert_eq!(listed, json!({ name: 1 }));
    let path = format!("/api/v1/rooms?name={}", segment(name));
    let found = ann.rest.get(&path).await.expect(200);
    assert_eq!(found["rooms"][0]["name"], name);
    let room = text(&found["rooms"][0]["id"]);
    let shown = bob
        .rest
        .get(&format!("{TENANTS}/conversations/{room}/"))
        .await;
    assert_eq!(shown.expect(200)["title"], name);
    let renamed = json!({"title": "\u{1F355}"});
    let path = format!("{TENANTS}/conversations/{room}/");
    let renamed = ann.rest.put(&path, &renamed).await;
    assert_eq!(renamed.expect(200)["title"], "\u{1F355}");
    server.stop().await;
}

#[tokio::test]
async fn nobody_has_a_conversation_with_themselves() {
    let server = Server::without_limits().await;
    let ann = server.anon().sign_up("ann").await;
    let rest = &ann.rest;
    let own = json!({"user": ann.id});
    let native = rest.post("/api/v1/rooms/direct", &own).await;
    assert_eq!(native.code(), "invalid_field", "{}", native.text);
    let began = json!({"conversation_type": "direct", "target_user_id": ann.id});
    let tenants = rest
        .post(&format!("{TENANTS}/conversations/"), &began)
        .await;
    assert_eq!(tenants.status, 400, "{}", tenants.text);
    let recipients = rest.get(&format!("/api/users/{}/chat/", ann.id)).await;
    let refused = json!({"success": false, "msg": "Invalid recipient.", "status": 400});
    assert_eq!(recipients.expect(400), refused);
    let usernames = rest.get("/api/rooms/ann/messages").await;
    assert_eq!(usernames.status, 400, "{}", usernames.text);
    for path in ["/ws/ann/", "/ws/notifications/ann/"] {
        let path = format!("{path}?token={}", ann.token);
        let refused = ann.socket(&path).await.err().expect("a refusal");
        assert_eq!(refused.status, 403, "{path}");
    }
    let mut friends = open(&ann, "/api/chat/ws/chat/").await;
    let says = json!({"type": "chat.message", "data": {"room": ann.id, "content": "me"}});
    friends.send(&says).await;
    friends.close().await;
    let friend = rest.get(&format!("/api/chat/users/{}/", ann.id)).await;
    assert_eq!(friend.status, 404, "{}", friend.text);
    let rooms = rest
        .send(Method::GET, "/api/v1/rooms?scope=mine", &[], None)
        .await;
    assert_eq!(rooms.expect(200)["rooms"], json!([]));
    server.stop().await;
}
