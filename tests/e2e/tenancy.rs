//! Two tenants on one server, with the same names in both: nothing of one is seen, found, counted or
//! disturbed from the other, natively and through each dialect.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::ClientId;
use e2e::{Server, SignedIn, Socket};
use hyper::Method;
use serde_json::{Value, json};
use settings::Settings;

use crate::elsewhere::{self, person};

const TENANTS: &str = "/api/notifications/chat";
const RANDOM: &str = "92660037-7f6e-4934-afd5-218024692005";

/// A server, and Ann and Bob of each of two tenants, who have talked with each other.
struct World {
    server: Server,
    acme: Tenant,
    globex: Tenant,
}

/// The people and rooms of one tenant, all called alike in both.
struct Tenant {
    name: &'static str,
    ann: SignedIn,
    bob: SignedIn,
    direct: String,
    channel: String,
    file: String,
    message: String,
    number: u64,
}

impl World {
    async fn new() -> Self {
        Self::with(|settings| settings.no_limits = true).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let server = Server::start_with(|settings| {
            elsewhere::believe(settings, &["acme", "globex"]);
            change(settings);
        });
        let server = server.await;
        Self {
            acme: Tenant::new(&server, "acme").await,
            globex: Tenant::new(&server, "globex").await,
            server,
        }
    }
}

impl Tenant {
    async fn new(server: &Server, name: &'static str) -> Self {
        let ann = person(server, name, "ann").await;
        let bob = person(server, name, "bob").await;
        let body = json!({"user": bob.id});
        let direct = ann.rest.post("/api/v1/rooms/direct", &body).await;
        let direct = text(&direct.expect(201)["id"]);
        let channel = ann.create_room("tea").await;
        bob.join(&channel).await;
        let file = upload(&ann).await;
        let path = format!("/api/v1/rooms/{direct}/messages");
        let shown = json!({"kind": "file", "file": file, "content": format!("of {name}")});
        let message = ann.rest.post(&path, &shown).await.expect(201);
        let page = bob.rest.get("/api/rooms/ann/messages").await.expect(200);
        Self {
            name,
            ann,
            bob,
            direct,
            channel,
            file,
            message: text(&message["message"]["id"]),
            number: page["messages"][0]["id"].as_u64().expect("a number"),
        }
    }

    /// Everything by which something of this tenant could be recognised.
    fn marks(&self) -> Vec<String> {
        let [ann, bob] = [&self.ann.id, &self.bob.id].map(Clone::clone);
        let rooms = [self.direct.clone(), self.channel.clone()];
        let things = [self.file.clone(), self.message.clone()];
        let said = [format!("of {}", self.name)];
        [ann, bob]
            .into_iter()
            .chain(rooms)
            .chain(things)
            .chain(said)
            .collect()
    }
}

async fn upload(who: &SignedIn) -> String {
    let headers = [("content-type", "text/plain")];
    let body = Some(Bytes::from_static(b"hello"));
    let path = "/api/v1/files";
    let answer = who.rest.send(Method::POST, path, &headers, body).await;
    text(&answer.expect(201)["file"]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Opens a socket, with the token where its documents have it.
async fn open(who: &SignedIn, path: &str) -> Socket {
    let path = match path.split_once('?') {
        _ if path.starts_with("/api/v1/") => path.to_owned(),
        Some((path, query)) => format!("{path}?{query}&token={}", who.token),
        None => format!("{path}?token={}", who.token),
    };
    let opened = who.socket(&path).await;
    opened.unwrap_or_else(|refused| panic!("{path}: {} {}", refused.status, refused.body))
}

/// What lists, finds and counts without naming an id.
const LISTS: [&str; 22] = [
    "/api/v1/me",
    "/api/v1/people?limit=100",
    "/api/v1/users?name=ann",
    "/api/v1/users?name=bob",
    "/api/v1/rooms?scope=mine",
    "/api/v1/rooms?scope=channels",
    "/api/v1/rooms?name=tea",
    "/api/v1/notifications",
    "/api/v1/notifications/rules",
    "/api/v1/sessions",
    "/api/room/list/",
    "/api/users/",
    "/api/chat/users/",
    "/api/chat/users/?filter=online",
    "/api/conversations",
    "/api/rooms/ann/messages",
    "/api/rooms/bob/messages",
    "/api/userauth/users/1/",
    "/api/userauth/users/2/",
    "/api/notifications/chat/conversations/",
    "/api/notifications/chat/presence/",
    "/api/notifications/chat/presence/me/",
];

#[tokio::test]
async fn no_list_shows_anything_of_the_other_tenant() {
    let world = World::new().await;
    // The rooms dialect lists channels in which somebody listens, and how many.
    let _acme = open(&world.acme.ann, "/ws/join/?name=tea").await;
    let _globex = open(&world.globex.ann, "/ws/join/?name=tea").await;
    for tenant in [&world.acme, &world.globex] {
        let listening = tenant.ann.rest.get("/api/room/list/").await;
        assert_eq!(
            listening.expect(200),
            json!({"tea": 1}),
            "one's own tenant's"
        );
    }
    for (tenant, other) in [(&world.acme, &world.globex), (&world.globex, &world.acme)] {
        for who in [&tenant.ann, &tenant.bob] {
            for path in LISTS {
                let answer = who.rest.get(path).await;
                let shown = other.marks().into_iter();
                let shown: Vec<_> = shown.filter(|mark| answer.text.contains(mark)).collect();
                assert!(shown.is_empty(), "{path} shows {shown:?}: {}", answer.text);
                assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
            }
            let people = who.rest.get("/api/v1/people").await.expect(200);
            assert_eq!(people["people"].as_array().map(Vec::len), Some(2));
        }
    }
    world.server.stop().await;
}

/// Numbers count in each tenant from one: nobody learns by theirs how much others have.
#[tokio::test]
async fn numbers_begin_anew_in_each_tenant() {
    let world = World::new().await;
    let (acme, globex) = (&world.acme, &world.globex);
    assert_eq!(
        acme.number, globex.number,
        "the same first message of the same first room"
    );
    for tenant in [acme, globex] {
        let path = format!("/api/rooms/refresh-url/?message_id={}", tenant.number);
        let link = tenant.bob.rest.get(&path).await.expect(200);
        assert!(
            text(&link["file_location"]).contains(&tenant.file),
            "one's own: {link}"
        );
    }
    world.server.stop().await;
}

/// Every way to name a thing of the other tenant by its id.
#[allow(clippy::too_many_lines, reason = "a list of all requests")]
fn requests(other: &Tenant) -> Vec<(Method, String, Value)> {
    let (room, message) = (&other.direct, &other.message);
    let (ann, bob) = (&other.ann.id, &other.bob.id);
    let native = format!("/api/v1/rooms/{room}");
    let conversation = format!("{TENANTS}/conversations/{room}");
    let none = || json!({});
    let seq = || json!({"seq": 1});
    vec![
        (Method::GET, format!("/api/v1/users/{ann}"), none()),
        (Method::GET, native.clone(), none()),
        (Method::PATCH, native.clone(), json!({"name": "mine"})),
        (Method::DELETE, native.clone(), none()),
        (Method::POST, format!("{native}/join"), none()),
        (Method::POST, format!("{native}/leave"), none()),
        (Method::POST, format!("{native}/read"), seq()),
        (Method::POST, format!("{native}/received"), seq()),
        (Method::GET, format!("{native}/receipts"), none()),
        (Method::GET, format!("{native}/presence"), none()),
        (Method::GET, format!("{native}/members"), none()),
        (
            Method::POST,
            format!("{native}/members"),
            json!({"user": bob}),
        ),
        (Method::DELETE, format!("{native}/members/{bob}"), none()),
        (
            Method::POST,
            format!("{native}/transfer"),
            json!({"user": bob}),
        ),
        (Method::GET, format!("{native}/messages"), none()),
        (
            Method::POST,
            format!("{native}/messages"),
            json!({"content": "x"}),
        ),
        (Method::GET, format!("{native}/messages/{message}"), none()),
        (
            Method::PATCH,
            format!("{native}/messages/{message}"),
            json!({"content": "x"}),
        ),
        (
            Method::DELETE,
            format!("{native}/messages/{message}"),
            none(),
        ),
        (
            Method::PUT,
            format!("{native}/messages/{message}/reactions/x"),
            none(),
        ),
        (
            Method::POST,
            format!("/api/v1/rooms/{}/join", other.channel),
            none(),
        ),
        (
            Method::POST,
            "/api/v1/rooms/direct".to_owned(),
            json!({"user": ann}),
        ),
        (Method::GET, format!("/api/v1/files/{}", other.file), none()),
        (
            Method::GET,
            format!("/api/v1/files/{}/link", other.file),
            none(),
        ),
        (
            Method::POST,
            "/api/v1/notifications/ack".to_owned(),
            json!({"room": room, "seq": 1}),
        ),
        (
            Method::GET,
            format!("/api/v1/notifications/rules/{room}"),
            none(),
        ),
        (
            Method::PUT,
            format!("/api/v1/notifications/rules/{room}"),
            json!({"level": "none"}),
        ),
        (
            Method::GET,
            format!("/api/v1/notifications/explain?message={message}"),
            none(),
        ),
        (Method::GET, format!("/api/users/{ann}/chat/"), none()),
        (Method::GET, format!("/api/chat/users/{room}/"), none()),
        (Method::GET, format!("/api/chat/users/{ann}/"), none()),
        (Method::GET, format!("/api/chat/{room}/messages/"), none()),
        (Method::POST, format!("/api/chat/{room}/messages/"), none()),
        (Method::GET, format!("{conversation}/"), none()),
        (
            Method::PUT,
            format!("{conversation}/"),
            json!({"title": "mine"}),
        ),
        (Method::DELETE, format!("{conversation}/"), none()),
        (Method::GET, format!("{conversation}/participants/"), none()),
        (
            Method::POST,
            format!("{conversation}/participants/"),
            json!({"user_id": bob}),
        ),
        (Method::GET, format!("{conversation}/messages/"), none()),
        (
            Method::POST,
            format!("{conversation}/messages/"),
            json!({"content": "x"}),
        ),
        (
            Method::GET,
            format!("{TENANTS}/messages/{message}/reactions/"),
            none(),
        ),
        (
            Method::POST,
            format!("{TENANTS}/messages/{message}/reactions/"),
            json!({"emoji": "x"}),
        ),
    ]
}

#[tokio::test]
async fn an_id_of_the_other_tenant_is_an_id_of_nothing() {
    let world = World::new().await;
    let (acme, globex) = (&world.acme, &world.globex);
    let before = acme.ann.whole_history(&acme.direct).await;
    for (method, path, body) in requests(acme) {
        let ask = async |hide: bool| {
            let hidden = |text: String| match hide {
                true => acme
                    .marks()
                    .iter()
                    .fold(text, |text, mark| text.replace(mark, RANDOM)),
                false => text,
            };
            let headers = [("content-type", "application/json")];
            let body = Some(Bytes::from(hidden(body.to_string())));
            let path = hidden(path.clone());
            let rest = &globex.ann.rest;
            let answer = rest.send(method.clone(), &path, &headers, body).await;
            let mut said = answer.json();
            if let Some(fields) = said.as_object_mut() {
                fields.remove("request_id");
            }
            (answer.status, said.to_string())
        };
        let (status, said) = ask(false).await;
        let shown = acme.marks().into_iter().find(|mark| said.contains(mark));
        assert!(status.is_client_error(), "{method} {path}: {status} {said}");
        assert_eq!(shown, None, "{method} {path}: {said}");
        assert_eq!((status, said), ask(true).await, "{method} {path}");
    }
    assert_eq!(acme.ann.whole_history(&acme.direct).await, before);
    let members = format!("/api/v1/rooms/{}/members", acme.channel);
    let members = acme.ann.rest.get(&members).await.expect(200);
    assert_eq!(members["members"].as_array().map(Vec::len), Some(2));
    world.server.stop().await;
}

/// Presence of who is in another tenant is that of who is not there.
#[tokio::test]
async fn presence_ends_at_the_tenant() {
    let world = World::new().await;
    let (acme, globex) = (&world.acme, &world.globex);
    let (_there, _) = acme.ann.native().await;
    let path = format!("/api/v1/presence?users={},{RANDOM}", acme.ann.id);
    let seen = globex.ann.rest.get(&path).await.expect(200);
    for one in seen["presence"].as_array().expect("two") {
        assert_eq!(one["state"], "offline");
        assert_eq!(one["last_seen"], Value::Null);
    }
    world.server.stop().await;
}

/// What every socket of a tenant hears while everything happens in the other: what happens in its
/// own, afterwards.
#[tokio::test]
async fn no_socket_hears_anything_of_the_other_tenant() {
    let world = World::new().await;
    let (acme, globex) = (&world.acme, &world.globex);
    let who = &globex.bob;
    let mut sockets = vec![
        (
            "native",
            open(who, "/api/v1/ws?events=messages,notifications").await,
        ),
        ("rooms", open(who, "/ws/join/?name=tea").await),
        ("rooms' bell", open(who, "/ws/join-notification/").await),
        ("tenants", open(who, "/ws/chat/globex/").await),
        (
            "recipients",
            open(who, &format!("/ws/chat/{}/", globex.direct)).await,
        ),
        ("friends", open(who, "/api/chat/ws/chat/").await),
        ("usernames", open(who, "/ws/ann/").await),
        ("usernames' bell", open(who, "/ws/notifications/").await),
    ];
    let join = json!({"type": "join_conversation", "conversation_id": globex.direct});
    sockets[3].1.send(&join).await;
    everything_happens(acme).await;

    globex.ann.say(&globex.direct, "the end").await;
    globex.ann.say(&globex.channel, "the end").await;
    for (name, mut socket) in sockets {
        let mut heard = Vec::new();
        loop {
            let frame = socket.next_text().await.to_string();
            let is_end = frame.contains("the end") || frame.contains("new_message_notification");
            heard.push(frame);
            if is_end {
                break;
            }
        }
        let heard = heard.join("\n");
        let shown = acme.marks().into_iter().find(|mark| heard.contains(mark));
        assert_eq!(shown, None, "{name}: {heard}");
    }
    world.server.stop().await;
}

/// Somebody comes, types, says, reads, reacts, edits, renames and goes.
async fn everything_happens(tenant: &Tenant) {
    let (mut ann, _) = tenant.ann.native().await;
    let (mut bob, _) = tenant.bob.native().await;
    let named = open(&tenant.bob, "/ws/ann/").await;
    for room in [&tenant.direct, &tenant.channel] {
        let typing = json!({"id": "t", "type": "typing", "room": room, "on": true});
        bob.send(&typing).await;
        ann.next_of("typing").await;
        let client_id = ClientId::new();
        let content = format!("of {}", tenant.name);
        let send = json!({
            "id": "s", "type": "send", "room": room, "client_id": client_id, "content": content,
        });
        bob.send(&send).await;
        let sent = bob.answer("s").await["message"].clone();
        ann.next_of("message").await;
        let read = json!({"id": "r", "type": "read", "room": room, "seq": sent["seq"]});
        ann.send(&read).await;
        bob.next_of("receipt").await;
        let react = json!({
            "id": "e", "type": "react", "room": room, "message": sent["id"], "emoji": "+1",
        });
        ann.send(&react).await;
        bob.next_of("reaction_added").await;
    }
    let leave = json!({"id": "l", "type": "leave", "room": tenant.channel});
    bob.send(&leave).await;
    ann.next_of("member_left").await;
    named.close().await;
    bob.close().await;
    ann.next_of("presence").await;
}

/// What one tenant's people use up is theirs: also of those who are called alike.
#[tokio::test]
async fn rates_are_counted_by_person_and_not_by_name() {
    let world = World::with(|settings| {
        settings.limits.sends_per_second = 1;
        settings.limits.sends_burst = 10;
        settings.limits.tickets_per_minute = 5;
        settings.limits.uploads_per_minute = 5;
    });
    let world = world.await;
    let (acme, globex) = (&world.acme, &world.globex);
    let ticket = async |who: &SignedIn| {
        let answer = who.rest.post("/api/v1/ws-ticket", &json!({})).await;
        answer.status.as_u16()
    };
    let mut refused = 0;
    for _ in 0..20 {
        refused += u32::from(ticket(&acme.ann).await == 429);
    }
    assert!(refused > 0, "it is counted");
    assert_eq!(ticket(&globex.ann).await, 201);
    let said = format!("/api/v1/rooms/{}/messages", acme.direct);
    let mut statuses = BTreeSet::new();
    for _ in 0..30 {
        let answer = acme.ann.rest.post(&said, &json!({"content": "x"})).await;
        statuses.insert(answer.status.as_u16());
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let own = globex.ann.say(&globex.direct, "x").await;
    assert_eq!(own["repeat"], false);
    world.server.stop().await;
}

/// Ids that clients choose are good in each tenant for itself.
#[tokio::test]
async fn an_id_of_a_client_stands_for_its_own_message_alone() {
    let world = World::new().await;
    let client_id = ClientId::new();
    for tenant in [&world.acme, &world.globex] {
        let path = format!("/api/v1/rooms/{}/messages", tenant.direct);
        let body = json!({"content": tenant.name, "client_id": client_id});
        let said = tenant.ann.rest.post(&path, &body).await.expect(201);
        assert_eq!(said["repeat"], false);
        assert_eq!(said["message"]["content"], tenant.name);
        let key = client_id.to_string();
        let (room, keyed) = (json!({"name": "keyed"}), [("idempotency-key", &*key)]);
        let made = tenant
            .ann
            .rest
            .post_with("/api/v1/rooms", &room, &keyed)
            .await;
        let made = made.expect(201);
        assert_eq!(made["name"], "keyed", "the same name in both");
    }
    world.server.stop().await;
}
