//! Servers whose own clocks are an hour off, beside one that is right: times are the database's, so
//! nobody notices, and readiness says what is to be mended.

use std::sync::Arc;

use adapter_local::SystemClock;
use adapter_mongodb::{MongoStore, Options};
use domain::{Timestamp, ports::Clock};
use e2e::{Alone, Anon, Nodes, Rest, eventually};
use jiff::SignedDuration;
use settings::Settings;
use tempfile::TempDir;

/// A machine's clock that is off by this much.
struct Off(SignedDuration);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// A chat-service on a machine whose clock is off by some hours.
struct Node {
    chat: Alone,
    folder: TempDir,
}

impl Node {
    async fn start(nodes: &Nodes, hours: i64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings {
            data: folder.path().join("data"),
            no_limits: true,
            ..Settings::default()
        };
        settings.auth.bcrypt_cost = 4;
        nodes.join(&mut settings);
        let options = Options::new(Arc::new(Off(SignedDuration::from_hours(hours))));
        let store = MongoStore::open(&settings.backends.store_url, options).await;
        let store = Arc::new(store.expect("a store"));
        let clock = store.clock();
        let own = move |ports: &mut domain::ports::Ports| {
            ports.store = store;
            ports.clock = clock;
        };
        let chat = Alone::start(&settings, own, async |ctx| Ok(chat_service::alone(ctx))).await;
        Self { chat, folder }
    }

    fn rest(&self) -> Rest {
        Rest::new(self.chat.addr())
    }

    fn anon(&self) -> Anon {
        Anon { rest: self.rest() }
    }

    /// Waits until readiness says this of it.
    async fn says(&self, status: u16, what: &str) {
        eventually(what, async || {
            let told = self.rest().get("/readyz").await;
            (told.status == status && told.text.contains(what)).then_some(())
        })
        .await;
    }

    async fn stop(self) {
        self.chat.stop().await;
        drop(self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_uses_servers_an_hour_off_notices_nothing_and_readiness_says_so() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let right = Node::start(&nodes, 0).await;
    let (fast, slow) = (Node::start(&nodes, 1).await, Node::start(&nodes, -1).await);
    right.says(200, "ready").await;
    fast.says(503, "s behind this machine's: set both by NTP")
        .await;
    slow.says(503, "s ahead of this machine's: set both by NTP")
        .await;

    // A token is as old everywhere.
    let alice = fast.anon().sign_up("alice").await;
    let bob = slow.anon().sign_up("bob").await;
    let room = alice.at(slow.chat.addr()).create_room("lobby").await;
    bob.at(fast.chat.addr()).join(&room).await;
    let (mut hears, _) = bob.native().await;
    let mut said = Vec::new();
    for node in [&fast, &slow, &right, &slow, &fast, &right] {
        let text = format!("message {}", said.len());
        alice.at(node.chat.addr()).say(&room, &text).await;
        let heard = hears.next_of("message").await;
        assert_eq!(heard["message"]["content"], *text);
        let at = heard["message"]["created_at"].as_str().expect("a time");
        said.push(at.parse::<Timestamp>().expect("a time"));
    }
    assert!(said.is_sorted(), "{said:?}");
    for at in said {
        let off = SystemClock.now().duration_since(at).abs();
        assert!(off < SignedDuration::from_mins(1), "{at} is {off} off");
    }
    for node in [right, fast, slow] {
        node.stop().await;
    }
}
