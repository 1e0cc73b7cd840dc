//! The document of the `usernames` dialect, top to bottom: a client written from it works.

use bytes::Bytes;
use e2e::{Answer, Rest, Server, SignedIn, Socket, eventually, people::PASSWORD, socket::Refused};
use hyper::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// Somebody who has an account, and has logged in as the original lets people log in.
struct Person {
    name: String,
    token: String,
    rest: Rest,
    native: SignedIn,
}

impl Person {
    async fn new(server: &Server, name: &str) -> Self {
        let native = server.anon().sign_up(name).await;
        let login = json!({"username": name, "password": PASSWORD});
        let tokens = server.rest().post("/api/auth/token/", &login).await;
        let tokens = tokens.expect(200);
        assert!(tokens["refresh"].is_string());
        let token = text(&tokens["access"]);
        Self {
            name: name.to_owned(),
            rest: native.rest.with_token(&token),
            token,
            native,
        }
    }

    async fn open(&self, path: &str) -> Result<Socket, Refused> {
        let path = format!("{path}?token={}", self.token);
        Socket::open_with(self.rest.addr(), &path, &[]).await
    }

    /// "Connection Establishment and Chat Endpoint", and what it begins with.
    async fn chat(&self, with: &str) -> (Socket, Value) {
        let socket = self.open(&format!("/ws/{with}/")).await;
        let mut socket = socket.expect("a socket");
        let online = socket.next().await;
        assert_eq!(online["type"], "online_user_list");
        let join = json!({"type": "user_join", "user": self.name});
        assert_eq!(socket.next().await, join, "everybody hears who joins");
        (socket, online["users"].clone())
    }

    /// "Get all Conversations within a Room".
    async fn messages(&self, with: &str) -> Vec<Value> {
        let path = format!("/api/rooms/{with}/messages");
        let body = self.rest.get(&path).await.expect(200);
        body["messages"].as_array().expect("messages").clone()
    }

    /// "Get all Conversations of a User".
    async fn conversations(&self) -> Vec<Value> {
        let body = self.rest.get("/api/conversations").await.expect(200);
        body.as_array().expect("a bare array").clone()
    }

    /// "Upload Multimedia Endpoint".
    async fn upload(&self, name: &str, text: &str) -> Answer {
        upload(&self.rest, name, text).await
    }
}

async fn upload(rest: &Rest, name: &str, text: &str) -> Answer {
    let body = format!(
        "--line\r\nContent-Disposition: form-data; name=\"myFile\"; filename=\"{name}\"\r\n\
         Content-Type: text/plain\r\n\r\n{text}\r\n--line--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=line")];
    let body = Some(Bytes::from(body));
    rest.send(Method::POST, "/api/rooms/upload", &headers, body)
        .await
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// "Client Emitted Send Message Event", case 1.
fn says(message: &str) -> Value {
    json!({
        "type": "chat_message", "message": message, "multimedia_url": "",
        "file_identifier": "", "multimedia_url_expiration": "", "room": "whoever",
    })
}

/// The same, case 2: with what an upload was answered.
fn shows(message: &str, upload: &Value) -> Value {
    let mut frame = says(message);
    frame["multimedia_url"] = upload["file_location"].clone();
    frame["file_identifier"] = upload["file_identifier"].clone();
    frame["multimedia_url_expiration"] = upload["expiration_time"].clone();
    frame
}

/// The path of a link of this server.
fn path_of(link: &Value) -> String {
    let link = text(link);
    let at = link.find("/files/").expect("a link of ours");
    assert!(link.starts_with("http://"), "a whole address: {link}");
    link[at..].to_owned()
}

#[tokio::test]
async fn two_people_meet_by_their_names_and_talk() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );

    let (mut a, alone) = ann.chat("bob").await;
    assert_eq!(alone, json!([]), "without oneself");
    let (mut b, there) = bob.chat("ann").await;
    assert_eq!(there, json!(["ann"]));
    assert_eq!(a.next().await, json!({"type": "user_join", "user": "bob"}));

    a.send(&says("Hello, world! \u{1F600}")).await;
    for (socket, room) in [(&mut a, "bob"), (&mut b, "ann")] {
        let heard = socket.next().await;
        assert_eq!(heard["type"], "chat_message");
        assert_eq!(heard["message"], "Hello, world! \u{1F600}");
        assert_eq!(heard["multimedia_url"], "");
        assert_eq!(heard["from_user"], json!({"username": "ann"}));
        assert_eq!(heard["room"], room, "whom each viewer talks with");
        let at = text(&heard["date_added"]);
        assert!(at.len() == 27 && at.ends_with('Z'), "{at}");
    }

    b.close().await;
    assert_eq!(a.next().await, json!({"type": "user_leave", "user": "bob"}));
    server.stop().await;
}

#[tokio::test]
async fn a_second_tab_neither_joins_nor_leaves() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    let (mut a, _) = ann.chat("bob").await;
    let (b, _) = bob.chat("ann").await;
    assert_eq!(a.next().await["type"], "user_join");
    let (mut tab, there) = bob.chat("ann").await;
    assert_eq!(there, json!(["ann"]));
    b.close().await;
    tab.send(&says("still here")).await;
    assert_eq!(a.next().await["message"], "still here");
    tab.close().await;
    assert_eq!(a.next().await, json!({"type": "user_leave", "user": "bob"}));
    server.stop().await;
}

#[tokio::test]
async fn bells_say_how_much_is_unread_and_ring() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    let eve = Person::new(&server, "eve").await;
    let (mut from_ann, _) = ann.chat("bob").await;
    let (mut from_eve, _) = eve.chat("bob").await;
    from_ann.send(&says("one")).await;
    from_ann.next_of("chat_message").await;
    from_eve.send(&says("two")).await;
    from_eve.next_of("chat_message").await;

    let mut all = bob.open("/ws/notifications/").await.expect("a socket");
    let mut one = bob.open("/ws/notifications/ann/").await.expect("a socket");
    let count = |kind: &str, unread: u64| json!({"type": kind, "unread_count": unread});
    assert_eq!(all.next().await, count("unread_count", 2));
    let single = "single_conversation_unread_count";
    assert_eq!(one.next().await, count(single, 1));

    from_ann.send(&says("three")).await;
    assert_eq!(
        all.next().await,
        json!({"type": "new_message_notification"})
    );
    let rings = json!({"type": "single_conversation_new_message_notification"});
    assert_eq!(one.next().await, rings);
    from_eve.send(&says("four")).await;
    assert_eq!(
        all.next().await,
        json!({"type": "new_message_notification"})
    );

    let (mut b, _) = bob.chat("ann").await;
    b.send(&says("my own")).await;
    b.next_of("chat_message").await;
    b.send(&json!({"type": "read_messages"})).await;
    assert_eq!(one.next().await, count(single, 0), "only that reads");
    assert_eq!(all.next().await, count("unread_count", 2), "eve's");

    let mut again = bob.open("/ws/notifications/").await.expect("a socket");
    assert_eq!(again.next().await, count("unread_count", 2));
    let mut none = ann.open("/ws/notifications/eve/").await.expect("a socket");
    assert_eq!(none.next().await, count(single, 0));
    let newcomer = Person::new(&server, "zoe").await;
    let (mut from_zoe, _) = newcomer.chat("bob").await;
    from_zoe.send(&says("hello")).await;
    let rings = json!({"type": "new_message_notification"});
    assert_eq!(all.next().await, rings, "a conversation that is new");
    server.stop().await;
}

#[tokio::test]
async fn a_file_is_shown_behind_a_link_that_opens_by_itself() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    let uploaded = ann
        .upload("CV_James_Jack.txt", "a long life")
        .await
        .expect(200);
    assert!(text(&uploaded["file_identifier"]).ends_with("CV_James_Jack.txt"));
    let until = text(&uploaded["expiration_time"]);
    assert!(until.len() == 26 && !until.ends_with('Z'), "{until}");
    let bare = server.rest();
    let opened = bare.get(&path_of(&uploaded["file_location"])).await;
    assert_eq!(
        (opened.status.as_u16(), &*opened.text),
        (200, "a long life")
    );

    let (mut a, _) = ann.chat("bob").await;
    let (mut b, _) = bob.chat("ann").await;
    a.send(&shows("my CV", &uploaded)).await;
    let heard = b.next_of("chat_message").await;
    assert_eq!(heard["message"], "my CV");
    let opened = bare.get(&path_of(&heard["multimedia_url"])).await;
    assert_eq!(opened.text, "a long life", "as an <img> fetches it");
    let forged = path_of(&heard["multimedia_url"]).replace("sig=", "sig=x");
    assert_eq!(bare.get(&forged).await.status.as_u16(), 403);

    b.send(&shows("not mine", &uploaded)).await;
    let error = json!({"type": "error", "message": "There is no such file."});
    assert_eq!(b.next_of("error").await, error, "whose it is, is ann's");
    b.send(&says("a link")).await;
    let mut elsewhere = says("look");
    elsewhere["multimedia_url"] = json!("https://example.org/cat.png");
    b.send(&elsewhere).await;
    assert_eq!(b.next_of("chat_message").await["message"], "a link");
    let heard = b.next_of("chat_message").await;
    assert_eq!(heard["multimedia_url"], "https://example.org/cat.png");
    assert_eq!(heard["message"], "look");

    let messages = bob.messages("ann").await;
    assert_eq!(messages[0]["content"], "my CV");
    assert!(text(&messages[0]["multimedia_url"]).contains("/files/"));
    assert!(
        messages[1].get("multimedia_url").is_none(),
        "only where there is one"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_link_is_checked_and_refreshed_by_who_may_see_the_message() {
    let server = Server::start_with(|settings| settings.files.link_seconds = 2).await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    let eve = Person::new(&server, "eve").await;
    let uploaded = ann.upload("a.txt", "hello").await.expect(200);
    let (mut a, _) = ann.chat("bob").await;
    a.send(&shows("look", &uploaded)).await;
    let old = path_of(&a.next_of("chat_message").await["multimedia_url"]);
    let id = bob.messages("ann").await[0]["id"]
        .as_u64()
        .expect("a whole number");
    assert!(id < 1 << 53, "exact in JavaScript: {id}");

    let check = |who: &Rest| {
        let (who, path) = (
            who.clone(),
            format!("/api/rooms/check-url/?message_id={id}"),
        );
        async move { who.get(&path).await }
    };
    eventually("the link runs out", || async {
        let checked = check(&bob.rest).await.expect(200);
        (checked == json!({"refresh_url": true})).then_some(())
    })
    .await;
    assert_eq!(server.rest().get(&old).await.status.as_u16(), 410);
    let refresh = format!("/api/rooms/refresh-url/?message_id={id}");
    let fresh = bob.rest.get(&refresh).await.expect(200);
    let opened = server.rest().get(&path_of(&fresh["file_location"])).await;
    assert_eq!(opened.text, "hello");

    let nothing = json!({"detail": "No Message matches the given query."});
    assert_eq!(check(&eve.rest).await.expect(404), nothing);
    assert_eq!(eve.rest.get(&refresh).await.expect(404), nothing);
    for random in ["123", "9007199254740991", "-1", "x", "18446744073709551616"] {
        let path = format!("/api/rooms/refresh-url/?message_id={random}");
        assert_eq!(bob.rest.get(&path).await.expect(404), nothing, "{random}");
    }
    let required = json!({"message_id": ["This field is required."]});
    assert_eq!(
        bob.rest.get("/api/rooms/check-url/").await.expect(400),
        required
    );
    let anonymous = json!({"detail": "Authentication credentials were not provided."});
    assert_eq!(check(&server.rest()).await.expect(401), anonymous);
    let refused = upload(&server.rest(), "a.txt", "hello").await;
    assert_eq!(refused.expect(401), anonymous, "an upload needs a user");
    server.stop().await;
}

#[tokio::test]
async fn conversations_are_listed_as_a_bare_array() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob-lee").await,
    );
    assert!(ann.conversations().await.is_empty());
    let (a, _) = ann.chat("bob-lee").await;
    let opened = ann.conversations().await;
    assert_eq!(opened.len(), 1, "opening it makes it");
    assert_eq!(opened[0]["last_message"], Value::Null);
    assert_eq!(bob.conversations().await.len(), 1);
    a.close().await;
    let eve = Person::new(&server, "eve").await;
    eve.messages("ann").await;

    let (mut b, _) = bob.chat("ann").await;
    b.send(&says("last message")).await;
    b.next_of("chat_message").await;
    let listed = ann.conversations().await;
    assert_eq!(listed.len(), 2, "with eve, too, who has looked");
    let first = &listed[0];
    assert_eq!(first["name"], "ann-bob-lee");
    let other = &first["other_user"];
    assert_eq!(other["username"], "bob-lee");
    assert_eq!(
        (&other["groups"], &other["is_active"]),
        (&json!([]), &json!(true))
    );
    let last = &first["last_message"];
    assert_eq!(last["content"], "last message");
    assert_eq!(last["from_user"], *other);
    assert_eq!(last["to_user"]["username"], "ann");
    let mut said = ann.messages("bob-lee").await[0].clone();
    said["multimedia_url"] = json!("");
    assert_eq!(*last, said, "a last message always has the field");
    let room = first["id"].as_u64().expect("a whole number");
    assert_eq!(last["id"].as_u64().map(|id| id >> 32), Some(room));

    let url = text(&other["url"]);
    let base = format!("http://{}", server.addr());
    let path = url.strip_prefix(&base).expect("a whole address");
    assert_eq!(ann.rest.get(path).await.expect(200), *other);
    assert_eq!(eve.rest.get(path).await.status.as_u16(), 404, "a stranger");
    server.stop().await;
}

#[tokio::test]
async fn who_cannot_be_talked_with_is_refused_alike() {
    let server = Server::start().await;
    let (ann, _bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    let mut bodies = Vec::new();
    for name in ["ann", "nobody", "..%2Fadmin", "%FF", "bob%20"] {
        for path in [format!("/ws/{name}/"), format!("/ws/notifications/{name}/")] {
            let refused = ann.open(&path).await.err().expect("a refusal");
            assert_eq!(refused.status, 403, "{path}");
            bodies.push(refused.body);
        }
    }
    let nobody = json!({"detail": "No User matches the given query."});
    for name in ["nobody", "..%2Fadmin", "%FF"] {
        let answer = ann.rest.get(&format!("/api/rooms/{name}/messages")).await;
        assert_eq!(answer.expect(404), nobody, "{name}");
    }
    let oneself = ann.rest.get("/api/rooms/ann/messages").await;
    assert_eq!(oneself.status.as_u16(), 400);
    for token in ["nonsense", ""] {
        let path = format!("/ws/bob/?token={token}");
        let refused = Socket::open_with(ann.rest.addr(), &path, &[]).await;
        bodies.push(refused.err().expect("a refusal").body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert!(ann.conversations().await.is_empty(), "nothing was opened");

    server.stop().await;
}

#[tokio::test]
async fn a_token_comes_with_or_without_its_scheme() {
    let server = Server::start().await;
    let (ann, _bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    for value in [ann.token.clone(), format!("Bearer {}", ann.token)] {
        let headers = [("authorization", value.as_str())];
        let bare = server.rest();
        let listed = bare.send(Method::GET, "/api/conversations", &headers, None);
        let _ = listed.await.expect(200);
        let socket = Socket::open_with(server.addr(), "/ws/bob", &headers).await;
        socket.expect("a socket").close().await;
    }
    let wrong = json!({"username": "ann", "password": "wrong password"});
    let unknown = json!({"username": "nobody", "password": "wrong password"});
    let said = json!({"detail": "No active account found with the given credentials"});
    for login in [wrong, unknown] {
        let answer = server.rest().post("/api/auth/token/", &login).await;
        assert_eq!(answer.expect(401), said);
    }
    let empty = server.rest().post("/api/auth/token", &json!({})).await;
    let required = json!(["This field is required."]);
    assert_eq!(empty.expect(400)["username"], required);
    let login = json!({"username": "ann", "password": PASSWORD});
    let tokens = server
        .rest()
        .post("/api/auth/token", &login)
        .await
        .expect(200);
    let refresh = json!({"refresh": tokens["refresh"]});
    let renewed = server
        .rest()
        .post("/api/auth/token/refresh/", &refresh)
        .await;
    assert!(renewed.expect(200)["access"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn what_says_nothing_closes_the_socket() {
    let server = Server::start().await;
    let (ann, bob) = (
        Person::new(&server, "ann").await,
        Person::new(&server, "bob").await,
    );
    for frame in [
        "{",
        "[]",
        r#"{"message":"x"}"#,
        r#"{"type":"chat_message","message":""}"#,
        r#"{"type":"chat_message","message":7}"#,
        r#"{"type":"chat_message","message":{"a":1}}"#,
        r#"{"type":"chat_message"}"#,
    ] {
        let (mut socket, _) = ann.chat("bob").await;
        socket.send_message(Message::text(frame)).await;
        assert_eq!(socket.closed().await, Some(1011), "{frame}");
    }
    let (mut socket, _) = ann.chat("bob").await;
    socket.send(&json!({"type": "typing"})).await;
    socket.send(&says(&"x".repeat(16 * 1024 + 1))).await;
    let error = json!({"type": "error", "message": "Message is too long."});
    assert_eq!(socket.next_of("error").await, error);
    socket.send(&says("the socket has stayed")).await;
    socket.next_of("chat_message").await;
    assert_eq!(bob.messages("ann").await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_called_like_a_path() {
    let server = Server::start().await;
    for name in ["notifications", "chat", "join", "join-notification"] {
        let account = json!({"username": name, "password": PASSWORD});
        let refused = server.rest().post("/api/v1/auth/signup", &account).await;
        assert_eq!(refused.status.as_u16(), 400, "{name}");
        assert_eq!(refused.code(), "invalid_username");
    }
    let ann = Person::new(&server, "ann").await;
    let rename = json!({"username": "notifications"});
    let refused = ann.native.rest.patch("/api/v1/me", &rename, &[]).await;
    assert_eq!(refused.code(), "invalid_username");
    let method = server.rest().get("/api/auth/token/").await;
    let said = json!({"detail": "Method \"GET\" not allowed."});
    assert_eq!(method.expect(405), said);
    server.stop().await;
}

/// People of other front ends are people here, and the other way round.
#[tokio::test]
async fn what_is_said_elsewhere_is_heard_here() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann").await;
    let kim = server.anon().sign_up("kim").await;
    let (mut socket, there) = ann.chat("kim").await;
    assert_eq!(there, json!([]), "kim has no conversation open");
    let direct = json!({"user": ann.native.id});
    let direct = kim.rest.post("/api/v1/rooms/direct", &direct).await.json();
    let room = text(&direct["id"]);
    let (mut native, _) = kim.native().await;
    kim.say(&room, "hello from elsewhere").await;
    let heard = socket.next_of("chat_message").await;
    assert_eq!(heard["message"], "hello from elsewhere");
    assert_eq!(heard["from_user"]["username"], "kim");
    socket.send(&says("hello kim")).await;
    let mut message = native.next_of("message").await;
    while message["message"]["content"] != "hello kim" {
        message = native.next_of("message").await;
    }
    let said = ann.messages("kim").await;
    let contents: Vec<_> = said.iter().map(|one| text(&one["content"])).collect();
    assert_eq!(
        contents,
        ["hello from elsewhere", "hello kim"],
        "oldest first"
    );
    let before = format!("/api/rooms/kim/messages?before={}", said[1]["id"]);
    let before = ann.rest.get(&before).await.expect(200);
    assert_eq!(before["messages"], json!([said[0]]));
    server.stop().await;
}
