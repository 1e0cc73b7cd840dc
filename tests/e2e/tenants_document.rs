//! The document of the `tenants` dialect, top to bottom: a client written from it works, with the
//! tokens of its own system.

use e2e::{Rest, Server, Socket, eventually, socket::Refused};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use settings::{IssuerSetting, Secret, SignatureAlgorithm};

const CHAT: &str = "/api/notifications/chat";
const THEIRS: &str = "what the documented login service signs with";
const RANDOM: &str = "92660037-7f6e-4934-afd5-218024692005";

/// Somebody with a token of the documented login service.
struct Person {
    id: &'static str,
    tenant: &'static str,
    token: String,
    rest: Rest,
}

/// A server that believes the login service, in every tenant.
async fn server() -> Server {
    Server::start_with(|settings| {
        settings.auth.issuers = vec![IssuerSetting {
            secret: Secret::new(THEIRS),
            tenant_claim: "tenant_unique_id".to_owned(),
            tenants: vec![IssuerSetting::ANY_TENANT.to_owned()],
            user_claim: "user.id".to_owned(),
            ..IssuerSetting::of(SignatureAlgorithm::Hs256)
        }];
    })
    .await
}

fn token(id: &str, tenant: &str, exp: i64) -> String {
    let claims = json!({
        "exp": exp, "tenant_id": 3, "tenant_unique_id": tenant, "tenant_schema": "x",
        "role": "agent", "email": format!("{id}@{tenant}.example"),
        "user": {"id": id, "username": id},
    });
    let key = EncodingKey::from_secret(THEIRS.as_bytes());
    encode(&Header::default(), &claims, &key).expect("a token")
}

#[allow(
    clippy::disallowed_methods,
    reason = "the login service is another system, with a clock of its own"
)]
fn later() -> i64 {
    jiff::Timestamp::now().as_second() + 600
}

impl Person {
    fn new(server: &Server, id: &'static str, tenant: &'static str) -> Self {
        let token = token(id, tenant, later());
        Self {
            id,
            tenant,
            rest: server.rest().with_token(&token),
            token,
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.rest.get(&format!("{CHAT}{path}")).await.expect(200)
    }

    async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        let answer = self.rest.post(&format!("{CHAT}{path}"), &body).await;
        answer.expect(status)
    }

    /// Begins a conversation, and gives its id.
    async fn begin(&self, kind: &str, title: &str, target: &str) -> String {
        let wanted = json!({"title": title, "conversation_type": kind, "target_user_id": target});
        let made = self.post("/conversations/", wanted, 201).await;
        assert_eq!(made["conversation_type"], kind);
        text(&made["id"])
    }

    async fn try_socket(&self, tenant: &str) -> Result<Socket, Refused> {
        let path = format!("/ws/chat/{tenant}/?token={}", self.token);
        Socket::open_with(self.rest.addr(), &path, &[]).await
    }

    /// A socket on which the connection was told.
    async fn socket(&self) -> Socket {
        let mut socket = self.try_socket(self.tenant).await.expect("a socket");
        let told = socket.next().await;
        assert_eq!(told["type"], "connection_established");
        assert_eq!(told["message"], "Connected to chat service");
        assert_eq!(
            (&told["user_id"], &told["tenant_id"]),
            (&json!(self.id), &json!(self.tenant))
        );
        assert!(told["timestamp"].is_string());
        socket
    }

    /// A socket that has a conversation open.
    async fn joined(&self, conversation: &str) -> Socket {
        let mut socket = self.socket().await;
        let join = json!({"type": "join_conversation", "conversation_id": conversation});
        socket.send(&join).await;
        let joined = socket.next_of("conversation_joined").await;
        assert_eq!(joined["conversation_id"], conversation);
        socket
    }
}

/// A frame of each of two types, whichever comes first.
async fn both(socket: &mut Socket, kinds: [&str; 2]) -> [Value; 2] {
    let mut found = [Value::Null, Value::Null];
    while found.contains(&Value::Null) {
        let frame = socket.next().await;
        if let Some(place) = kinds.iter().position(|kind| frame["type"] == *kind) {
            found[place] = frame;
        }
    }
    found
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn a_conversation_is_begun_joined_and_talked_in() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let bob = Person::new(&server, "bob", "acme");
    let group = ann.begin("group", "Launch \u{1F680}", "bob").await;
    let mut a = ann.joined(&group).await;
    let mut b = bob.joined(&group).await;

    let hello = json!({
        "type": "send_message", "conversation_id": group, "content": "Hello",
        "message_type": "text",
    });
    a.send(&hello).await;
    let [sent, own] = both(&mut a, ["message_sent", "new_message"]).await;
    let sent = sent["message"].clone();
    assert_eq!(own["message"]["id"], sent["id"]);
    let heard = b.next_of("new_message").await["message"].clone();
    assert_eq!(heard["id"], sent["id"]);
    assert_eq!(
        (&heard["sender_id"], &heard["content"]),
        (&json!("ann"), &json!("Hello"))
    );

    b.send(&json!({"type": "start_typing", "conversation_id": group}))
        .await;
    let typing = json!({"type": "typing_indicator", "user_id": "bob", "is_typing": true});
    assert_eq!(a.next_of("typing_indicator").await, typing);

    let message = text(&sent["id"]);
    let thumb = "\u{1F44D}";
    b.send(&json!({"type": "add_reaction", "message_id": message, "emoji": thumb}))
        .await;
    let added = a.next_of("reaction_added").await["reaction"].clone();
    assert_eq!(
        (&added["user_id"], &added["emoji"]),
        (&json!("bob"), &json!(thumb))
    );
    b.send(&json!({"type": "remove_reaction", "message_id": message, "emoji": thumb}))
        .await;
    let removed = a.next_of("reaction_removed").await;
    let expected = json!({
        "type": "reaction_removed", "message_id": message, "user_id": "bob", "emoji": thumb,
    });
    assert_eq!(removed, expected);

    b.send(&json!({"type": "mark_read", "conversation_id": group}))
        .await;
    assert_eq!(
        b.next_of("messages_marked_read").await,
        json!({"type": "messages_marked_read"})
    );
    let read = json!({"type": "messages_read", "conversation_id": group, "user_id": "bob"});
    assert_eq!(a.next_of("messages_read").await, read);
    b.send(&json!({"type": "update_presence", "status": "away"}))
        .await;
    assert_eq!(b.next_of("presence_updated").await["status"], "away");
    let mut changed = a.next_of("presence_changed").await;
    while changed["status"] != "away" {
        changed = a.next_of("presence_changed").await;
    }
    assert_eq!(changed["user_id"], "bob");

    a.send(&json!({"type": "edit_message", "message_id": message, "content": "Hi"}))
        .await;
    let updated = b.next_of("message_updated").await["message"].clone();
    assert_eq!(
        (&updated["id"], &updated["content"]),
        (&json!(message), &json!("Hi"))
    );
    b.send(&json!({"type": "edit_message", "message_id": message, "content": "mine"}))
        .await;
    let refused = b.next_of("error").await;
    assert_eq!(refused["message"], "Only the author can edit this message");
    a.send(&json!({"type": "delete_message", "message_id": message}))
        .await;
    let deleted = json!({"type": "message_deleted", "message_id": message});
    assert_eq!(b.next_of("message_deleted").await, deleted);
    server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn what_is_done_over_http_reaches_the_sockets() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let bob = Person::new(&server, "bob", "acme");
    let direct = ann.begin("direct", "", "bob").await;
    let again = json!({"conversation_type": "direct", "target_user_id": "ann"});
    let same = bob.post("/conversations/", again, 200).await;
    assert_eq!(same["id"], direct, "of each pair there is one");
    let mut b = bob.joined(&direct).await;

    let messages = format!("/conversations/{direct}/messages/");
    let said = ann.post(&messages, json!({"content": "Hello"}), 201).await;
    assert_eq!(b.next_of("new_message").await["message"]["id"], said["id"]);
    let id = text(&said["id"]);
    let one = format!("{CHAT}{messages}{id}/");
    let edited = ann
        .rest
        .put(&one, &json!({"content": "Hi"}))
        .await
        .expect(200);
    assert_eq!(edited["content"], "Hi");
    let edited_at = text(&edited["edited_at"]);
    assert!(edited_at >= text(&said["created_at"]), "{edited}");
    assert_eq!(edited_at.len(), "2026-11-22T07:00:00.000000Z".len());
    assert_eq!(said["edited_at"], Value::Null);
    let updated = b.next_of("message_updated").await["message"].clone();
    assert_eq!(
        (&updated["content"], &updated["edited_at"]),
        (&json!("Hi"), &json!(edited_at))
    );
    let listed = bob.get(&messages).await;
    assert_eq!(listed["results"][0]["edited_at"], edited_at.as_str());
    let reactions = format!("/messages/{id}/reactions/");
    let reacted = ann.post(&reactions, json!({"emoji": "+1"}), 201).await;
    assert_eq!(
        (&reacted["message"], &reacted["user_id"]),
        (&json!(id), &json!("ann"))
    );
    let told = b.next_of("reaction_added").await["reaction"].clone();
    assert_eq!(told["emoji"], "+1");
    assert_eq!(reacted["created_at"], told["created_at"]);
    let listed = bob.get(&reactions).await;
    assert_eq!(listed["results"][0]["created_at"], told["created_at"]);
    assert_eq!(
        (&listed["count"], &listed["results"][0]["user_id"]),
        (&json!(1), &json!("ann"))
    );

    for n in 1..=3 {
        ann.post(&messages, json!({"content": format!("m{n}")}), 201)
            .await;
    }
    let page = bob.get(&format!("{messages}?page=2&page_size=2")).await;
    assert_eq!((&page["count"], &page["next"]), (&json!(4), &Value::Null));
    let contents = page["results"].as_array().expect("messages").iter();
    let contents: Vec<_> = contents.map(|message| text(&message["content"])).collect();
    assert_eq!(contents, ["m2", "m3"], "the oldest first");
    assert!(text(&page["previous"]).ends_with("/messages/?page_size=2"));
    let beyond = bob.rest.get(&format!("{CHAT}{messages}?page=9")).await;
    assert_eq!(beyond.expect(404), json!({"detail": "Invalid page."}));

    let _ = ann.rest.delete(&one, &[]).await.expect(204);
    assert_eq!(b.next_of("message_deleted").await["message_id"], id);
    assert_eq!(
        bob.get(&format!("{messages}{id}/")).await["is_deleted"],
        true
    );
    let all = bob.get("/conversations/").await;
    assert_eq!(all["count"], 1);
    let shown = &all["results"][0];
    assert_eq!(
        (
            &shown["participant_count"],
            &shown["last_message"]["content"]
        ),
        (&json!(2), &json!("m3"))
    );
    assert_eq!(shown["last_message"]["sender_id"], "ann");
    server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn only_admins_add_rename_promote_and_post_in_a_channel() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let bob = Person::new(&server, "bob", "acme");
    let channel = ann.begin("channel", "News", "bob").await;
    let messages = format!("/conversations/{channel}/messages/");
    let participants = format!("/conversations/{channel}/participants/");
    let one = format!("{CHAT}/conversations/{channel}/");
    bob.post(&messages, json!({"content": "x"}), 403).await;
    bob.post(&participants, json!({"user_id": "cid"}), 403)
        .await;
    let _ = bob
        .rest
        .put(&one, &json!({"title": "Mine"}))
        .await
        .expect(403);
    let _ = bob.rest.delete(&one, &[]).await.expect(403);
    ann.post(&messages, json!({"content": "First"}), 201).await;
    let renamed = ann
        .rest
        .put(&one, &json!({"title": "Good news"}))
        .await
        .expect(200);
    assert_eq!(renamed["title"], "Good news");

    // Somebody whom no token has named yet finds their place when they come.
    let added = json!({"user_id": "cid", "role": "member"});
    let added = ann.post(&participants, added, 201).await;
    assert_eq!(
        (&added["user_id"], &added["role"]),
        (&json!("cid"), &json!("member"))
    );
    let cid = Person::new(&server, "cid", "acme");
    assert_eq!(
        cid.get("/conversations/").await["results"][0]["id"],
        channel
    );
    let listed = cid.get(&participants).await;
    assert_eq!(listed["count"], 3);
    let bobs = format!("{CHAT}{participants}bob/");
    let promoted = ann.rest.patch(&bobs, &json!({"role": "admin"}), &[]).await;
    assert_eq!(promoted.expect(200)["role"], "admin");
    bob.post(&messages, json!({"content": "Second"}), 201).await;

    let mut socket = cid.joined(&channel).await;
    let cids = format!("{CHAT}{participants}cid/");
    let _ = bob.rest.delete(&cids, &[]).await.expect(204);
    assert_eq!(
        socket.next_of("conversation_left").await,
        json!({"type": "conversation_left"})
    );
    let _ = cid.rest.get(&one).await.expect(404);

    let direct = ann.begin("direct", "", "bob").await;
    let third = json!({"user_id": "cid"});
    ann.post(
        &format!("/conversations/{direct}/participants/"),
        third,
        403,
    )
    .await;
    let oneself = json!({"conversation_type": "direct", "target_user_id": "ann"});
    ann.post("/conversations/", oneself, 400).await;
    for body in [
        json!({"content": ""}),
        json!({"content": "x", "message_type": "system"}),
        json!({"content": "x", "message_type": "image"}),
        json!({"content": "x", "message_type": "file", "file_url": "https://elsewhere/x"}),
    ] {
        ann.post(&messages, body, 400).await;
    }
    ann.post(
        "/conversations/",
        json!({"conversation_type": "party"}),
        400,
    )
    .await;
    ann.post(
        &participants,
        json!({"user_id": "bob", "role": "king"}),
        400,
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn presence_tells_what_one_has_open_and_to_strangers_nothing() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let bob = Person::new(&server, "bob", "acme");
    let group = ann.begin("group", "One", "bob").await;
    let socket = ann.joined(&group).await;
    let me = ann.get("/presence/me/").await;
    assert_eq!(
        (&me["user_id"], &me["current_conversation"]),
        (&json!("ann"), &json!(group))
    );
    let path = format!("{CHAT}/presence/me/");
    let _ = ann
        .rest
        .put(&path, &json!({"status": "dancing"}))
        .await
        .expect(400);
    eventually("she is there", || async {
        let me = ann.get("/presence/me/").await;
        (me["status"] == "online").then_some(())
    })
    .await;
    let set = ann.rest.put(&path, &json!({"status": "busy"})).await;
    assert_eq!(set.expect(200)["status"], "busy", "as it is from now on");
    let there = ann
        .get(&format!("/conversations/{group}/participants/"))
        .await;
    let there = there["results"].as_array().expect("people").clone();
    let mut of_ann = there.iter().filter(|one| one["user_id"] == "ann");
    assert!(of_ann.next().expect("ann")["last_seen_at"].is_string());
    let seen = eventually("a status that others see", || async {
        let all = bob.get("/presence/").await;
        let people = all["results"].as_array()?;
        let found = people.iter().find(|one| one["user_id"] == "ann")?;
        (found["status"] == "busy").then(|| found.clone())
    });
    assert_eq!(seen.await["current_conversation"], Value::Null);
    let eve = Person::new(&server, "eve", "acme");
    let all = eve.get("/presence/").await;
    let people = all["results"].as_array().expect("people");
    assert!(
        people.iter().all(|one| one["status"] == "offline"),
        "{people:?}"
    );
    socket.close().await;
    server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn people_are_who_their_tokens_name() {
    let server = server().await;
    let ann = Person::new(&server, RANDOM, "acme");
    let wanted = json!({"type": "group", "title": "All", "participants": ["bob", "cid", RANDOM]});
    let group = ann.post("/conversations/", wanted, 201).await;
    assert_eq!(
        (&group["conversation_type"], &group["participant_count"]),
        (&json!("group"), &json!(3))
    );
    let id = text(&group["id"]);
    let participants = format!("/conversations/{id}/participants/");
    let listed = ann.get(&participants).await;
    let mut people: Vec<_> = listed["results"]
        .as_array()
        .expect("people")
        .iter()
        .collect();
    people.sort_by_key(|one| text(&one["user_id"]));
    let names: Vec<_> = people.iter().map(|one| text(&one["user_id"])).collect();
    assert_eq!(names, [RANDOM, "bob", "cid"]);

    // A UUID is the same in either case, and what cannot be shown is nobody's id.
    let shouted = json!({"user_id": RANDOM.to_uppercase()});
    let myself = ann.post(&participants, shouted, 200).await;
    assert_eq!(myself["user_id"], RANDOM);
    let long = "x".repeat(129);
    for none in ["a b", "a\nb", "\u{200b}", long.as_str()] {
        ann.post(&participants, json!({"user_id": none}), 400).await;
    }
    for wrong in [
        json!({"type": "party", "participants": ["bob"]}),
        json!({"type": "group", "participants": "bob"}),
        json!({"type": "group", "participants": [{}]}),
        json!({"type": "group", "participants": vec!["bob"; 101]}),
        json!({"type": "direct", "participants": ["bob", "cid"]}),
        json!({"type": "direct", "participants": [RANDOM]}),
        json!({"type": "direct", "participants": []}),
    ] {
        ann.post("/conversations/", wrong, 400).await;
    }

    // Who is named before they come gets their name when they do.
    let direct = json!({"type": "direct", "participants": [RANDOM, "dan"]});
    let direct = ann.post("/conversations/", direct, 201).await;
    assert!(text(&direct["title"]).starts_with("user~"), "{direct}");
    let one = format!("/conversations/{}/", text(&direct["id"]));
    let dan = Person::new(&server, "dan", "acme");
    assert_eq!(dan.get(&one).await["id"], direct["id"]);
    eventually("his name", || async {
        let shown = ann.get(&one).await;
        (shown["title"] == "dan").then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn files_are_read_by_who_sees_their_message() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let bob = Person::new(&server, "bob", "acme");
    let eve = Person::new(&server, "eve", "other");
    let direct = ann.begin("direct", "", "bob").await;
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n";
    let kind = ("content-type", "multipart/form-data; boundary=x");
    let upload = |person: &Person, body: &'static str| {
        let rest = person.rest.clone();
        async move {
            let path = format!("{CHAT}/upload/");
            let body = Some(body.into());
            rest.send(hyper::Method::POST, &path, &[kind], body).await
        }
    };
    let file = upload(&ann, form).await.expect(200);
    assert_eq!(
        (&file["file_name"], &file["file_size"]),
        (&json!("a.txt"), &json!(5))
    );
    assert_eq!(file["content_type"], "text/plain");
    let nothing = upload(&ann, "--x--\r\n").await.expect(400);
    assert_eq!(nothing, json!({"error": "No file provided"}));

    let url = text(&file["file_url"]);
    let said = json!({"content": "see", "message_type": "file", "file_url": url});
    let _ = bob.rest.get(&url).await.expect(404);
    let messages = format!("/conversations/{direct}/messages/");
    let said = ann.post(&messages, said, 201).await;
    assert_eq!(
        (&said["file_url"], &said["file_name"]),
        (&json!(url), &json!("a.txt"))
    );
    assert_eq!(bob.rest.get(&url).await.status, 200);
    let _ = eve.rest.get(&url).await.expect(404);
    let _ = server.rest().get(&url).await.expect(401);
    server.stop().await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one course of events")]
async fn another_tenant_sees_counts_and_disturbs_nothing() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    let eve = Person::new(&server, "eve", "other");
    let group = ann.begin("group", "Secret", "bob").await;
    let messages = format!("/conversations/{group}/messages/");
    let said = ann.post(&messages, json!({"content": "psst"}), 201).await;
    let message = text(&said["id"]);

    let (get, post) = (hyper::Method::GET, hyper::Method::POST);
    let (put, patch, delete) = (
        hyper::Method::PUT,
        hyper::Method::PATCH,
        hyper::Method::DELETE,
    );
    let body = r#"{"content":"x","title":"x","emoji":"+1","user_id":"eve","role":"admin"}"#;
    let json = ("content-type", "application/json");
    for (method, path) in [
        (&get, "/conversations/{room}/"),
        (&put, "/conversations/{room}/"),
        (&delete, "/conversations/{room}/"),
        (&get, "/conversations/{room}/participants/"),
        (&post, "/conversations/{room}/participants/"),
        (&patch, "/conversations/{room}/participants/ann/"),
        (&delete, "/conversations/{room}/participants/ann/"),
        (&get, "/conversations/{room}/messages/"),
        (&post, "/conversations/{room}/messages/"),
        (&get, "/conversations/{room}/messages/{message}/"),
        (&put, "/conversations/{room}/messages/{message}/"),
        (&delete, "/conversations/{room}/messages/{message}/"),
        (&get, "/messages/{message}/reactions/"),
        (&post, "/messages/{message}/reactions/"),
    ] {
        let mut answers = Vec::new();
        for (room, message) in [
            (group.as_str(), message.as_str()),
            (RANDOM, RANDOM),
            ("x", "x"),
        ] {
            let path = path.replace("{room}", room).replace("{message}", message);
            let path = format!("{CHAT}{path}");
            let body = Some(body.into());
            let answer = eve.rest.send(method.clone(), &path, &[json], body).await;
            answers.push((answer.status, answer.json()));
        }
        assert!(
            answers.iter().all(|one| *one == answers[0]),
            "{method} {path}: {answers:?}"
        );
        assert!(
            [400, 404].contains(&answers[0].0.as_u16()),
            "{method} {path}: {answers:?}"
        );
    }
    assert_eq!(eve.get("/conversations/").await["count"], 0);
    let people = eve.get("/presence/").await;
    assert_eq!(
        (&people["count"], &people["results"][0]["user_id"]),
        (&json!(1), &json!("eve"))
    );

    // The same id in another tenant is another person.
    eve.begin("direct", "", "ann").await;
    assert_eq!(ann.get("/conversations/").await["count"], 1);
    let native = eve.rest.get(&format!("/api/v1/rooms/{group}")).await;
    assert_eq!(native.code(), "room_not_found");
    eve.begin("group", "Secret", "").await;

    let mut socket = eve.socket().await;
    for frame in [
        json!({"type": "join_conversation", "conversation_id": group}),
        json!({"type": "join_conversation", "conversation_id": RANDOM}),
        json!({"type": "send_message", "conversation_id": group, "content": "x"}),
        json!({"type": "start_typing", "conversation_id": group}),
        json!({"type": "mark_read", "conversation_id": group}),
    ] {
        socket.send(&frame).await;
        let refused = socket.next_of("error").await;
        assert_eq!(
            refused["message"], "Not authorized for this conversation",
            "{frame}"
        );
    }
    let listed = ann.get(&messages).await;
    assert_eq!(
        (&listed["count"], &listed["results"][0]["content"]),
        (&json!(1), &json!("psst"))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_socket_is_for_ones_own_tenant_and_stays_whatever_it_is_sent() {
    let server = server().await;
    let ann = Person::new(&server, "ann", "acme");
    for tenant in ["other", "default", RANDOM] {
        let refused = ann.try_socket(tenant).await;
        assert_eq!(refused.err().expect("a refusal").status, 403, "{tenant}");
    }
    for token in [
        token("ann", "acme", later() - 700),
        "x".to_owned(),
        String::new(),
    ] {
        let path = format!("/ws/chat/acme/?token={token}");
        let refused = Socket::open_with(server.addr(), &path, &[]).await;
        assert_eq!(refused.err().expect("a refusal").status, 403);
    }
    let expired = server
        .rest()
        .with_token(token("ann", "acme", later() - 700));
    let expired = expired
        .get(&format!("{CHAT}/conversations/"))
        .await
        .expect(401);
    assert_eq!(expired["code"], "invalid_token");
    let nobody = server
        .rest()
        .get(&format!("{CHAT}/conversations/"))
        .await
        .expect(401);
    assert_eq!(nobody["code"], "auth_required");

    let native = server.anon().sign_up("dan").await;
    let path = format!("/ws/chat/default/?token={}", native.token);
    let mut socket = Socket::open_with(server.addr(), &path, &[])
        .await
        .expect("a socket");
    assert_eq!(socket.next().await["tenant_id"], "default");
    for (frame, told) in [
        (json!([]), "Invalid JSON"),
        (json!({"type": "dance"}), "Unknown message type: dance"),
        (
            json!({"type": "join_conversation"}),
            "conversation_id required",
        ),
        (
            json!({"type": "send_message", "content": "x"}),
            "Not in a conversation",
        ),
    ] {
        socket.send(&frame).await;
        let error = socket.next_of("error").await;
        let failed = (&error["message"], &error["action"]);
        assert_eq!(failed, (&json!(told), &frame["type"]), "{frame}");
    }
    server.stop().await;
}
