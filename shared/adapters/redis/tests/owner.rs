//! Whose keys they are, the store says; and one that is away at the start is waited for.

mod common;

use std::sync::{Arc, OnceLock};

use adapter_redis::{BusBounds, Place, RedisCache};
use async_trait::async_trait;
use common::{bus, link, news, patient, server, until};
use domain::{
    Error, NodeId, Recent, Result, RoomId,
    ports::{About, Bus, Cache},
};
use futures_util::StreamExt;
use uuid::Uuid;

/// A store that does not say who it is before it is there.
#[derive(Default)]
struct Late(OnceLock<Uuid>);

#[async_trait]
impl About for Late {
    async fn epoch(&self) -> Result<Uuid> {
        let epoch = self.0.get().copied();
        epoch.ok_or_else(|| Error::unavailable("not there yet"))
    }

    async fn ping(&self) -> Result<()> {
        self.epoch().await.map(drop)
    }

    fn describe(&self) -> String {
        "a store of tests".to_owned()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn close(&self) {}
}

#[tokio::test]
async fn until_the_store_is_there_nothing_is_asked_and_then_its_own_keys_are() {
    let Some(server) = server() else {
        return;
    };
    let store = Arc::new(Late::default());
    let late = || Place::of_store(server.url(), store.clone()).unwrap();
    let link = link(late(), patient()).await;
    let cache = RedisCache::new(Arc::clone(&link));
    let (room, empty) = (RoomId::new(), Recent::default());
    assert!(!link.is_up());
    assert!(cache.fill_recent(room, 0, empty.clone()).await.is_err());

    let late_bus = bus(&late(), patient(), BusBounds::default()).await;
    let mut heard = late_bus.subscribe().await.unwrap();

    let epoch = NodeId::new().uuid();
    store.0.set(epoch).unwrap();
    until("the cache is used", async || {
        cache.fill_recent(room, 0, empty.clone()).await.is_ok()
    })
    .await;
    let known = Place::new(server.url(), epoch).unwrap();
    let other = RedisCache::new(common::link(known.clone(), patient()).await);
    assert_eq!(other.recent(room, 0).await.unwrap(), Some(empty));

    let reconnected = heard.next().await.expect("it goes on");
    assert!(reconnected.is_err(), "what was before may be lost");
    let known_bus = bus(&known, patient(), BusBounds::default()).await;
    let message = news(NodeId::new(), 1);
    known_bus.publish(message.clone()).await.unwrap();
    assert_eq!(heard.next().await.unwrap().unwrap(), message);
}
