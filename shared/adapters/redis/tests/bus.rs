//! What the bus does with losses, large and foreign things, and a server that is away.

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_redis::{BusBounds, Place, RedisBus, Timings};
use common::{bus, news, own_server, patient, place, server, until};
use domain::{
    NodeId, RoomId, UserId,
    ports::{Bus, BusEvent, BusMessage, BusStream},
};
use futures_util::{FutureExt, StreamExt};
use testkit::{builders::said, proxy::Proxy};
use uuid::Uuid;

async fn plain(place: &Place) -> Arc<RedisBus> {
    bus(place, patient(), BusBounds::default()).await
}

/// Quick to notice that a connection says nothing any more.
fn attentive() -> Timings {
    Timings {
        beat: Duration::from_millis(100),
        ..patient()
    }
}

/// What comes next: the seq of a piece of news, or `None` for a loss.
async fn next(stream: &mut BusStream) -> Option<u64> {
    let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
    let next = next.expect("something comes").expect("the bus is open");
    next.ok().map(|message| match message.event {
        BusEvent::News { seq, .. } => seq,
        other => panic!("nobody published {other:?}"),
    })
}

/// Publishes until it is heard, and says whether a loss was told before.
async fn publish_until_heard(publisher: &RedisBus, stream: &mut BusStream, seq: u64) -> bool {
    let (mut lost, origin) = (false, NodeId::new());
    let heard = async || {
        let _ = publisher.publish(news(origin, seq)).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        while let Some(Some(next)) = stream.next().now_or_never() {
            match next.map(|message| message.event) {
                Ok(BusEvent::News { seq: heard, .. }) if heard == seq => return true,
                Ok(_) => {}
                Err(_) => lost = true,
            }
        }
        false
    };
    until("it is heard", heard).await;
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_cut_off_hears_of_a_loss_and_goes_on() {
    let Some(server) = server() else { return };
    let proxy = Proxy::to(server.address().unwrap()).await.unwrap();
    let epoch = NodeId::new().uuid();
    let at = |url: &str| Place::new(url, epoch).unwrap();
    let publisher = plain(&at(server.url())).await;
    let listener = plain(&at(&server.url_through(proxy.address()))).await;
    let mut stream = listener.subscribe().await.unwrap();
    let origin = NodeId::new();
    publisher.publish(news(origin, 1)).await.unwrap();
    assert_eq!(next(&mut stream).await, Some(1));

    proxy.refuse(true);
    proxy.cut();
    publisher.publish(news(origin, 2)).await.unwrap();
    proxy.refuse(false);
    assert_eq!(next(&mut stream).await, None, "the second was missed");
    publisher.publish(news(origin, 3)).await.unwrap();
    let mut heard = next(&mut stream).await;
    while heard.is_none() {
        // Its number tells of the gap as well.
        heard = next(&mut stream).await;
    }
    assert_eq!(heard, Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_heard_again_within_a_second() {
    let Some(server) = own_server() else { return };
    let bus = plain(&place(server.url())).await;
    let mut stream = bus.subscribe().await.unwrap();
    publish_until_heard(&bus, &mut stream, 1).await;
    server.kill().unwrap();
    server.restart().unwrap();
    let returned = Instant::now();
    assert!(publish_until_heard(&bus, &mut stream, 2).await);
    let took = returned.elapsed();
    assert!(took <= Duration::from_secs(1), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_is_noticed_and_holds_up_nobody() {
    let Some(server) = own_server() else { return };
    let bus = bus(&place(server.url()), attentive(), BusBounds::default()).await;
    let mut stream = bus.subscribe().await.unwrap();
    publish_until_heard(&bus, &mut stream, 1).await;
    server.stop().unwrap();
    let begun = Instant::now();
    for seq in 0..10_000 {
        // Some wait in the queue, and the others are refused.
        let _ = bus.publish(news(NodeId::new(), seq)).await;
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "publishing took {took:?}");
    let mut unheard = Box::pin(next(&mut stream));
    let early = tokio::time::timeout(Duration::from_millis(1_500), &mut unheard).await;
    assert!(early.is_err(), "nothing comes of a frozen server");
    drop(unheard);
    server.cont().unwrap();
    assert!(publish_until_heard(&bus, &mut stream, 2).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_may_come_before_the_server() {
    let Some(server) = server() else { return };
    let proxy = Proxy::to(server.address().unwrap()).await.unwrap();
    proxy.refuse(true);
    let bus = plain(&place(&server.url_through(proxy.address()))).await;
    assert!(bus.publish(news(NodeId::new(), 1)).await.is_err());
    let mut stream = bus.subscribe().await.unwrap();
    proxy.refuse(false);
    assert_eq!(next(&mut stream).await, None, "what came before is missed");
    publish_until_heard(&bus, &mut stream, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_publisher_drops_is_missed_by_who_listens() {
    let Some(server) = server() else { return };
    let tight = BusBounds {
        queue_bytes: 1_000,
        ..BusBounds::default()
    };
    let bus = bus(&place(server.url()), patient(), tight).await;
    let mut stream = bus.subscribe().await.unwrap();
    publish_until_heard(&bus, &mut stream, 1).await;
    let rooms = vec![RoomId::new(); 100];
    let large = BusMessage {
        origin: NodeId::new(),
        event: BusEvent::Presence {
            presence: domain::Presence::hidden(UserId::new()),
            rooms,
        },
    };
    bus.publish(large).await.unwrap_err();
    bus.publish(news(NodeId::new(), 2)).await.unwrap();
    assert_eq!(next(&mut stream).await, None);
    assert_eq!(next(&mut stream).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_any_size_arrive_in_order() {
    let Some(server) = server() else { return };
    let bus = plain(&place(server.url())).await;
    let mut stream = bus.subscribe().await.unwrap();
    let room = RoomId::new();
    let rows: Vec<_> = (1..=200)
        .map(|seq| said(room, seq, &"x".repeat(16 * 1024)))
        .collect();
    let message = BusMessage {
        origin: NodeId::new(),
        event: BusEvent::Rows(rows.clone()),
    };
    bus.publish(message).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < rows.len() {
        match stream.next().await.unwrap().unwrap().event {
            BusEvent::Rows(rows) => heard.extend(rows),
            other => panic!("nobody published {other:?}"),
        }
    }
    assert_eq!(heard, rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_too_large_is_told_to_be_missing() {
    let Some(server) = server() else { return };
    let bus = plain(&place(server.url())).await;
    let mut stream = bus.subscribe().await.unwrap();
    let message = BusMessage {
        origin: NodeId::new(),
        event: BusEvent::Rows(vec![said(RoomId::new(), 1, &"x".repeat(1024 * 1024))]),
    };
    bus.publish(message).await.unwrap();
    bus.publish(news(NodeId::new(), 2)).await.unwrap();
    assert_eq!(next(&mut stream).await, None);
    assert_eq!(next(&mut stream).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_counts_as_lost_and_harms_nobody() {
    let Some(server) = server() else { return };
    let epoch = NodeId::new().uuid();
    let bus = plain(&Place::new(server.url(), epoch).unwrap()).await;
    let mut stream = bus.subscribe().await.unwrap();
    let later = format!(r#"{{"v":2,"from":"{}","n":1,"messages":[]}}"#, Uuid::nil());
    for foreign in ["", "\u{0}", "hello", "{}", later.as_str()] {
        foreign_publish(server.url(), epoch, foreign).await;
    }
    assert_eq!(next(&mut stream).await, None);
    bus.publish(news(NodeId::new(), 1)).await.unwrap();
    let mut heard = next(&mut stream).await;
    while heard.is_none() {
        heard = next(&mut stream).await;
    }
    assert_eq!(heard, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn installations_do_not_hear_each_other() {
    let Some(server) = server() else { return };
    let (one, other) = (place(server.url()), place(server.url()));
    let (one, other) = (plain(&one).await, plain(&other).await);
    let mut stream = other.subscribe().await.unwrap();
    let mut echo = one.subscribe().await.unwrap();
    one.publish(news(NodeId::new(), 1)).await.unwrap();
    assert_eq!(next(&mut echo).await, Some(1));
    other.publish(news(NodeId::new(), 2)).await.unwrap();
    assert_eq!(next(&mut stream).await, Some(2));
}

/// Publishes as somebody else on the same server would.
async fn foreign_publish(url: &str, epoch: Uuid, payload: &str) {
    let client = redis::Client::open(url).expect("a URL");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("the server is there");
    let channel = format!("hubbub:{}:bus", epoch.simple());
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(channel).arg(payload);
    let heard: redis::RedisResult<u64> = publish.query_async(&mut connection).await;
    assert_eq!(heard, Ok(1), "there is one who listens");
}
