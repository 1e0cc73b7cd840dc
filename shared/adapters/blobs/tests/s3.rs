//! The S3 adapter keeps the contract of its port, on a server that speaks S3 over TCP.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod s3_server;

use std::{sync::Arc, time::Duration};

use adapter_blobs::{S3Blobs, S3Options};
use domain::{Code, FileId, ports::Blobs};
use futures_util::stream;
use s3_server::S3Server;
use testkit::contract::blobs::BlobWorld;

async fn server() -> BlobWorld {
    let server = S3Server::start().await;
    let blobs = S3Blobs::open(&server.options()).unwrap();
    BlobWorld::new(Arc::new(blobs), server)
}

testkit::blobs_contract!(server);

fn body(bytes: Vec<u8>) -> domain::ports::ByteStream {
    Box::pin(stream::iter([Ok(bytes.into())]))
}

#[tokio::test]
async fn keys_lie_below_the_prefix() {
    let server = S3Server::start().await;
    let id = FileId::new();
    for (prefix, key) in [("files", format!("files/{id}")), ("", id.to_string())] {
        let options = S3Options {
            prefix: prefix.to_owned(),
            ..server.options()
        };
        let blobs = S3Blobs::open(&options).unwrap();
        blobs.put(id, 10, body(b"hello".to_vec())).await.unwrap();
        assert_eq!(server.storage.keys(), [key]);
        blobs.delete(id).await.unwrap();
    }
}

#[tokio::test]
async fn parts_of_a_refused_upload_are_taken_back() {
    let server = S3Server::start().await;
    let blobs = S3Blobs::open(&server.options()).unwrap();
    let pieces = [
        Ok(vec![1; 6 * 1024 * 1024].into()),
        Err(Code::FileIncomplete.into()),
    ];
    let put = blobs.put(FileId::new(), u64::MAX, Box::pin(stream::iter(pieces)));
    assert_eq!(put.await.unwrap_err().code(), Code::FileIncomplete);
    assert_eq!(server.storage.open_uploads(), 0);
    assert!(server.storage.keys().is_empty());
}

#[tokio::test]
async fn who_has_another_key_is_told_that_it_is_unavailable() {
    let server = S3Server::start().await;
    let options = S3Options {
        access_key_id: "AKIASOMEBODY".to_owned(),
        ..server.options()
    };
    let blobs = S3Blobs::open(&options).unwrap();
    let put = blobs.put(FileId::new(), 10, body(b"hello".to_vec())).await;
    assert_eq!(put.unwrap_err().code(), Code::Unavailable);
    assert!(server.storage.keys().is_empty());
}

#[tokio::test]
async fn a_storage_that_is_away_or_silent_is_unavailable_soon() {
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = silent.local_addr().unwrap();
    let options = S3Options {
        endpoint: format!("http://{address}"),
        timeout: Duration::from_millis(200),
        ..S3Server::start().await.options()
    };
    let blobs = S3Blobs::open(&options).unwrap();
    for _ in ["silent", "away"] {
        let put = blobs.put(FileId::new(), 10, body(b"hello".to_vec()));
        let put = tokio::time::timeout(Duration::from_secs(20), put).await;
        assert_eq!(put.unwrap().unwrap_err().code(), Code::Unavailable);
    }
    drop(silent);
    let got = tokio::time::timeout(Duration::from_secs(20), blobs.get(FileId::new(), 0..1)).await;
    assert_eq!(got.unwrap().err().unwrap().code(), Code::Unavailable);
}

#[test]
fn the_secret_is_not_printed() {
    let options = S3Options {
        endpoint: String::new(),
        region: "us-east-1".to_owned(),
        bucket: "b".to_owned(),
        prefix: String::new(),
        access_key_id: "AKIA".to_owned(),
        secret_access_key: "hunter2".to_owned(),
        virtual_host: false,
        timeout: Duration::from_secs(1),
    };
    let printed = format!("{options:?} {:?}", S3Blobs::open(&options).unwrap());
    assert!(!printed.contains("hunter2"), "{printed}");
}
