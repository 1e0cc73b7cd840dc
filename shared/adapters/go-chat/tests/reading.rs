//! Reading the original's database in pages of any size.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use adapter_go_chat::{GoChat, Original};
use domain::{
    Limits, Seq,
    ports::Source,
    transfer::{KeptChange, KeptRow, Part, Record},
};
use mongodb::{
    Client, Database,
    bson::{Bson, DateTime, Document, doc, oid::ObjectId},
};
use testkit::{
    contract::transfer::all,
    mongo_server::{MongoServer, or_skip},
};

fn id(n: u32) -> ObjectId {
    let [_, a, b, c] = n.to_be_bytes();
    ObjectId::from_parts(1_700_000_000, [7; 5], [a, b, c])
}

fn said(n: u32, room: u32, content: &str, at: i64) -> Document {
    doc! {
        "_id": id(n), "content": content, "sender_id": id(1 + n % 3), "room_id": id(room),
        "timestamp": DateTime::from_millis(at),
    }
}

async fn put(database: &Database, collection: &str, documents: Vec<Document>) {
    let collection = database.collection::<Document>(collection);
    collection.insert_many(documents).await.unwrap();
}

/// Three people, of whom one has no account, in three rooms: in one much was said, in one nothing,
/// and one is nobody's.
async fn fill(database: &Database) {
    let clients = (1..3).map(|n| {
        let (name, hash) = (format!("user{n}"), "x".repeat(60));
        doc! {"_id": id(n), "username": name, "email": "", "password_hash": hash}
    });
    put(database, "clients", clients.collect()).await;
    let rooms = [(100, vec![1, 2]), (101, vec![2, 1, 2]), (102, vec![])];
    let rooms = rooms.map(|(n, members)| {
        let members: Vec<Bson> = members.iter().map(|n| id(*n).into()).collect();
        let made = DateTime::from_millis(1_000);
        doc! {"_id": id(n), "name": format!("room{n}"), "members": members, "created_at": made}
    });
    put(database, "rooms", rooms.into()).await;
    let long = "x".repeat(9);
    let messages = vec![
        said(200, 100, "last", 9_000),
        said(201, 100, "two", 2_000),
        said(202, 100, "three", 2_000),
        said(203, 100, "one", 500),
        said(204, 100, &long, 3_000),
        said(205, 102, "alone", 2_000),
    ];
    put(database, "messages", messages).await;
    // A copy, one that is in another room there, and two whose originals are gone.
    let copies = vec![
        said(201, 100, "two", 2_000),
        said(205, 100, "also", 4_000),
        said(206, 100, "gone", 5_000),
        said(207, 102, "gone", 1_500),
    ];
    put(database, "archived_messages", copies).await;
}

/// The database after a survey that allows four bytes for a message.
async fn surveyed(uri: &str) -> GoChat {
    let limits = Limits {
        message_bytes: 4,
        ..Limits::default()
    };
    let original = Original::reach(uri).await.unwrap();
    original.survey(&limits, &|_| {}).await.unwrap().0
}

fn rows(records: &[Record]) -> Vec<&KeptRow> {
    let rows = records.iter().map(|record| match record {
        Record::Row(row) => &**row,
        other => panic!("{other:?}"),
    });
    rows.collect()
}

fn text(row: &KeptRow) -> Option<String> {
    match &row.change {
        KeptChange::Message(message) => match &message.body {
            domain::transfer::KeptBody::Here(content) => Some(content.text.clone()),
            body => panic!("{body:?}"),
        },
        _ => None,
    }
}

#[tokio::test]
async fn pages_of_any_size_are_the_same_and_every_log_is_dense_and_in_order() {
    let Some(server) = or_skip(MongoServer::shared()) else {
        return;
    };
    let uri = server.url_of_its_own();
    let client = Client::with_uri_str(&uri).await.unwrap();
    let database = client.default_database().unwrap();
    fill(&database).await;
    let source = surveyed(&uri).await;
    assert_eq!(source.unrest().await.unwrap(), None);
    for part in Part::ALL {
        let whole = all(&source, part, 1_000).await;
        assert_eq!(
            source.count(part).await.unwrap(),
            whole.len() as u64,
            "{part:?}"
        );
        for size in [1, 2, 3, 7] {
            assert_eq!(all(&source, part, size).await, whole, "{part:?} by {size}");
        }
    }
    let again = surveyed(&uri).await;
    assert_eq!(again.epoch().await.unwrap(), source.epoch().await.unwrap());

    let records = all(&source, Part::Rows, 1_000).await;
    let mut logs = std::collections::BTreeMap::<_, Vec<_>>::new();
    for row in rows(&records) {
        logs.entry(row.room).or_default().push(row);
    }
    let mut told = Vec::new();
    for log in logs.values() {
        let seqs: Vec<Seq> = log.iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (1..).take(log.len()).collect::<Vec<_>>());
        assert!(log.is_sorted_by_key(|row| row.created_at));
        told.push(log.iter().filter_map(|row| text(row)).collect::<String>());
    }
    told.sort();
    assert_eq!(told, ["", "gonealone", "onetwothreexxxxxxxxxalsogonelast"]);
}
