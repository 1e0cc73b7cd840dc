//! Opening a store: what it makes sure of, and what it says when it cannot.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{net::TcpListener, sync::Arc, time::Duration};

use adapter_mongodb::{ConnectError, MongoStore, Options};
use domain::{
    Code,
    ports::{About, Clock, Profiles},
};
use mongodb::{IndexModel, bson::doc, options::IndexOptions};
use testkit::{
    clock::TestClock,
    mongo_server::{MongoServer, or_skip},
};

async fn refusal(uri: &str, options: Options) -> ConnectError {
    match MongoStore::connect(uri, options).await {
        Ok(_) => panic!("it must not open"),
        Err(error) => error,
    }
}

fn options() -> Options {
    common::options(&Arc::new(TestClock::new()), &common::unused_name())
}

#[tokio::test]
async fn what_is_no_connection_string_is_said_to_be_none() {
    let refusal = refusal("mangodb://here", options()).await;
    assert!(matches!(refusal, ConnectError::Uri { .. }), "{refusal}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_waited_for() {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = nobody.local_addr().expect("it has an address");
    drop(nobody);
    let uri = format!("mongodb://{address}/?directConnection=true");
    let refusal = refusal(&uri, options()).await;
    let unreachable = matches!(refusal, ConnectError::Unreachable { .. });
    assert!(unreachable, "{refusal}");
    assert!(refusal.to_string().contains("Check that it runs"));
}

/// An index of the same name that is not unique keeps no promise.
#[tokio::test]
async fn a_database_with_a_weaker_index_is_refused_by_its_name() {
    let Some(server) = common::server() else {
        return;
    };
    let options = options();
    let name = options.database.clone().expect("the test names one");
    let database = common::database(server, &name).await;
    let weaker = IndexModel::builder()
        .keys(doc! {"room_id": 1, "seq": 1})
        .options(IndexOptions::builder().name("room_seq".to_owned()).build());
    let messages = common::stored(&database, "messages");
    let made = messages.create_index(weaker.build()).await;
    made.expect("the server is there");

    let refusal = refusal(server.url(), options).await;
    assert!(refusal.to_string().contains("room_seq"), "{refusal}");
}

#[tokio::test]
async fn a_store_opens_again_on_what_is_there() {
    let Some(server) = common::server() else {
        return;
    };
    let options = options();
    for _ in 0..2 {
        common::node(server.url(), options.clone()).await;
    }
}

/// What a server that does what it says is not refused for.
#[tokio::test]
async fn a_server_is_tried_out_and_says_what_it_is() {
    let Some(server) = common::server() else {
        return;
    };
    let options = Options {
        self_check: true,
        ..options()
    };
    let name = options.database.clone().expect("the test names one");
    let store = common::node(server.url(), options).await;
    store.ping().await.expect("it can be written");
    let told = store.describe();
    assert!(told.contains(&name), "{told}");
    let database = common::database(server, &name).await;
    let left = database.list_collection_names().await;
    let left = left.expect("the server is there");
    let scratch = left.iter().any(|name| name.starts_with("self_check"));
    assert!(!scratch, "{left:?}");
    let looked = MongoStore::look(server.url()).await;
    assert!(looked.expect("it is there").starts_with("MongoDB "));
}

#[tokio::test]
async fn all_nodes_tell_the_same_epoch_and_a_closed_one_tells_nothing() {
    let Some(fresh) = common::fresh().await else {
        return;
    };
    let [one, other] = &fresh.nodes;
    let epoch = one.epoch().await.expect("it is open");
    assert_eq!(other.epoch().await.expect("it is open"), epoch);
    one.close().await;
    one.close().await;
    let unavailable = |error: domain::Error| error.code() == Code::Unavailable;
    assert!(one.ping().await.is_err_and(unavailable));
    assert!(one.has_admin().await.is_err_and(unavailable));
    assert!(!other.has_admin().await.expect("it is open"));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let Some(server) = common::server() else {
        return;
    };
    let options = options();
    let name = options.database.clone().expect("the test names one");
    common::node(server.url(), options.clone()).await;
    let database = common::database(server, &name).await;
    let raise = doc! {"$set": {"version": 99_i64}};
    let meta = common::stored(&database, "meta");
    meta.update_one(doc! {"_id": "schema"}, raise)
        .await
        .expect("the server is there");
    let refusal = refusal(server.url(), options).await;
    let newer = matches!(refusal, ConnectError::Newer { found: 99, .. });
    assert!(newer && !refusal.is_away(), "{refusal}");
}

/// The server of tests knows nobody, so it refuses everybody who says who they are.
#[tokio::test]
async fn refused_credentials_are_not_waited_for() {
    let Some(server) = common::server() else {
        return;
    };
    let uri = server.url().replace("mongodb://", "mongodb://ann:hunter2@");
    let refused = match MongoStore::open(&uri, options()).await {
        Ok(_) => panic!("it must not open"),
        Err(error) => error,
    };
    assert!(matches!(refused, ConnectError::Refused { .. }), "{refused}");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for() {
    let Some(server) = or_skip(MongoServer::start()) else {
        return;
    };
    if !server.is_ours() {
        return println!("skipped: the server of MONGODB_URI is not ours to stop");
    }
    server.terminate().expect("it ends");
    let store = MongoStore::open(server.url(), options()).await;
    let store = store.expect("it is waited for");
    let away = store.ping().await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable);
    assert_eq!(away.message(), "The database has not been reached yet.");
    assert!(store.describe().contains("not reached yet"));
    assert!(store.epoch().await.is_err());

    server.restart().expect("it comes back");
    let there = async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let soon = tokio::time::timeout(Duration::from_secs(30), there).await;
    soon.expect("it is found within half a minute");
    assert!(!store.has_admin().await.expect("it is open"));
    store.close().await;
}

/// As told by whoever is asked for readiness.
#[tokio::test]
async fn a_clock_that_is_far_off_is_said() {
    let Some(server) = common::server() else {
        return;
    };
    let local = Arc::new(TestClock::new());
    let options = Options {
        database: Some(common::unused_name()),
        timings: common::patient(),
        self_check: false,
        ..Options::new(local.clone())
    };
    let store = common::node(server.url(), options).await;
    let told = store.ping().await.unwrap_err();
    assert!(told.message().contains("The database's clock is"), "{told}");
    let ahead = store.clock().now().duration_since(local.now());
    assert!(ahead.as_secs() > 5, "the store goes by the server's time");
}
