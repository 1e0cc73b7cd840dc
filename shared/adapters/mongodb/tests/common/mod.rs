//! Nodes on databases of their own, on the server that tests share.
#![allow(dead_code, reason = "each test file uses a part of this")]

pub(crate) mod network;

use std::{
    io::Write,
    sync::{Arc, Once},
    time::Duration,
};

use adapter_mongodb::{MongoStore, Options, Timings};
use domain::{MessageId, Rev};
use futures_util::TryStreamExt;
use mongodb::{
    Client, Database,
    bson::{Document, Uuid, doc},
};
use testkit::{
    clock::TestClock,
    mongo_server::{MongoServer, or_skip},
};

/// A fresh database, seen from two nodes that share nothing else.
pub(crate) struct Fresh {
    pub(crate) nodes: [Arc<MongoStore>; 2],
    pub(crate) clock: Arc<TestClock>,
    pub(crate) database: Database,
}

/// The server of all tests that do not stop it; `None` after printing why there is none.
pub(crate) fn server() -> Option<&'static MongoServer> {
    static SAID: Once = Once::new();
    let server = or_skip(MongoServer::shared())?;
    SAID.call_once(|| say(server));
    Some(server)
}

/// Puts into the report which server it is about. Past the capture of what tests print, which
/// would show it for failed tests only.
fn say(server: &MongoServer) {
    let server = server.describe();
    let said = writeln!(
        std::io::stderr(),
        "ran on {server}; what holds when a primary changes, only a replica set of several shows"
    );
    said.expect("the report can be written");
}

/// A name that no other test uses.
pub(crate) fn unused_name() -> String {
    format!("hubbub_{}", domain::RowId::new().uuid().simple())
}

/// Makes a fresh database; `None` where there is no server.
pub(crate) async fn fresh() -> Option<Fresh> {
    let (server, name) = (server()?, unused_name());
    let clock = Arc::new(TestClock::new());
    let options = options(&clock, &name);
    let nodes = [
        node(server.url(), options.clone()).await,
        node(server.url(), options).await,
    ];
    Some(Fresh {
        nodes,
        clock,
        database: database(server, &name).await,
    })
}

/// The database as it is, past the store.
pub(crate) async fn database(server: &MongoServer, name: &str) -> Database {
    let client = Client::with_uri_str(server.url()).await;
    client.expect("the server is there").database(name)
}

/// A store's options for a database by a clock that stands.
pub(crate) fn options(clock: &Arc<TestClock>, database: &str) -> Options {
    Options {
        database: Some(database.to_owned()),
        timings: patient(),
        // Its own test has it made; here it would be made for every case.
        self_check: false,
        ..Options::timed(clock.clone())
    }
}

/// Opens a node.
pub(crate) async fn node(uri: &str, options: Options) -> Arc<MongoStore> {
    let store = MongoStore::connect(&waiting(uri), options).await;
    Arc::new(store.expect("the server is there"))
}

/// The same server, which may be slow to begin with and is waited for.
fn waiting(uri: &str) -> String {
    let joint = match uri {
        uri if uri.contains('?') => "&",
        uri if uri.matches('/').count() < 3 => "/?",
        _ => "?",
    };
    format!("{uri}{joint}serverSelectionTimeoutMS=20000&connectTimeoutMS=20000")
}

/// What is usual, but for machines that build something else beside the tests.
pub(crate) fn patient() -> Timings {
    Timings {
        call: Duration::from_secs(20),
        attempt: Duration::from_secs(10),
        append: Duration::from_secs(30),
        ..Timings::default()
    }
}

/// A collection of a database, as it is stored.
pub(crate) fn stored(database: &Database, name: &str) -> mongodb::Collection<Document> {
    database.collection(name)
}

/// The (rev, place) of every copy of a message, rising.
pub(crate) async fn copies(database: &Database, message: MessageId) -> Vec<(Rev, u64)> {
    let id = Uuid::from_bytes(message.uuid().into_bytes());
    let copies = stored(database, "archived_messages");
    let copies = copies.find(doc! {"message_id": id}).await;
    let copies = copies.expect("the server is there");
    let copies: Vec<_> = copies.try_collect().await.expect("the server is there");
    let number = |copy: &Document, field| {
        let number = copy.get_i64(field).expect("a copy has rev and place");
        number.unsigned_abs()
    };
    let mut copies: Vec<_> = copies
        .iter()
        .map(|copy| (number(copy, "rev"), number(copy, "place")))
        .collect();
    copies.sort_unstable();
    copies
}

/// How many documents of rows and copies have a text somewhere in them.
pub(crate) async fn saying(database: &Database, text: &str) -> usize {
    let mut found = 0;
    for name in ["messages", "archived_messages"] {
        let all = stored(database, name).find(doc! {}).await;
        let all = all.expect("the server is there").try_collect().await;
        let all: Vec<Document> = all.expect("the server is there");
        let saying = all.iter().filter(|one| one.to_string().contains(text));
        found += saying.count();
    }
    found
}
