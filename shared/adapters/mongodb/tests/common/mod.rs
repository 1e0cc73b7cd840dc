//! Nodes on databases of their own, on the server that tests share.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::{sync::Arc, time::Duration};

use adapter_mongodb::{MongoStore, Options, Timings};
use mongodb::{Client, Database, bson::Document};
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
    let server = or_skip(MongoServer::shared())?;
    println!("on {}", server.describe());
    Some(server)
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
        node(server.uri(), options.clone()).await,
        node(server.uri(), options).await,
    ];
    Some(Fresh {
        nodes,
        clock,
        database: database(server, &name).await,
    })
}

/// The database as it is, past the store.
pub(crate) async fn database(server: &MongoServer, name: &str) -> Database {
    let client = Client::with_uri_str(server.uri()).await;
    client.expect("the server is there").database(name)
}

/// A store's options for a database by a clock that stands.
pub(crate) fn options(clock: &Arc<TestClock>, database: &str) -> Options {
    Options {
        database: Some(database.to_owned()),
        timings: patient(),
        ..Options::new(clock.clone())
    }
}

/// Opens a node.
pub(crate) async fn node(uri: &str, options: Options) -> Arc<MongoStore> {
    let store = MongoStore::connect(uri, options).await;
    Arc::new(store.expect("the server is there"))
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

/// For tests in which answers do not come.
pub(crate) fn hasty() -> Timings {
    Timings {
        call: Duration::from_secs(2),
        attempt: Duration::from_millis(250),
        append: Duration::from_millis(700),
        ..Timings::default()
    }
}

/// A collection of a database, as it is stored.
pub(crate) fn stored(database: &Database, name: &str) -> mongodb::Collection<Document> {
    database.collection(name)
}
