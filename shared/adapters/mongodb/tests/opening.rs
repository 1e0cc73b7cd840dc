//! What a store says that cannot be opened.

mod common;

use std::{net::TcpListener, sync::Arc};

use adapter_mongodb::{ConnectError, MongoStore, Options};
use mongodb::{IndexModel, bson::doc, options::IndexOptions};
use testkit::clock::TestClock;

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

    let refusal = refusal(server.uri(), options).await;
    assert!(refusal.to_string().contains("room_seq"), "{refusal}");
}

#[tokio::test]
async fn a_store_opens_again_on_what_is_there() {
    let Some(server) = common::server() else {
        return;
    };
    let options = options();
    for _ in 0..2 {
        common::node(server.uri(), options.clone()).await;
    }
}
