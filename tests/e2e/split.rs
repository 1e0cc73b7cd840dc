//! The three services alone: three processes that share a store and a Redis are one installation.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use e2e::{Anon, Nodes, Rest, SignedIn, Single, balancer::Paths};
use serde_json::json;
use testkit::{
    mongo_server::{MongoServer, or_skip},
    nginx_server::{self, NginxServer},
};

pub(crate) const CHAT: &str = env!("CARGO_BIN_EXE_chat-service-under-test");
pub(crate) const NOTIFICATIONS: &str = env!("CARGO_BIN_EXE_notification-service-under-test");
pub(crate) const SCHEDULER: &str = env!("CARGO_BIN_EXE_scheduler-service-under-test");

const NGINX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/nginx/hubbub.conf");

/// Nobody listens on the first port.
const NOWHERE: [(&str, &str); 5] = [
    ("STORE_URL", "mongodb://127.0.0.1:1/hubbub"),
    ("QUEUE_URL", "sqlite:queue.db"),
    ("CACHE_URL", "redis://127.0.0.1:1"),
    ("BUS_URL", "redis://127.0.0.1:1"),
    ("HUBBUB_AUTH__SECRET", "5b1d0c6fe2a94e8797c1f0a3d24b6e58"),
];

/// The status of what somebody gets from a service.
async fn status(single: &Single, who: &SignedIn, path: &str) -> u16 {
    let there = who.at(single.addr());
    there.rest.get(path).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_serves_its_paths_and_what_is_said_at_one_is_news_at_another() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let chat = Single::ready(CHAT, nodes.variables()).await;
    let notifications = Single::ready(NOTIFICATIONS, nodes.variables()).await;
    let scheduler = Single::ready(SCHEDULER, nodes.variables()).await;

    let anon = Anon { rest: chat.rest() };
    let (alice, bob) = (anon.sign_up("alice").await, anon.sign_up("bob").await);
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    // Not an administrator: refused where it is served, unknown where it is not.
    for (path, at) in [
        ("/api/v1/rooms", [200, 404, 404]),
        ("/api/v1/notifications", [404, 200, 404]),
        ("/api/v1/admin/queue/aside", [404, 403, 404]),
        ("/api/v1/admin/archive/policies", [404, 404, 403]),
        ("/livez", [200; 3]),
    ] {
        let mut statuses = Vec::new();
        for service in [&chat, &notifications, &scheduler] {
            statuses.push(status(service, &bob, path).await);
        }
        assert_eq!(statuses, at, "{path}");
    }

    let there = bob.at(notifications.addr());
    let mut bell = there
        .socket("/ws/join-notification/")
        .await
        .expect("a socket");
    let (mut hears, _) = bob.native().await;
    alice.say(&room, "hello").await;
    let heard = hears.next_of("message").await;
    assert_eq!(heard["message"]["content"], "hello");
    assert_eq!(bell.next().await["Content"], "hello");
    let ack = json!({"room": room, "seq": heard["message"]["seq"]});
    let settled = there.rest.post("/api/v1/notifications/ack", &ack).await;
    assert!(settled.status.is_success(), "{}", settled.text);
    for service in [chat, notifications, scheduler] {
        service.end().await;
    }
}

/// The paths that a service describes.
async fn paths(single: &Single) -> BTreeSet<String> {
    let description = single.rest().get("/openapi.json").await.expect(200);
    let paths = description["paths"].as_object().expect("paths");
    paths.keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_path_is_sent_to_a_service_that_serves_it() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let mut served = BTreeMap::new();
    let programs = [
        ("chat", CHAT),
        ("notifications", NOTIFICATIONS),
        ("scheduler", SCHEDULER),
    ];
    for (upstream, program) in programs {
        let single = Single::ready(program, nodes.variables()).await;
        served.insert(upstream, paths(&single).await);
        single.end().await;
    }
    let shipped = Paths::shipped();
    let all: BTreeSet<_> = served.values().flatten().collect();
    assert!(all.len() > 50, "{all:?}");
    for path in all {
        // Nobody's: each process tells its own.
        let Some(upstream) = shipped.upstream(path) else {
            continue;
        };
        assert!(served[upstream].contains(path), "{path} goes to {upstream}");
    }
}

/// With the file that is shipped: whoever comes by the one address finds every service, and one
/// chat node that is killed is not missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_makes_one_address_of_them() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let behind = || {
        let proxy = [("HUBBUB_SERVER__TRUSTED_PROXIES", "127.0.0.1")];
        nodes.variables().into_iter().chain(proxy)
    };
    let chat = Single::ready(CHAT, behind()).await;
    let mut other = Single::ready(CHAT, behind()).await;
    let notifications = Single::ready(NOTIFICATIONS, behind()).await;
    let scheduler = Single::ready(SCHEDULER, behind()).await;
    let upstreams = [
        ("chat", vec![chat.addr(), other.addr()]),
        ("notifications", vec![notifications.addr()]),
        ("scheduler", vec![scheduler.addr()]),
    ];
    let Some(nginx) = nginx_server::or_skip(NginxServer::start(Path::new(NGINX), &upstreams))
    else {
        return;
    };
    let rest = Rest::new(nginx.address());
    let arrived = rest.get("/livez?verbose").await;
    assert!(arrived.text.contains("trusted"), "{}", arrived.text);
    assert_eq!(rest.get("/metrics").await.status, 404);

    let anon = Anon { rest };
    let (alice, bob) = (anon.sign_up("alice").await, anon.sign_up("bob").await);
    let room = alice.create_room("lobby").await;
    bob.join(&room).await;
    assert_eq!(alice.rest.get("/api/v1/notifications").await.status, 200);
    let archive = alice.rest.get("/api/v1/admin/archive/policies").await;
    assert_eq!(archive.status, 403, "{}", archive.text);
    let mut bell = bob
        .socket("/ws/join-notification/")
        .await
        .expect("a socket");
    alice.say(&room, "hello").await;
    assert_eq!(bell.next().await["Content"], "hello");

    other.kill().await;
    for n in 0..10 {
        let history = bob.whole_history(&room).await;
        assert_eq!(history.len(), 1, "read {n}");
    }
    let (mut hears, _) = bob.native().await;
    alice.say(&room, "still here").await;
    let heard = hears.next_of("message").await;
    assert_eq!(heard["message"]["content"], "still here");
    for service in [chat, notifications, scheduler] {
        service.end().await;
    }
}

#[tokio::test]
async fn one_whose_store_and_redis_are_away_listens_and_says_so() {
    for program in [CHAT, NOTIFICATIONS, SCHEDULER] {
        let single = Single::start(program, NOWHERE).await;
        assert_eq!(single.rest().get("/livez").await.status, 200);
        let (status, told) = single.readiness().await;
        assert_eq!(status, 503, "{told}");
        for missing in ["[-]store", "[~]cache: Redis", "[~]bus: Redis"] {
            assert!(told.contains(missing), "{told}");
        }
        single.end().await;
    }
}

#[tokio::test]
async fn one_whose_store_comes_later_serves_then() {
    let Some(mongo) = or_skip(MongoServer::start()).filter(MongoServer::is_ours) else {
        return;
    };
    let Some(nodes) = Nodes::on(&mongo) else {
        return;
    };
    mongo.terminate().expect("our own server");
    let chat = Single::start(CHAT, nodes.variables()).await;
    assert_eq!(chat.readiness().await.0, 503);
    mongo.restart().expect("our own server");
    chat.is_ready().await;
    let anon = Anon { rest: chat.rest() };
    let alice = anon.sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    alice.say(&room, "hello").await;
    chat.end().await;
}
