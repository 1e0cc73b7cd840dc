//! Names that were claimed by a rename which never came.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use domain::{Appended, Code, Refusal, RoomId, TenantId, UserId, ports::Rooms};
use mongodb::bson::{DateTime, Uuid, doc};
use testkit::{
    builders::{bare_channel, renamed, room_name},
    contract::steps::one,
};

/// Makes a channel whose node died after it had claimed a name and before its row was stored.
async fn claiming(fresh: &common::Fresh, name: &str, claimed: &str) -> RoomId {
    let store = &fresh.nodes[0];
    let room = store.create_room(bare_channel(name)).await.unwrap();
    let at = DateTime::from_millis(room.created_at.as_millisecond());
    let claim = doc! {
        "$push": {
            "names": {"tenant": "default", "name": claimed},
            "claims": {"name": claimed, "at": at},
        },
    };
    let id = Uuid::from_bytes(room.id.uuid().into_bytes());
    let rooms = common::stored(&fresh.database, "rooms");
    rooms.update_one(doc! {"_id": id}, claim).await.unwrap();
    room.id
}

async fn find(fresh: &common::Fresh, name: &str) -> Option<RoomId> {
    let tenant = TenantId::default();
    let found = fresh.nodes[1].room_by_name(&tenant, &room_name(name)).await;
    found.unwrap().map(|room| room.id)
}

#[tokio::test]
async fn a_name_that_is_claimed_is_nobodys_yet() {
    let Some(fresh) = common::fresh().await else {
        return;
    };
    let room = claiming(&fresh, "old", "wanted").await;
    assert_eq!(find(&fresh, "old").await, Some(room));
    assert_eq!(find(&fresh, "wanted").await, None);
    let store = &*fresh.nodes[1];
    let refused = store.create_room(bare_channel("wanted")).await;
    assert_eq!(refused.unwrap_err().code(), Code::RoomExists);
    let other = store.create_room(bare_channel("other")).await.unwrap().id;
    let answer = one(store, other, renamed(UserId::new(), "wanted", 2)).await;
    assert_eq!(answer, Appended::Refused(Refusal::NameTaken));
}

#[tokio::test]
async fn a_claim_of_long_ago_blocks_nobody() {
    let Some(fresh) = common::fresh().await else {
        return;
    };
    let room = claiming(&fresh, "old", "wanted").await;
    claiming(&fresh, "older", "wanted too").await;
    fresh.clock.advance(Duration::from_secs(600));
    let store = &*fresh.nodes[1];
    let made = store.create_room(bare_channel("wanted")).await.unwrap().id;
    assert_eq!(find(&fresh, "wanted").await, Some(made));
    let answer = one(store, made, renamed(UserId::new(), "wanted too", 2)).await;
    assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
    assert_eq!(find(&fresh, "wanted too").await, Some(made));
    assert_eq!(find(&fresh, "old").await, Some(room));
}

#[tokio::test]
async fn the_same_channel_may_take_what_it_claimed() {
    let Some(fresh) = common::fresh().await else {
        return;
    };
    let room = claiming(&fresh, "old", "wanted").await;
    let store = &*fresh.nodes[1];
    let ann = UserId::new();
    let answer = one(store, room, renamed(ann, "another", 2)).await;
    assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
    // With the revision, the claim went.
    store.create_room(bare_channel("wanted")).await.unwrap();
    let answer = one(store, room, renamed(ann, "old", 3)).await;
    assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
}
