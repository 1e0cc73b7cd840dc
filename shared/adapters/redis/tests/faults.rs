//! What becomes of the cache and of presence when the server freezes, dies, or is cut off: a call
//! never takes longer than it may, nothing is made up, and all is well a second after the return.

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_redis::{Link, RedisCache, RedisPresences, Timings};
use common::{link, own_server, place, server, until};
use domain::{
    Code, NodeId, PresenceState, Recent, RoomId, UserId,
    ports::{Cache, Dependency, Presences},
};
use testkit::{
    proxy::{Direction, Proxy},
    redis_server::RedisServer,
};

/// One call. Longer than usual, for machines that build something else beside the tests.
const CALL: Duration = Duration::from_millis(200);

/// What such machines add.
const SLACK: Duration = Duration::from_millis(200);

/// How soon after its return a server is used again.
const RETURN: Duration = Duration::from_secs(1);

fn timings() -> Timings {
    Timings {
        call: CALL,
        ..Timings::default()
    }
}

fn block(upto: u64) -> Recent {
    Recent {
        upto,
        from: upto + 1,
        rows: Vec::new(),
    }
}

/// A cache that keeps a block of one room.
struct Filled {
    link: Arc<Link>,
    cache: RedisCache,
    room: RoomId,
}

impl Filled {
    async fn on(url: &str) -> Self {
        let link = link(place(url), timings()).await;
        let cache = RedisCache::new(Arc::clone(&link));
        let room = RoomId::new();
        let filled = cache.fill_recent(room, 0, block(7)).await;
        filled.expect("the server is there");
        Self { link, cache, room }
    }

    /// Asks for the block, which may not take longer than it may. `None`: it failed.
    async fn ask(&self) -> Option<Option<Recent>> {
        let begun = Instant::now();
        let asked = self.cache.recent(self.room, 0).await;
        let took = begun.elapsed();
        assert!(took <= CALL + SLACK, "a call took {took:?}");
        asked.ok()
    }

    /// Asks until the server counts as away.
    async fn lose(&self) {
        until("the server counts as away", async || {
            assert!(
                self.ask()
                    .await
                    .flatten()
                    .is_none_or(|kept| kept == block(7))
            );
            !self.link.is_up()
        })
        .await;
    }

    /// While it counts as away nobody waits.
    async fn ask_for_nothing(&self) {
        let begun = Instant::now();
        for _ in 0..100 {
            let refused = self.cache.recent(self.room, 0).await;
            let refused = refused.expect_err("the server is away");
            assert_eq!(refused.code(), Code::Unavailable);
        }
        assert!(begun.elapsed() <= SLACK, "{:?}", begun.elapsed());
        let ping = self.link.ping().await.expect_err("the server is away");
        assert_eq!(ping.message(), "Redis does not answer");
    }

    /// Waits until the server is asked again, and says what it has.
    async fn regain(&self) -> Option<Recent> {
        let mut answer = None;
        let took = until("the server is used again", async || {
            answer = self.ask().await;
            answer.is_some()
        });
        let took = took.await;
        assert!(took <= RETURN, "it was not used for {took:?}");
        answer.flatten()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_is_given_up_and_used_again() {
    let Some(server) = own_server() else { return };
    let filled = Filled::on(server.url()).await;
    server.stop().unwrap();
    filled.lose().await;
    filled.ask_for_nothing().await;
    server.cont().unwrap();
    assert_eq!(filled.regain().await, Some(block(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_with_nothing() {
    let Some(server) = own_server() else { return };
    let filled = Filled::on(server.url()).await;
    server.kill().unwrap();
    filled.lose().await;
    filled.ask_for_nothing().await;
    server.restart().unwrap();
    assert_eq!(filled.regain().await, None);
    filled
        .cache
        .fill_recent(filled.room, 0, block(9))
        .await
        .unwrap();
    assert_eq!(filled.ask().await, Some(Some(block(9))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_made_anew_at_once() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let filled = Filled::on(&server.url_through(proxy.address())).await;
    for _ in 0..5 {
        proxy.cut();
        assert_eq!(filled.regain().await, Some(block(7)));
    }
    proxy.refuse(true);
    proxy.cut();
    filled.lose().await;
    filled.ask_for_nothing().await;
    proxy.refuse(false);
    assert_eq!(filled.regain().await, Some(block(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_at_the_start_is_waited_for() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    proxy.refuse(true);
    let link = link(place(&server.url_through(proxy.address())), timings()).await;
    assert!(!link.is_up());
    let filled = Filled {
        cache: RedisCache::new(Arc::clone(&link)),
        link,
        room: RoomId::new(),
    };
    filled.ask_for_nothing().await;
    proxy.refuse(false);
    assert_eq!(filled.regain().await, None);
}

/// One failed call in between is forgiven.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_alone_is_no_outage() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let filled = Filled::on(&server.url_through(proxy.address())).await;
    for _ in 0..4 {
        proxy.hold(Direction::ToClient);
        assert_eq!(filled.ask().await, None);
        proxy.release(Direction::ToClient).await;
        assert_eq!(filled.ask().await, Some(Some(block(7))));
    }
    assert!(filled.link.is_up());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_there_is_seen_again_after_the_next_touch() {
    let Some(server) = own_server() else { return };
    let link = link(place(server.url()), timings()).await;
    let presences = RedisPresences::new(link);
    let (node, ann) = (NodeId::new(), UserId::new());
    presences.touch(node, &[ann]).await.unwrap();
    server.kill().unwrap();
    server.restart().unwrap();
    let healed = async || presences.touch(node, &[ann]).await.is_ok();
    until("the touch succeeds", healed).await;
    let seen = presences.look(&[ann]).await.unwrap();
    assert_eq!(seen, [PresenceState::Online]);
}

/// The work was done, and nobody heard of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coming_whose_answer_was_lost_is_told_once_more() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let place = place(&server.url_through(proxy.address()));
    let presences = RedisPresences::new(link(place, timings()).await);
    let (node, other, ann) = (NodeId::new(), NodeId::new(), UserId::new());
    warm(&presences).await;
    proxy.hold(Direction::ToClient);
    let lost = presences.touch(node, &[ann]).await.unwrap_err();
    assert_eq!(lost.code(), Code::UnknownOutcome);
    proxy.release(Direction::ToClient).await;
    let seen = presences.look(&[ann]).await.unwrap();
    assert_eq!(seen, [PresenceState::Online], "it was done");
    let came = presences.touch(node, &[ann]).await.unwrap();
    assert_eq!(came, [PresenceState::Offline], "so somebody tells of it");
    for node in [node, other] {
        let again = presences.touch(node, &[ann]).await.unwrap();
        assert_eq!(again, [PresenceState::Online], "and nobody else does");
    }
}

/// The same at the end: who has gone is found by those who look for the gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_going_whose_answer_was_lost_is_told_later() {
    let Some((server, proxy)) = behind_proxy().await else {
        return;
    };
    let place = place(&server.url_through(proxy.address()));
    let link = link(place, timings()).await;
    let presences = RedisPresences::expiring_after(link, Duration::from_millis(500));
    let (node, ann) = (NodeId::new(), UserId::new());
    warm(&presences).await;
    presences.touch(node, &[ann]).await.unwrap();
    proxy.hold(Direction::ToClient);
    presences.leave(node, &[ann]).await.unwrap_err();
    proxy.release(Direction::ToClient).await;
    let mut told = Vec::new();
    until("somebody hears that she has gone", async || {
        told.extend(presences.expire(10).await.unwrap());
        !told.is_empty()
    })
    .await;
    assert_eq!(told, [ann]);
    assert_eq!(
        presences.look(&[ann]).await.unwrap(),
        [PresenceState::Offline]
    );
}

/// Asks everything once: the first time the server has to be told how.
async fn warm(presences: &RedisPresences) {
    let (node, bob) = (NodeId::new(), UserId::new());
    let there = "the server is there";
    presences.touch(node, &[bob]).await.expect(there);
    presences.look(&[bob]).await.expect(there);
    presences.leave(node, &[bob]).await.expect(there);
}

async fn behind_proxy() -> Option<(&'static RedisServer, Proxy)> {
    let server = server()?;
    let address = server.address().expect("the server has an address");
    let proxy = Proxy::to(address).await.expect("there is a free port");
    Some((server, proxy))
}
