//! The document of the `friends` dialect, top to bottom: a client written from it works.

use e2e::{Answer, Rest, Server, SignedIn, Socket, eventually, socket::Refused};
use hyper::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const SOCKET: &str = "/api/chat/ws/chat/";

/// What the other services tell, and who hears of it.
struct Services {
    rest: Rest,
}

impl Services {
    async fn of(server: &Server) -> Self {
        let rest = server.admin("root").await.rest;
        Self { rest }
    }

    async fn tell(&self, action: &str, body: Value) -> Answer {
        let path = format!("/api/v1/admin/events/{action}");
        self.rest.post(&path, &body).await
    }

    async fn told(&self, action: &str, body: Value) {
        let answer = self.tell(action, body).await;
        assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    }

    async fn befriend(&self, one: &str, other: &str) {
        let friends = [one, other].map(|id| json!({"id": id, "full_name": format!("{id} New")}));
        self.told("friend.created", json!({ "friends": friends }))
            .await;
    }
}

/// Two friends, as the users service and the friends service tell of them.
async fn friends(server: &Server, services: &Services) -> (SignedIn, SignedIn) {
    let (ann, bob) = (
        server.anon().sign_up("ann").await,
        server.anon().sign_up("bob").await,
    );
    for (who, name) in [(&ann, "Alice Lee"), (&bob, "John Doe")] {
        let person = json!({"id": who.id, "email": "x@example.org", "full_name": name});
        services.told("user.created", person).await;
    }
    services.befriend(&ann.id, &bob.id).await;
    (ann, bob)
}

async fn open(rest: &Rest, token: &str) -> Result<Socket, Refused> {
    let path = format!("{SOCKET}?token={token}");
    Socket::open_with(rest.addr(), &path, &[]).await
}

async fn socket(who: &SignedIn) -> Socket {
    open(&who.rest, &who.token).await.expect("a socket")
}

/// The page of rooms.
async fn rooms(who: &SignedIn, query: &str) -> Value {
    who.rest
        .get(&format!("/api/chat/users/{query}"))
        .await
        .expect(200)
}

/// The room with the only friend.
async fn room(who: &SignedIn) -> Value {
    rooms(who, "").await["results"][0].clone()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn frame(kind: &str, room: &str, content: Option<&str>) -> Value {
    match content {
        Some(content) => json!({"type": kind, "data": {"room": room, "content": content}}),
        None => json!({"type": kind, "data": {"room": room}}),
    }
}

fn doing(kind: &str, room: &str, user: &str) -> Value {
    json!({"type": kind, "data": {"room": room, "user": user}})
}

/// Says something through a socket that hears nothing of it, and waits until it is stored.
async fn say(who: &SignedIn, socket: &mut Socket, room: &str, content: &str) {
    socket
        .send(&frame("chat.message", room, Some(content)))
        .await;
    eventually("the message", || async {
        let path = format!("/api/chat/{room}/messages/");
        let page = who.rest.get(&path).await.expect(200);
        (page["results"][0]["content"] == content).then_some(())
    })
    .await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn two_friends_talk_as_the_document_says() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let (ann, bob) = friends(&server, &services).await;

    // chat_users_list and chat_users_read
    let list = rooms(&ann, "").await;
    assert_eq!((&list["count"], &list["next"]), (&json!(1), &Value::Null));
    let found = list["results"][0].clone();
    let place = text(&found["id"]);
    let color = text(&found["friend"]["bg_color"]);
    let expected = json!({
        "id": place,
        "friend": {
            "id": bob.id, "full_name": "John Doe", "is_online": false, "last_seen": null,
            "bg_color": color,
        },
        "last_message_at": null, "unread_count": 0, "last_message": "",
    });
    assert_eq!(found, expected);
    let one = ann.rest.get(&format!("/api/chat/users/{place}/")).await;
    assert_eq!(one.expect(200), expected, "with the same colour");

    // friend.online
    let mut a = socket(&ann).await;
    say(&ann, &mut a, &place, "Are you there?").await;
    assert_eq!(room(&bob).await["friend"]["is_online"], true);
    let mut b = socket(&bob).await;
    let online = a.next().await;
    assert_eq!(online["type"], "friend.online");
    assert_eq!(online["data"]["id"], place.as_str());
    assert_eq!(online["data"]["friend"]["is_online"], true);
    assert_eq!(online["data"]["friend"]["bg_color"], color.as_str());

    // chat.message
    b.send(&frame("chat.message", &place, Some("Hello, how are you?")))
        .await;
    let mut received = a.next().await;
    let id = received["data"]["id"].clone();
    let at = received["data"]["created_at"].clone();
    assert!(text(&at).ends_with('Z'));
    received["data"]["user"]["bg_color"].take();
    let expected = json!({
        "type": "chat.message",
        "data": {
            "id": id,
            "user": {
                "id": bob.id, "full_name": "John Doe", "is_online": true, "last_seen": null,
                "bg_color": null,
            },
            "content": "Hello, how are you?", "created_at": at, "direction": "received",
            "is_read": false, "room": place,
        },
    });
    assert_eq!(received, expected);
    let seen = room(&ann).await;
    assert_eq!(
        (&seen["unread_count"], &seen["last_message_at"]),
        (&json!(1), &at)
    );
    assert_eq!(seen["last_message"], "Hello, how are you?");

    // friend.typing.start and friend.typing.stop
    a.send(&frame("friend.typing.start", &place, None)).await;
    assert_eq!(
        b.next().await,
        doing("friend.typing.start", &place, &ann.id)
    );
    a.send(&frame("friend.typing.stop", &place, None)).await;
    assert_eq!(b.next().await, doing("friend.typing.stop", &place, &ann.id));

    // chat.read
    a.send(&frame("chat.read", &place, None)).await;
    assert_eq!(b.next().await, doing("chat.read", &place, &ann.id));
    assert_eq!(room(&ann).await["unread_count"], 0);

    // chat_messages_list
    let path = format!("/api/chat/{place}/messages/");
    let page = bob.rest.get(&path).await.expect(200);
    assert_eq!(page["count"], 2);
    let sent = &page["results"][0];
    assert_eq!((&sent["id"], &sent["direction"]), (&id, &json!("sent")));
    assert_eq!(
        (&sent["is_read"], &sent["room"]),
        (&json!(true), &json!(place))
    );
    assert_eq!(sent["user"]["full_name"], "John Doe");
    assert_eq!(
        ann.rest.get(&path).await.expect(200)["results"][0]["direction"],
        "received"
    );

    // friend.offline
    b.close().await;
    let offline = a.next().await;
    assert_eq!(offline["type"], "friend.offline");
    assert_eq!(offline["data"]["friend"]["is_online"], false);
    assert!(offline["data"]["friend"]["last_seen"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn a_second_tab_is_told_what_the_first_does_and_is_no_second_coming() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let (ann, bob) = friends(&server, &services).await;
    let place = text(&room(&ann).await["id"]);
    let mut a = socket(&ann).await;
    say(&ann, &mut a, &place, "zero").await;
    let mut first = socket(&bob).await;
    assert_eq!(a.next().await["type"], "friend.online");
    let mut second = socket(&bob).await;

    say(&bob, &mut first, &place, "one").await;
    let told = second.next_of("chat.message").await;
    assert_eq!(
        (&told["data"]["content"], &told["data"]["direction"]),
        (&json!("one"), &json!("sent"))
    );
    assert_eq!(a.next().await["data"]["content"], "one");
    a.send(&frame("chat.message", &place, Some("two"))).await;
    for tab in [&mut first, &mut second] {
        let heard = tab.next_of("chat.message").await;
        assert_eq!(
            heard["data"]["content"], "two",
            "the sender's own came to the other tab alone"
        );
    }
    first.send(&frame("chat.read", &place, None)).await;
    assert_eq!(a.next().await, doing("chat.read", &place, &bob.id));
    assert_eq!(second.next().await, doing("chat.read", &place, &bob.id));

    second.close().await;
    say(&bob, &mut first, &place, "three").await;
    assert_eq!(
        a.next().await["data"]["content"],
        "three",
        "he has neither come nor gone"
    );

    // "Mark all messages as read", which tells the other one
    let body = json!({
        "user": {"full_name": "string", "is_online": true, "last_seen": null},
        "content": "string", "is_read": true, "room": "string",
    });
    let read = ann
        .rest
        .post(&format!("/api/chat/{place}/messages/"), &body)
        .await;
    assert_eq!((read.status.as_u16(), read.text.as_str()), (200, ""));
    assert_eq!(first.next().await, doing("chat.read", &place, &ann.id));
    assert_eq!(room(&ann).await["unread_count"], 0);
    first.close().await;
    assert_eq!(
        a.next_of("friend.offline").await["data"]["id"],
        place.as_str()
    );
    server.stop().await;
}

#[tokio::test]
async fn saying_something_to_somebody_opens_the_room_for_both() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let (ann, bob) = (
        server.anon().sign_up("ann").await,
        server.anon().sign_up("bob").await,
    );
    let (mut a, mut b) = (socket(&ann).await, socket(&bob).await);
    a.send(&frame("chat.message", &bob.id, Some("hello \u{1F600}")))
        .await;
    let heard = b.next_of("chat.message").await;
    assert_eq!(heard["data"]["content"], "hello \u{1F600}");
    assert_eq!(
        heard["data"]["user"]["full_name"], "ann",
        "who said no name has the username"
    );
    let place = text(&heard["data"]["room"]);
    b.send(&frame("chat.message", &place, Some("hi"))).await;
    assert_eq!(a.next_of("chat.message").await["data"]["content"], "hi");
    let native = json!({"content": "from elsewhere"});
    let sent = bob
        .rest
        .post(&format!("/api/v1/rooms/{place}/messages"), &native)
        .await;
    assert_eq!(sent.status.as_u16(), 201, "{}", sent.text);
    assert_eq!(
        a.next_of("chat.message").await["data"]["content"],
        "from elsewhere"
    );

    // Somebody whom another service calls otherwise is shown by that, and found by it.
    services.befriend(&ann.id, "user-of-theirs").await;
    let page = rooms(&ann, "").await;
    let other = page["results"].as_array().expect("rooms").iter();
    let mut other = other.filter(|one| one["friend"]["id"] == "user-of-theirs");
    let other = other.next().expect("the new friend");
    assert_eq!(other["friend"]["full_name"], "user-of-theirs New");
    a.send(&frame("chat.message", "user-of-theirs", Some("welcome")))
        .await;
    let place = text(&other["id"]);
    eventually("the message", || async {
        let page = ann
            .rest
            .get("/api/chat/user-of-theirs/messages")
            .await
            .expect(200);
        let found = &page["results"][0];
        (found["content"] == "welcome").then(|| assert_eq!(found["room"], place.as_str()))
    })
    .await;

    // A group is not shown, and neither is what is said in it.
    let group = ann.create_group("three", &[&bob]).await;
    bob.say(&group, "psst").await;
    b.send(&frame("chat.message", &ann.id, Some("after it")))
        .await;
    assert_eq!(
        a.next_of("chat.message").await["data"]["content"],
        "after it"
    );
    assert_eq!(rooms(&bob, "").await["count"], 1);
    server.stop().await;
}

/// Whoever has a room with somebody sees it, wherever it was opened.
#[tokio::test]
async fn a_room_that_another_front_end_opened_is_a_friendship() {
    let server = Server::start().await;
    let bob = server.anon().sign_up("bob").await;
    let eve = server.anon().sign_up("eve").await;
    let with = json!({"user": bob.id});
    let opened = eve.rest.post("/api/v1/rooms/direct", &with).await;
    assert_eq!(opened.status.as_u16(), 201);
    for (who, other) in [(&eve, &bob), (&bob, &eve)] {
        let page = rooms(who, "").await;
        let found = page["results"].as_array().expect("rooms");
        let mut with = found.iter().map(|one| &one["friend"]["id"]);
        assert!(with.any(|id| *id == other.id.as_str()), "{page}");
    }
    server.stop().await;
}

/// No message is dropped without a word.
#[tokio::test]
async fn a_message_that_is_too_long_is_told_of() {
    let server = Server::start_with(|settings| settings.limits.message_bytes = 8).await;
    let services = Services::of(&server).await;
    let (ann, bob) = friends(&server, &services).await;
    let (mut a, mut b) = (socket(&ann).await, socket(&bob).await);
    a.send(&frame("chat.message", &bob.id, Some("nine long")))
        .await;
    let told = json!({
        "type": "error", "data": {"room": bob.id, "message": "Message is too long."},
    });
    assert_eq!(a.next_of("error").await, told);
    a.send(&frame("chat.message", &bob.id, Some("short"))).await;
    let heard = b.next_of("chat.message").await;
    assert_eq!(heard["data"]["content"], "short", "the socket stays");
    server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn lists_have_ten_a_page() {
    let server = Server::without_limits().await;
    let services = Services::of(&server).await;
    let (ann, bob) = friends(&server, &services).await;
    let place = text(&room(&ann).await["id"]);
    for n in 0..11 {
        services.befriend(&ann.id, &format!("f{n}")).await;
    }
    for n in 0..12 {
        bob.say(&place, &format!("m{n}")).await;
    }
    let url = |path: &str| format!("http://{}{path}", server.addr());

    let page = rooms(&ann, "").await;
    assert_eq!(
        (&page["count"], &page["previous"]),
        (&json!(12), &Value::Null)
    );
    assert_eq!(page["next"], url("/api/chat/users/?page=2"));
    let listed = page["results"].as_array().expect("rooms");
    assert_eq!(
        (listed.len(), &listed[0]["id"]),
        (10, &json!(place)),
        "by the last message"
    );
    let on = |page: &Value, id: &str| {
        let rooms = page["results"].as_array().expect("rooms").iter();
        rooms.filter(|one| one["friend"]["id"] == id).count() == 1
    };
    assert!(on(&page, "f10"), "then the newest");
    let page = rooms(&ann, "?page=2").await;
    assert_eq!(page["results"].as_array().expect("rooms").len(), 2);
    assert!(on(&page, "f0"));
    assert_eq!(page["previous"], url("/api/chat/users/"));

    let path = format!("/api/chat/{place}/messages/");
    let page = ann.rest.get(&path).await.expect(200);
    assert_eq!(
        (&page["count"], &page["results"][0]["content"]),
        (&json!(12), &json!("m11"))
    );
    let next = ann.rest.get(&format!("{path}?page=2")).await.expect(200);
    let said: Vec<String> = next["results"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| text(&message["content"]))
        .collect();
    assert_eq!(said, ["m1", "m0"]);
    let invalid = json!({"detail": "Invalid page."});
    for page in ["0", "3", "x", "-1"] {
        for path in [path.as_str(), "/api/chat/users/"] {
            let refused = ann.rest.get(&format!("{path}?page={page}")).await;
            assert_eq!(refused.expect(404), invalid, "{path} {page}");
        }
    }

    let _b = socket(&bob).await;
    let online = eventually("he is there", || async {
        let page = rooms(&ann, "?filter=online").await;
        (page["count"] == 1).then_some(page)
    })
    .await;
    assert_eq!(online["results"][0]["friend"]["id"], bob.id.as_str());
    assert_eq!(
        rooms(&ann, "?filter=whatever").await["count"],
        12,
        "no filter"
    );
    server.stop().await;
}

#[tokio::test]
async fn who_is_deleted_is_gone_and_their_room_stays() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let (ann, bob) = friends(&server, &services).await;
    let place = text(&room(&ann).await["id"]);
    let mut a = socket(&ann).await;
    say(&ann, &mut a, &place, "hello").await;
    let mut b = socket(&bob).await;
    assert_eq!(a.next().await["type"], "friend.online");
    say(&bob, &mut b, &place, "goodbye").await;
    assert_eq!(a.next().await["data"]["content"], "goodbye");
    services.told("user.deleted", json!({"id": bob.id})).await;
    assert_eq!(b.closed().await, Some(4501));
    let offline = a.next_of("friend.offline").await;
    assert_eq!(offline["data"]["friend"]["full_name"], "Deleted user");

    let left = room(&ann).await;
    assert_eq!(left["friend"]["full_name"], "Deleted user");
    assert_eq!(
        (&left["friend"]["is_online"], &left["last_message"]),
        (&json!(false), &json!("goodbye"))
    );
    let page = ann
        .rest
        .get(&format!("/api/chat/{place}/messages/"))
        .await
        .expect(200);
    assert_eq!(page["results"][0]["user"]["full_name"], "Deleted user");
    eventually("his token is refused", || async {
        let refused = bob.rest.get("/api/chat/users/").await;
        (refused.status.as_u16() == 401).then_some(())
    })
    .await;
    assert_eq!(
        open(&bob.rest, &bob.token)
            .await
            .err()
            .expect("a refusal")
            .status,
        401
    );
    let again = json!({"id": bob.id, "full_name": "John Doe"});
    services.told("user.updated", again).await;
    assert_eq!(room(&ann).await["friend"]["full_name"], "Deleted user");
    let login = json!({"username": "bob", "password": e2e::people::PASSWORD});
    let login = server.rest().post("/api/v1/auth/login", &login).await;
    assert_eq!(login.code(), "wrong_credentials");
    let anew = server.anon().sign_up("bob").await;
    assert_ne!(anew.id, bob.id, "the name is free");

    let gone = format!("/api/v1/admin/users/{}", ann.id);
    assert_eq!(ann.rest.delete(&gone, &[]).await.code(), "forbidden");
    assert_eq!(services.rest.delete(&gone, &[]).await.status.as_u16(), 204);
    assert_eq!(a.closed().await, Some(4501));
    let nobody = "/api/v1/admin/users/92660037-7f6e-4934-afd5-218024692005";
    assert_eq!(
        services.rest.delete(nobody, &[]).await.code(),
        "user_not_found"
    );
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_ones_own_is_not_there() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let (ann, _bob) = friends(&server, &services).await;
    let eve = server.anon().sign_up("../a-b").await;
    let place = text(&room(&ann).await["id"]);
    let channel = eve.create_room("lobby \u{1F600}").await;
    let missing = json!({"detail": "User not found"});
    let random = "92660037-7f6e-4934-afd5-218024692005";
    for id in [
        place.as_str(),
        random,
        "no-id",
        channel.as_str(),
        eve.id.as_str(),
    ] {
        let one = eve.rest.get(&format!("/api/chat/users/{id}/")).await;
        assert_eq!(one.expect(404), missing, "{id}");
        let path = format!("/api/chat/{id}/messages/");
        assert_eq!(eve.rest.get(&path).await.expect(404), missing, "{id}");
        assert_eq!(
            eve.rest.post(&path, &json!({})).await.expect(404),
            missing,
            "{id}"
        );
    }
    let mut e = socket(&eve).await;
    let mut a = socket(&ann).await;
    for id in [
        place.as_str(),
        random,
        "no-id",
        channel.as_str(),
        eve.id.as_str(),
        "",
    ] {
        e.send(&frame("chat.message", id, Some("psst"))).await;
        e.send(&frame("friend.typing.start", id, None)).await;
        e.send(&frame("chat.read", id, None)).await;
    }
    for senseless in [
        json!({}),
        json!({"type": "chat.wave", "data": {"room": place}}),
    ] {
        e.send(&senseless).await;
    }
    e.send(&frame("chat.message", &place, Some(""))).await;
    e.send(&frame("chat.message", &ann.id, Some("hello"))).await;
    let heard = a.next_of("chat.message").await;
    assert_eq!(heard["data"]["content"], "hello", "and nothing before it");
    assert_eq!(heard["data"]["user"]["full_name"], "../a-b");
    assert_ne!(heard["data"]["room"], place.as_str());

    for unreadable in ["{", "[]", "\"Hello\""] {
        let mut socket = socket(&eve).await;
        socket.send_message(Message::text(unreadable)).await;
        assert_eq!(socket.closed().await, Some(1011), "{unreadable}");
    }
    server.stop().await;
}

#[tokio::test]
async fn refusals_are_as_documented() {
    let server = Server::start().await;
    let ann = server.anon().sign_up("ann").await;
    let bare = server.rest();
    for path in [
        "/api/chat/users/",
        "/api/chat/users/x/",
        "/api/chat/x/messages",
    ] {
        let refused = bare.get(path).await;
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
        let detail = "Authentication credentials were not provided.";
        assert_eq!(refused.expect(401), json!({ "detail": detail }), "{path}");
        let wrong = bare.with_token("nonsense").get(path).await;
        assert_eq!(wrong.expect(401)["code"], "token_not_valid", "{path}");
    }
    for (scheme, status) in [("JWT", 200), ("jwt", 200), ("Bearer", 200), ("Basic", 401)] {
        let token = format!("{scheme} {}", ann.token);
        let headers = [("authorization", token.as_str())];
        let answer = bare
            .send(Method::GET, "/api/chat/users", &headers, None)
            .await;
        assert_eq!(answer.status.as_u16(), status, "{scheme}");
    }
    let native = bare
        .send(
            Method::GET,
            "/api/v1/me",
            &[("authorization", "JWT x")],
            None,
        )
        .await;
    assert_eq!(
        native.code(),
        "unauthenticated",
        "elsewhere it is no scheme"
    );
    let method = bare.post("/api/chat/users/", &json!({})).await;
    assert_eq!(
        method.expect(405),
        json!({"detail": "Method \"POST\" not allowed."})
    );
    assert_eq!(
        bare.get("/api/chat/nowhere").await.expect(404),
        json!({"detail": "Not found."})
    );

    let path = format!("{SOCKET}?token={}", ann.token);
    let foreign = [("origin", "https://evil.example")];
    let foreign = Socket::open_with(bare.addr(), &path, &foreign).await;
    assert_eq!(foreign.err().expect("a refusal").status, 403);
    for token in ["", "nonsense"] {
        assert_eq!(
            open(&bare, token).await.err().expect("a refusal").status,
            401
        );
    }
    let in_the_header = Socket::open(bare.addr(), SOCKET, &ann.token).await;
    assert_eq!(in_the_header.err().expect("a refusal").status, 401);
    let plain = bare.get(&path).await;
    assert!(plain.status.is_client_error(), "{}", plain.status);
    server.stop().await;
}

#[tokio::test]
async fn events_that_cannot_be_understood_change_nothing() {
    let server = Server::start().await;
    let services = Services::of(&server).await;
    let ann = server.anon().sign_up("ann").await;
    for (action, body, code) in [
        (
            "user.waved",
            json!({"id": "7", "full_name": "Eve"}),
            "not_found",
        ),
        ("user.created", json!("x"), "invalid_json"),
        ("user.created", json!({"full_name": "Eve"}), "invalid_field"),
        ("user.created", json!({"id": "7"}), "invalid_field"),
        (
            "user.created",
            json!({"id": "x".repeat(200), "full_name": "Eve"}),
            "invalid_field",
        ),
        ("friend.created", json!({"friends": []}), "invalid_field"),
        (
            "friend.created",
            json!({"friends": [{"id": "7"}, {"id": "7"}]}),
            "invalid_field",
        ),
    ] {
        let refused = services.tell(action, body).await;
        assert_eq!(refused.code(), code, "{action}: {}", refused.text);
    }
    let events = "/api/v1/admin/events/user.created";
    let person = json!({"id": "7", "full_name": "Eve"});
    assert_eq!(ann.rest.post(events, &person).await.code(), "forbidden");
    assert_eq!(rooms(&ann, "").await["count"], 0);
    server.stop().await;
}
