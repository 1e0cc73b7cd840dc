//! Rates over several servers of one installation: one person has one budget, wherever they go,
//! and no request waits for it. While Redis is away each server counts its own.

use std::time::{Duration, Instant};

use e2e::{Nodes, Server, SignedIn, eventually};
use serde_json::json;
use testkit::redis_server::{RedisServer, or_skip};

/// Tickets that a person may take in a minute, or all at once.
const BUDGET: usize = 200;

/// Tickets that pass before a server has heard of those that were taken at the other: it hears
/// within a tenth of a second.
const UNHEARD: usize = 20;

/// Two servers of one installation.
struct Pair([Server; 2]);

impl Pair {
    async fn start(nodes: &Nodes) -> Self {
        let limited = |settings: &mut settings::Settings| {
            settings.limits.tickets_per_minute = u32::try_from(BUDGET).expect("a small number");
        };
        Self([
            nodes.start_with(limited).await,
            nodes.start_with(limited).await,
        ])
    }

    /// Somebody new, with a token that is good at both.
    async fn sign_up(&self, name: &str) -> [SignedIn; 2] {
        let person = self.0[0].anon().sign_up(name).await;
        [0, 1].map(|n| person.at(self.0[n].addr()))
    }

    async fn are_ready(&self) {
        for server in &self.0 {
            eventually("all is there", async || {
                let ready = server.rest().get("/readyz").await;
                (ready.text == "ready\n").then_some(())
            })
            .await;
        }
    }

    async fn stop(self) {
        for server in self.0 {
            server.stop().await;
        }
    }
}

/// Takes a ticket; says whether there was one.
async fn takes(who: &SignedIn) -> bool {
    let answer = who.rest.post("/api/v1/ws-ticket", &json!({})).await;
    let left = answer.header("ratelimit").to_owned();
    match answer.status.as_u16() {
        429 => {
            assert_eq!(answer.code(), "rate_limited");
            assert!(left.starts_with("\"tickets\";r=0;"), "{left}");
            assert!(!answer.header("retry-after").is_empty());
            false
        }
        status => {
            assert!(status < 300, "{status} {}", answer.text);
            assert!(left.starts_with("\"tickets\";r="), "{left}");
            true
        }
    }
}

/// Takes tickets until there is none; says how many there were.
async fn takes_all(who: &SignedIn) -> usize {
    let mut taken = 0;
    while takes(who).await {
        taken += 1;
        assert!(taken <= 3 * BUDGET, "it never ends");
    }
    taken
}

/// As many tickets come back in so long a time.
fn back(time: Duration) -> usize {
    (time.as_secs_f64() * BUDGET as f64 / 60.0).ceil() as usize
}

/// Somebody takes some at one server and all that is left at the other, and so gets one budget:
/// no less, and not much more.
async fn has_one_budget([here, there]: &[SignedIn; 2]) {
    let begun = Instant::now();
    for _ in 0..BUDGET / 2 {
        assert!(takes(here).await);
    }
    let taken = BUDGET / 2 + takes_all(there).await + takes_all(here).await;
    let most = BUDGET + back(begun.elapsed()) + UNHEARD;
    assert!((BUDGET - 1..=most).contains(&taken), "{taken}, not {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_from_server_to_server_has_one_budget() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    pair.are_ready().await;
    has_one_budget(&pair.sign_up("alice").await).await;
    has_one_budget(&pair.sign_up("bob").await).await;
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_each_server_serves_and_counts_its_own() {
    let (Some(nodes), Some(redis)) = (Nodes::shared(), or_skip(RedisServer::start())) else {
        return;
    };
    if !redis.is_ours() {
        return println!("skipped: the server of REDIS_URL is not ours to stop");
    }
    let pair = Pair::start(&nodes.with_redis(&redis)).await;
    pair.are_ready().await;
    let alice = pair.sign_up("alice").await;
    for at in &alice {
        for _ in 0..BUDGET / 4 {
            assert!(takes(at).await);
        }
    }
    redis.kill().expect("our own server");
    let begun = Instant::now();
    for at in &alice {
        let taken = takes_all(at).await;
        let most = 3 * BUDGET / 4 + back(begun.elapsed()) + UNHEARD;
        assert!((BUDGET / 2..=most).contains(&taken), "{taken}, not {most}");
    }
    redis.restart().expect("our own server");
    pair.are_ready().await;
    has_one_budget(&pair.sign_up("bob").await).await;
    pair.stop().await;
}
