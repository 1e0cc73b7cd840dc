//! Live fan-out.

use std::{sync::Arc, time::Duration};

use domain::{
    NodeId, Presence, PresenceState, Receipt, RoomId, Timestamp, UserId,
    ports::{Bus, BusEvent, BusMessage, BusStream},
};
use futures_util::{FutureExt, StreamExt};

use super::{BusWorld, cache::row};

/// The publisher's own process too.
pub async fn every_subscriber_hears_everything_in_order(world: &dyn BusWorld) {
    let bus = world.bus();
    let mut streams = [subscribe(&bus).await, subscribe(&bus).await];
    let mut published: Vec<_> = (1..=20).map(news).collect();
    published[7].event = BusEvent::Rows(vec![row(RoomId::new(), 0, 8)]);
    let told = [receipt(), typing(), presence()];
    for (message, event) in published[9..].iter_mut().zip(told) {
        message.event = event;
    }
    for message in &published {
        bus.publish(message.clone()).await.unwrap();
    }
    for stream in &mut streams {
        assert_eq!(hear(stream, 20).await, published);
    }
}

/// It is live: a subscription begins with what comes after it.
pub async fn nobody_hears_what_came_before(world: &dyn BusWorld) {
    let bus = world.bus();
    bus.publish(news(1)).await.unwrap();
    let mut stream = subscribe(&bus).await;
    let later = news(2);
    bus.publish(later.clone()).await.unwrap();
    assert_eq!(hear(&mut stream, 1).await, [later]);
    assert!(stream.next().now_or_never().is_none());
}

/// Whatever others publish in between.
pub async fn each_publisher_keeps_its_order(world: &dyn BusWorld) {
    let bus = world.bus();
    let mut stream = subscribe(&bus).await;
    let publish = async |origin: NodeId| {
        for seq in 1..=50 {
            let message = BusMessage {
                origin,
                ..news(seq)
            };
            bus.publish(message).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (one, other) = (NodeId::new(), NodeId::new());
    tokio::join!(publish(one), publish(other));
    let heard = hear(&mut stream, 100).await;
    for origin in [one, other] {
        let own: Vec<_> = heard.iter().filter(|m| m.origin == origin).collect();
        let seqs: Vec<_> = own.iter().map(|message| seq(message)).collect();
        assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
    }
}

/// Nobody waits for it; it hears that it lost something, and then what is still there.
pub async fn who_falls_behind_is_told_and_goes_on(world: &dyn BusWorld) {
    let (bus, events) = world.tight();
    let (mut slow, mut quick) = (subscribe(&bus).await, subscribe(&bus).await);
    for seq in 1..=events as u64 {
        bus.publish(news(seq)).await.unwrap();
        hear(&mut quick, 1).await;
    }
    let first = within(slow.next()).await.expect("the bus is open");
    assert!(first.is_err(), "{first:?}");
    let mut last = 0;
    while last < events as u64 {
        let next = hear(&mut slow, 1).await;
        assert!(seq(&next[0]) > last);
        last = seq(&next[0]);
    }
    bus.publish(news(7)).await.unwrap();
    assert_eq!(seq(&hear(&mut slow, 1).await[0]), 7);
}

/// Publishing goes on as if it had never been there, also when it was the only one.
pub async fn who_left_is_forgotten(world: &dyn BusWorld) {
    let (bus, events) = world.tight();
    drop(subscribe(&bus).await);
    for seq in 1..=3 * events as u64 {
        bus.publish(news(seq)).await.unwrap();
    }
    let mut stream = subscribe(&bus).await;
    bus.publish(news(1)).await.unwrap();
    assert_eq!(seq(&hear(&mut stream, 1).await[0]), 1);
}

async fn subscribe(bus: &Arc<dyn Bus>) -> BusStream {
    bus.subscribe().await.unwrap()
}

/// Hears `count` events, none of them lost.
async fn hear(stream: &mut BusStream, count: usize) -> Vec<BusMessage> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let next = within(stream.next()).await;
        heard.push(next.expect("the bus is open").unwrap());
    }
    heard
}

async fn within<T>(event: impl Future<Output = T>) -> T {
    let heard = tokio::time::timeout(Duration::from_secs(10), event);
    heard.await.expect("an event comes soon")
}

fn news(seq: u64) -> BusMessage {
    BusMessage {
        origin: NodeId::new(),
        event: BusEvent::News {
            room: RoomId::new(),
            seq,
        },
    }
}

fn receipt() -> BusEvent {
    BusEvent::Receipt {
        receipt: Receipt {
            room: RoomId::new(),
            user: UserId::new(),
            read: 5,
            received: 7,
        },
        unread: Some(3),
        everybody: true,
        more_read: true,
    }
}

fn typing() -> BusEvent {
    BusEvent::Typing {
        room: RoomId::new(),
        user: UserId::new(),
        on: true,
    }
}

fn presence() -> BusEvent {
    BusEvent::Presence {
        presence: Presence {
            user: UserId::new(),
            state: PresenceState::Offline,
            last_seen: Some(Timestamp::UNIX_EPOCH),
        },
        rooms: vec![RoomId::new(), RoomId::new()],
    }
}

fn seq(message: &BusMessage) -> u64 {
    match &message.event {
        BusEvent::News { seq, .. } => *seq,
        BusEvent::Rows(rows) => rows[0].seq,
        other => panic!("nobody published {other:?}"),
    }
}
