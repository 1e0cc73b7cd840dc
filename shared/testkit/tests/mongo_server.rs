//! The server and the proxy in front of it, as the official driver sees them.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{IndexOptions, InsertManyOptions, ReturnDocument};
use mongodb::{Client, Collection, IndexModel};
use testkit::mongo_server::{MongoServer, or_skip};
use testkit::proxy::{Direction, Proxy};

async fn rows(uri: &str, database: &str) -> Collection<Document> {
    let client = Client::with_uri_str(uri)
        .await
        .expect("a URI that the driver takes");
    client.database(database).collection("rows")
}

async fn unique_seq(rows: &Collection<Document>) {
    let options = IndexOptions::builder()
        .unique(true)
        .name("seq".to_owned())
        .build();
    let index = IndexModel::builder()
        .keys(doc! {"room": 1, "seq": 1})
        .options(options)
        .build();
    rows.create_index(index).await.expect("a unique index");
}

fn row(seq: i32) -> Document {
    doc! {"_id": format!("row {seq}"), "room": 1, "seq": seq}
}

/// Index and message of the row that an ordered insertMany ended at.
fn refused(error: &Error) -> Option<(usize, String)> {
    let ErrorKind::InsertMany(many) = error.kind.as_ref() else {
        return None;
    };
    let first = many.write_errors.as_ref()?.first()?;
    Some((first.index, first.message.clone()))
}

#[tokio::test]
async fn an_ordered_insert_stops_at_the_first_duplicate_and_names_the_index() {
    let Some(server) = or_skip(MongoServer::shared()) else {
        return;
    };
    println!("on {}", server.describe());
    let rows = rows(server.url(), "ordered").await;
    unique_seq(&rows).await;
    rows.insert_one(row(2)).await.unwrap();
    let mut batch = [row(1), row(2), row(3)];
    batch[1].insert("_id", "another");
    let options = InsertManyOptions::builder().ordered(true).build();
    let error = rows
        .insert_many(batch)
        .with_options(options)
        .await
        .unwrap_err();
    let (index, message) = refused(&error).unwrap();
    assert_eq!(index, 1);
    assert!(
        message.contains("E11000") && message.contains("seq"),
        "{message}"
    );
    assert_eq!(rows.count_documents(doc! {}).await.unwrap(), 2);
}

#[tokio::test]
async fn a_compare_and_set_answers_with_the_new_document_or_nothing() {
    let Some(server) = or_skip(MongoServer::shared()) else {
        return;
    };
    let rows = rows(server.url(), "compare_and_set").await;
    rows.insert_one(doc! {"_id": 1, "rev": 1}).await.unwrap();
    let swing = |rev: i32| {
        rows.find_one_and_update(doc! {"_id": 1, "rev": rev}, doc! {"$inc": {"rev": 1}})
            .return_document(ReturnDocument::After)
    };
    let swung = swing(1).await.unwrap().unwrap();
    assert_eq!(swung.get_i32("rev").unwrap(), 2);
    assert_eq!(swing(1).await.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_the_client_gave_up_lands_later() {
    let Some(server) = or_skip(MongoServer::shared()) else {
        return;
    };
    let proxy = Proxy::to(server.address().unwrap()).await.unwrap();
    let direct = rows(server.url(), "zombie").await;
    let client = Client::with_uri_str(format!(
        "{}&retryWrites=false",
        server.url_through(proxy.address())
    ));
    let client = client.await.unwrap();
    client
        .database("zombie")
        .run_command(doc! {"ping": 1})
        .await
        .unwrap();

    proxy.hold(Direction::ToServer);
    let many = client.database("zombie").collection("rows");
    let waiting = Duration::from_millis(300);
    let outcome =
        tokio::time::timeout(waiting, many.insert_many([row(1), row(2)]).into_future()).await;
    assert!(
        outcome.is_err(),
        "the insert was answered although it was held"
    );
    proxy.cut_clients();
    assert_eq!(direct.count_documents(doc! {}).await.unwrap(), 0);

    proxy.release(Direction::ToServer).await;
    let landed = async {
        while direct.count_documents(doc! {}).await.unwrap() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), landed)
        .await
        .expect("both rows land");
}

#[tokio::test]
async fn data_outlives_a_restart_and_the_address_stays() {
    let Some(server) = or_skip(MongoServer::start()) else {
        return;
    };
    if !server.is_ours() {
        return println!("skipped: the server of MONGODB_URI is not ours to stop");
    }
    let rows = rows(server.url(), "restart").await;
    rows.insert_one(row(1)).await.unwrap();
    server.terminate().unwrap();
    server.restart().unwrap();
    let found = rows.find_one(doc! {"seq": 1}).await.unwrap();
    assert_eq!(found, Some(row(1)));
}

#[tokio::test]
async fn a_stopped_server_answers_when_it_goes_on() {
    let Some(server) = or_skip(MongoServer::start()) else {
        return;
    };
    if !server.is_ours() {
        return println!("skipped: the server of MONGODB_URI is not ours to stop");
    }
    let rows = rows(server.url(), "stopped").await;
    rows.insert_one(row(1)).await.unwrap();
    server.stop().unwrap();
    let mut insert = std::pin::pin!(rows.insert_one(row(2)).into_future());
    let early = tokio::time::timeout(Duration::from_millis(200), &mut insert).await;
    assert!(early.is_err(), "a stopped server answered");
    server.cont().unwrap();
    insert.await.unwrap();
    assert_eq!(rows.count_documents(doc! {}).await.unwrap(), 2);
}
