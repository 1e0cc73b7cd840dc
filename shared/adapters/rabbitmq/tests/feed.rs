//! A queue of another system, whose messages carry the action as their content type.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{sync::Arc, time::Duration};

use adapter_rabbitmq::{Place, RabbitFeed, Source};
use common::{patient, prefix, queue, server, until};
use domain::ports::{Feed, Outcome, Queue, Telling};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use testkit::clock::TestClock;

async fn somebody(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

fn feed(url: &str, name: &str) -> RabbitFeed {
    let place = Place::new(url).unwrap();
    let source = Source {
        queue: name.to_owned(),
        durable: false,
    };
    RabbitFeed::open(place, patient(), Arc::new(TestClock::default()), source)
}

/// Publishes by the default exchange, as the other services do.
async fn tell(channel: &Channel, queue: &str, action: &str, body: &str) {
    let properties = BasicProperties::default().with_content_type(action.into());
    let options = BasicPublishOptions::default();
    channel
        .basic_publish(
            "".into(),
            queue.into(),
            options,
            body.as_bytes(),
            properties,
        )
        .await
        .unwrap();
}

async fn next(feed: &RabbitFeed) -> Telling {
    tokio::time::timeout(Duration::from_secs(60), feed.next_telling())
        .await
        .expect("something is told")
}

async fn settle(feed: &RabbitFeed, telling: &Telling, outcome: Outcome) {
    feed.settle_telling(telling.tag, outcome).await.unwrap();
}

/// Also where the other system has declared the queue in its own way, which is not the one that we
/// would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_comes_in_order_and_comes_again_until_it_is_done() {
    let Some(server) = server() else { return };
    let prefix = prefix();
    let (name, url) = (
        format!("{prefix}.chat"),
        format!("{}?prefix={prefix}", server.url()),
    );
    let (_theirs, channel) = somebody(server.url()).await;
    let durable = QueueDeclareOptions::durable();
    let table = FieldTable::default();
    channel
        .queue_declare(name.as_str().into(), durable, table)
        .await
        .unwrap();
    for (action, body) in [("user.created", "one"), ("friend.created", "two\nlines")] {
        tell(&channel, &name, action, body).await;
    }
    let first_feed = feed(&url, &name);
    let first = next(&first_feed).await;
    assert_eq!(
        (first.action.as_str(), first.body.as_slice()),
        ("user.created", b"one".as_slice())
    );
    let again = Outcome::Retry {
        after: Duration::from_millis(10),
    };
    settle(&first_feed, &first, again).await;
    drop(first_feed);

    let feed = feed(&url, &name);
    let mut told = [next(&feed).await, next(&feed).await];
    told.sort_by_key(|telling| telling.body.clone());
    assert_eq!(told[0].body, b"one");
    assert_eq!(
        (told[1].action.as_str(), told[1].body.as_slice()),
        ("friend.created", b"two\nlines".as_slice())
    );
    for telling in &told {
        settle(&feed, telling, Outcome::Done).await;
    }
    tell(&channel, &name, "user.deleted", "three").await;
    let last = next(&feed).await;
    assert_eq!(last.body, b"three", "what is done does not come again");
    settle(&feed, &last, Outcome::Done).await;
}

/// Where administrators look, with the reason and the action.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_never_be_done_lies_with_what_is_set_aside() {
    let Some(server) = server() else { return };
    let prefix = prefix();
    let (name, url) = (
        format!("{prefix}.chat"),
        format!("{}?prefix={prefix}", server.url()),
    );
    let feed = feed(&url, &name);
    let listening = next(&feed);
    let telling = async {
        let (_theirs, channel) = somebody(server.url()).await;
        // Until we have declared it, nothing is kept for us.
        loop {
            tell(&channel, &name, "user.created", "{").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let poison = tokio::select! {
        poison = listening => poison,
        () = telling => unreachable!("it goes on"),
    };
    let reason = "it cannot be read".to_owned();
    settle(
        &feed,
        &poison,
        Outcome::SetAside {
            reason: reason.clone(),
        },
    )
    .await;
    let ours = queue(&url, patient());
    until("it lies there", || async {
        let aside = ours.set_aside(10).await.unwrap_or_default();
        let found = aside.iter().find(|one| one.job.body == b"user.created\n{");
        found.is_some_and(|one| one.reason == reason)
    })
    .await;
}
