//! What administrators and other programs do to the queues of an installation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{sync::Arc, time::Duration};

use adapter_rabbitmq::{
    Place,
    checkup::{Finding, look},
};
use common::{job, patient, prefix, queue, queue_by, server, settle, until};
use domain::ports::{Dependency, Outcome, Queue};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use testkit::clock::TestClock;

/// A client of somebody else.
async fn somebody(url: &str) -> (Connection, Channel) {
    let options = ConnectionProperties::default();
    let connection = Connection::connect(url, options).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

async fn delete(channel: &Channel, queue: &str) {
    let options = QueueDeleteOptions::default();
    channel.queue_delete(queue.into(), options).await.unwrap();
}

/// Until somebody mends it, and no longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_declared_otherwise_is_told_of() {
    let Some(server) = server() else { return };
    let (prefix, (_theirs, channel)) = (prefix(), somebody(server.url()).await);
    let name = format!("{prefix}.ready");
    let (options, table) = (QueueDeclareOptions::durable(), FieldTable::default());
    let declared = channel.queue_declare(name.as_str().into(), options, table);
    declared.await.unwrap();

    let queue = queue(&server.url_of(&prefix), patient());
    until("readiness tells of it", async || {
        let told = queue.ping().await.unwrap_err();
        assert!(!told.message().contains("guest"), "{told:?}");
        told.message().contains("not as it should be") && told.message().contains(&name)
    })
    .await;
    assert!(queue.publish_jobs(vec![job("a")]).await.is_err());

    delete(&channel, &name).await;
    until("it is mended", async || queue.ping().await.is_ok()).await;
    queue.publish_jobs(vec![job("a")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_deleted_is_made_again() {
    let Some(server) = server() else { return };
    let prefix = prefix();
    let queue = queue(&server.url_of(&prefix), patient());
    queue
        .publish_jobs(vec![job("lost with its queue")])
        .await
        .unwrap();
    let (_theirs, channel) = somebody(server.url()).await;
    delete(&channel, &format!("{prefix}.ready")).await;
    let kept = job("kept");
    until("it is published", async || {
        queue.publish_jobs(vec![kept.clone()]).await.is_ok()
    })
    .await;
    assert_eq!(queue.take_jobs(1).await.unwrap()[0].job, kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_told_without_the_password() {
    let Some(server) = server().filter(|server| server.is_ours()) else {
        return;
    };
    let url = server.url().replace("guest:guest", "guest:hunter2");
    let queue = queue(&url, patient());
    let told = queue.ping().await.unwrap_err();
    assert!(told.message().contains("RabbitMQ refuses us"), "{told:?}");
    let place = Place::new(&url).unwrap();
    let Finding::Away(found) = look(&place).await else {
        panic!("it is refused");
    };
    for text in [format!("{told:?}"), queue.describe(), found] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

/// It may be anything; whoever takes it says what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_published_is_handed_out_and_can_be_set_aside() {
    let Some(server) = server() else { return };
    let prefix = prefix();
    let queue = queue(&server.url_of(&prefix), patient());
    queue.publish_jobs(vec![job("ours")]).await.unwrap();
    let (_theirs, channel) = somebody(server.url()).await;
    let (key, options) = (format!("{prefix}.ready"), BasicPublishOptions::default());
    let properties = BasicProperties::default();
    let published = channel.basic_publish("".into(), key.into(), options, b"theirs", properties);
    published.await.unwrap().await.unwrap();
    let mut theirs = None;
    while theirs.is_none() {
        for taken in queue.take_jobs(10).await.unwrap() {
            match taken.job.body == b"theirs" {
                true => theirs = Some(taken),
                false => settle(&queue, vec![taken], Outcome::Done).await,
            }
        }
    }
    let reason = "it cannot be read".to_owned();
    let outcome = Outcome::SetAside { reason };
    settle(&queue, theirs.into_iter().collect(), outcome).await;
    let aside = queue.set_aside(10).await.unwrap();
    assert_eq!(aside[0].job.body, b"theirs");
    assert_eq!(aside[0].reason, "it cannot be read");
    assert_eq!(queue.depth().await.unwrap().ready, 0);
    let place = Place::new(&server.url_of(&prefix)).unwrap();
    assert!(matches!(look(&place).await, Finding::Unfit(_)));
}

/// A job that ends its process each time would go round for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_out_too_often_is_set_aside_by_the_broker() {
    let Some(server) = server() else { return };
    let clock = Arc::new(TestClock::default());
    let queue = queue_by(&server.url_of(&prefix()), patient(), clock.clone());
    let poison = job("poison");
    queue.publish_jobs(vec![poison.clone()]).await.unwrap();
    let mut tries = 0;
    loop {
        let taking = tokio::time::timeout(Duration::from_secs(1), queue.take_jobs(1));
        match taking.await {
            Ok(taken) => {
                tries += 1;
                assert_eq!(taken.unwrap()[0].attempt, tries);
                clock.advance(Duration::from_secs(30));
            }
            Err(_) if queue.depth().await.unwrap().aside == 1 => break,
            Err(_) => {}
        }
    }
    assert_eq!(tries, 21);
    let aside = queue.set_aside(10).await.unwrap().remove(0);
    assert_eq!(aside.job, poison);
    assert!(aside.reason.contains("never settled"), "{}", aside.reason);
}

/// Looking takes nothing away, however often one looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_set_aside_may_be_looked_at_for_ever() {
    let Some(server) = server() else { return };
    let queue = queue(&server.url_of(&prefix()), patient());
    queue.publish_jobs(vec![job("a")]).await.unwrap();
    let taken = queue.take_jobs(1).await.unwrap();
    let reason = "it is so".to_owned();
    settle(&queue, taken, Outcome::SetAside { reason }).await;
    for _ in 0..30 {
        assert_eq!(queue.set_aside(10).await.unwrap().len(), 1);
        assert_eq!(queue.depth().await.unwrap().aside, 1);
    }
}
