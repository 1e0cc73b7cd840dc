//! An installation of the documented Go backend moves in: its people log in with their old
//! passwords and tokens, and find what was said, in order, and nothing twice.

use e2e::{Process, Rest, SignedIn, Socket};
use mongodb::{
    Client, Database,
    bson::{Bson, DateTime, Document, doc, oid::ObjectId},
};
use serde_json::{Value, json};
use testkit::mongo_server::{MongoServer, or_skip};

use crate::home::{Done, Home};

/// When everybody's id was made, in seconds.
const BEGIN: u32 = 1_700_000_001;

/// Everybody's password, as the original keeps it.
const PASSWORD: &str = "abcdefghijklmnopqrstuvwxyz";
const HASH: &str = "$2a$10$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7dq";

/// A token of Ann's that the original signed, good until 2100.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDAsImlkIjoiNjU1M2YxMDEwNzA3MDcwNzA3MDAwMDJhIiwidXNlcm5hbWUiOiJhbm4ifQ.1RVqfTCHVdVPJ4rMYJQ33dodM42RlT4MCCL6cPRf3CY";

const ANN: u32 = 42;
const BOB: u32 = 43;
const SECOND_ANN: u32 = 44;
const HALL: u32 = 100;
const SECOND_HALL: u32 = 101;
const BUSY: u32 = 104;
const EMPTY: u32 = 102;
const NAMELESS: u32 = 103;
const NOBODY: u32 = 999;

/// What does not stay as it was, as the report tells it.
const REPORT: [&str; 9] = [
    "documents left out: a field is missing, or not of its type: 4",
    "messages left out: their room is not there: 2",
    "people with another name: theirs is taken, or not allowed here: 2",
    "people without their e-mail address: an earlier account has it, or it is none: 2",
    "people who cannot log in: the hash of their password is none: 1",
    "people made as placeholders: rooms or messages name them, and they have no account: 2",
    "rooms with another name: theirs is taken, or not allowed here: 1",
    "messages that became several, one after the other: they are too long: 1",
    "messages that say nothing: kept as they are: 1",
];

/// The original's database, on the server of the tests.
struct Original {
    uri: String,
    database: Database,
}

fn id(n: u32) -> ObjectId {
    let [_, a, b, c] = n.to_be_bytes();
    ObjectId::from_parts(BEGIN, [7; 5], [a, b, c])
}

fn at(ms: i64) -> DateTime {
    DateTime::from_millis(i64::from(BEGIN) * 1_000 + ms)
}

fn client(n: u32, name: &str, email: &str) -> Document {
    doc! {"_id": id(n), "username": name, "email": email, "password_hash": HASH, "created_at": at(0)}
}

fn room(n: u32, name: &str, members: &[u32]) -> Document {
    let members: Vec<Bson> = members.iter().map(|n| id(*n).into()).collect();
    doc! {"_id": id(n), "name": name, "members": members, "created_at": at(5)}
}

fn said(n: u32, sender: u32, room: u32, content: &str, ms: i64) -> Document {
    doc! {
        "_id": id(n), "content": content, "sender_id": id(sender), "room_id": id(room),
        "timestamp": at(ms),
    }
}

/// As much as takes three messages here, and no single one.
fn long() -> String {
    "é".repeat(20_000)
}

impl Original {
    async fn new() -> Option<Self> {
        let server = or_skip(MongoServer::shared())?;
        let uri = server.url_of_its_own();
        let client = Client::with_uri_str(&uri).await.expect("a server");
        let database = client.default_database().expect("its name");
        Some(Self { uri, database })
    }

    async fn put(&self, collection: &str, documents: Vec<Document>) {
        let collection = self.database.collection::<Document>(collection);
        collection.insert_many(documents).await.expect("inserted");
    }

    /// As the original leaves it: some of it twice, some of it torn.
    async fn fill(&self) {
        let mut torn = client(46, "torn", "torn@example.org");
        torn.insert("username", 7);
        let mut hashless = client(47, &"n".repeat(65), "no address");
        hashless.insert("password_hash", "plain");
        let clients = vec![
            client(ANN, "ann", "ann@example.org"),
            client(BOB, "bob smith", "bob@example.org"),
            client(SECOND_ANN, "ann", "ANN@example.org"),
            torn,
            hashless,
        ];
        self.put("clients", clients).await;
        let mut nameless = room(NAMELESS, "", &[ANN]);
        nameless.remove("name");
        let rooms = vec![
            room(HALL, "hall", &[ANN, BOB, ANN]),
            room(SECOND_HALL, "hall", &[BOB]),
            room(EMPTY, "empty", &[]),
            room(BUSY, "busy", &[ANN]),
            nameless,
        ];
        self.put("rooms", rooms).await;
        self.talk().await;
        let seen =
            doc! {"receiver_id": id(ANN), "room_id": id(HALL), "content": "m1", "seen": false};
        self.put("notifications", vec![seen]).await;
    }

    /// Sixty messages, of which twenty were copied and ten of those then removed, and stranger ones.
    async fn talk(&self) {
        let sender = |n: u32| if n.is_multiple_of(2) { ANN } else { BOB };
        // Of two in one millisecond the smaller id came first.
        let spoken = |n: u32| {
            let text = format!("m{n}");
            said(1_000 + n, sender(n), HALL, &text, 100 + i64::from(n / 2))
        };
        let copies: Vec<_> = (0..20).map(spoken).collect();
        self.put("archived_messages", copies).await;
        let mut messages: Vec<_> = (10..60).rev().map(spoken).collect();
        let mut torn = said(2_000, ANN, HALL, "", 0);
        torn.insert("content", Bson::Null);
        let mut placeless = said(2_001, ANN, HALL, "?", 0);
        placeless.remove("room_id");
        messages.extend([
            said(3_000, ANN, HALL, "first", 1),
            said(2_002, NOBODY, HALL, "who am I", 200),
            said(2_003, BOB, HALL, "", 201),
            said(2_004, BOB, HALL, &long(), 202),
            said(2_005, BOB, SECOND_HALL, "elsewhere", 203),
            said(2_006, BOB, NAMELESS, "nowhere", 204),
            said(2_007, BOB, 5, "nowhere", 205),
            torn,
            placeless,
        ]);
        self.put("messages", messages).await;
        // Enough to be killed amid.
        let busy = (10_000..13_000).map(|n| said(n, ANN, BUSY, "busy", i64::from(n)));
        self.put("messages", busy.collect()).await;
    }

    /// All documents and indexes.
    async fn whole(&self) -> Vec<String> {
        let mut whole = Vec::new();
        let mut names = self.database.list_collection_names().await.expect("names");
        names.sort();
        for name in names {
            let collection = self.database.collection::<Document>(&name);
            whole.push(format!("{name} {:?}", collection.list_index_names().await));
            let documents = collection.find(doc! {}).sort(doc! {"_id": 1}).await;
            let mut documents = documents.expect("documents");
            while documents.advance().await.expect("the next") {
                whole.push(format!("{:?}", documents.current()));
            }
        }
        whole
    }

    fn import<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let begin = ["import", "go-chat", "--mongodb", self.uri.as_str()];
        [&begin[..], more].concat()
    }
}

/// What is said in the hall, in its order.
fn history() -> Vec<String> {
    let mut texts = vec!["first".to_owned()];
    texts.extend((0..60).map(|n| format!("m{n}")));
    texts.extend(["who am I".to_owned(), String::new()]);
    let long = long();
    // 16 KiB each.
    let parts = long.as_bytes().chunks(16 * 1024);
    texts.extend(parts.map(|part| String::from_utf8(part.to_vec()).expect("whole characters")));
    texts
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["content"].as_str().expect("a text"))
        .collect()
}

async fn log_in(server: &Process, name: &str) -> SignedIn {
    let rest = Rest::new(server.addr());
    let login = json!({"username": name, "password": PASSWORD});
    let answer = rest.post("/api/user/login/", &login).await.expect(200);
    let token = answer["token"].as_str().expect("a token").to_owned();
    let rest = rest.with_token(&token);
    let me = rest.get("/api/v1/me").await.expect(200);
    SignedIn {
        name: name.to_owned(),
        id: me["id"].as_str().expect("an id").to_owned(),
        token,
        rest,
    }
}

async fn room_of(who: &SignedIn, name: &str) -> Value {
    let rooms = who.rest.get("/api/v1/rooms").await.expect(200);
    let mut rooms = rooms["rooms"].as_array().expect("rooms").iter();
    let found = rooms.find(|room| room["name"] == name);
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

/// An old token and an old password, through the dialect and the native API.
async fn everybody_finds_what_was_there(server: &Process) {
    let mut hall = Socket::open(server.addr(), "/ws/join/?name=hall", TOKEN)
        .await
        .expect("an old token opens it");
    let shown = hall.next().await;
    let mut newest = history();
    newest.reverse();
    newest.truncate(50);
    assert_eq!(texts(shown.as_array().expect("an array")), newest);

    let bob = log_in(server, "bob smith").await;
    let room = room_of(&bob, "hall").await;
    let messages = bob.whole_history(room["id"].as_str().expect("an id")).await;
    assert_eq!(texts(&messages), history());
    let seqs: Vec<_> = messages.iter().map(|one| one["seq"].as_u64()).collect();
    let expected: Vec<_> = (3..).take(messages.len()).map(Some).collect();
    assert_eq!(seqs, expected, "after the two who joined");
    assert_eq!(room["unread"], 0);
    let first = &messages[0];
    assert_eq!(first["created_at"], "2023-11-14T22:13:21.001Z");

    let mut bell = bob.socket("/ws/join-notification/").await.expect("open");
    hall.send(&json!({"content": "and on"})).await;
    let heard = hall.next().await;
    assert_eq!(
        (heard["content"].as_str(), heard["username"].as_str()),
        (Some("and on"), Some("ann"))
    );
    assert_eq!(bell.next().await["Content"], "and on", "and nothing before");
    bell.close().await;
    hall.close().await;
}

/// Two had one name each: the second has another, and what was theirs.
async fn the_second_ones_are_there(server: &Process, dry: &str) {
    let other = dry.lines().find(|line| line.contains(": ann is ann~"));
    let other = other
        .and_then(|line| line.split(" is ").nth(1))
        .expect("a name");
    let second = log_in(server, other).await;
    let me = second.rest.get("/api/v1/me").await.expect(200);
    assert_eq!(me["email"], Value::Null);
    let bob = log_in(server, "bob smith").await;
    let line = dry.lines().find(|line| line.contains(": hall is hall~"));
    let name = line
        .and_then(|line| line.split(" is ").nth(1))
        .expect("a name");
    let room = room_of(&bob, name).await;
    let messages = bob.whole_history(room["id"].as_str().expect("an id")).await;
    assert_eq!(texts(&messages), ["elsewhere"]);
    let path = format!("/ws/join/?name={name}");
    let mut socket = bob.socket(&path).await.expect("open");
    assert_eq!(socket.next().await.as_array().map(Vec::len), Some(1));
    socket.close().await;
}

fn reported(done: &Done) {
    assert_eq!(done.code, Some(0), "{}", done.complaint);
    for line in REPORT {
        assert!(
            done.said.lines().any(|said| said == line),
            "{line}\n{}",
            done.said
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_of_the_go_backend_moves_in_with_all_its_dirt() {
    let Some(original) = Original::new().await else {
        return;
    };
    let Some(home) = Home::new() else { return };
    original.fill().await;
    let before = original.whole().await;
    for store in ["sqlite:hubbub.db", home.uri.as_str()] {
        let there = home.store_is_there();
        let dry = home.run(store, &original.import(&["--dry-run"]), "").await;
        reported(&dry);
        assert!(dry.said.contains("is fit"), "{}", dry.said);
        assert_eq!(home.store_is_there(), there);

        home.kill_after(store, &original.import(&[]), "carried: 6 users")
            .await;
        let half = home
            .refused(store, &["serve", "--listen", "127.0.0.1:0"])
            .await;
        assert!(half.contains("not whole"), "{half}");
        let done = home.run(store, &original.import(&[]), "").await;
        reported(&done);
        for line in ["going on with", "all is there", "SECRET_KEY"] {
            assert!(done.said.contains(line), "{line}: {}", done.said);
        }
        let again = home.refused(store, &original.import(&[])).await;
        assert!(again.contains("this installation already"), "{again}");
        assert_eq!(original.whole().await, before, "it was only read");

        let server = home.serve(store).await;
        everybody_finds_what_was_there(&server).await;
        the_second_ones_are_there(&server, &dry.said).await;
        assert_eq!(server.terminate().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_meanwhile_is_no_more_the_same() {
    let Some(original) = Original::new().await else {
        return;
    };
    let Some(home) = Home::new() else { return };
    original.fill().await;
    let store = "sqlite:hubbub.db";
    home.kill_after(store, &original.import(&[]), "carried: 6 users")
        .await;
    let late = said(4_000, ANN, HALL, "late", 300);
    original.put("messages", vec![late]).await;
    let other = home.refused(store, &original.import(&[])).await;
    assert!(other.contains("before somebody changed it"), "{other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_original_is_refused_with_what_to_do() {
    let Some(original) = Original::new().await else {
        return;
    };
    let Some(home) = Home::new() else { return };
    let store = "sqlite:hubbub.db";
    let nothing = home.refused(store, &original.import(&[])).await;
    assert!(
        nothing.contains("no database of the Go chat backend"),
        "{nothing}"
    );
    home.make_ops(&home.uri).await;
    let ours = ["import", "go-chat", "--mongodb", home.uri.as_str()];
    let ours = home.refused(store, &ours).await;
    assert!(ours.contains("`hubbub migrate`"), "{ours}");
    original.fill().await;
    let taken = home.refused(&home.uri, &original.import(&[])).await;
    assert!(taken.contains("of something else"), "{taken}");
    let itself = home.refused(&original.uri, &original.import(&[])).await;
    assert!(itself.contains("of something else"), "{itself}");
    let away = ["import", "go-chat", "--mongodb", "mongodb://127.0.0.1:9"];
    let away = home.refused(store, &away).await;
    assert!(away.contains("Check that it runs"), "{away}");
}
