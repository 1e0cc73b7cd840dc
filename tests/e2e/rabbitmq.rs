//! With the queue on RabbitMQ: a client notices no difference, and chat goes on while the broker
//! is away. What was to be told then is told when it is back.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use e2e::{Server, Socket, eventually, spawn};
use serde_json::{Value, json};
use testkit::rabbit_server::{RabbitServer, or_skip};

const LISTEN: &str = "/api/v1/ws?events=notifications";

/// How soon after the broker's return everything is told.
const RETURN: Duration = Duration::from_secs(30);

async fn readiness(server: &Server) -> (u16, String) {
    let ready = server.rest().get("/readyz").await;
    (ready.status.as_u16(), ready.text)
}

/// What a socket tells, heard by somebody who never stops listening.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Value>>>);

impl Heard {
    fn of(mut bell: Socket) -> Self {
        let heard = Self::default();
        let all = heard.clone();
        spawn(async move {
            while let Some(frame) = bell.try_next().await {
                let text = frame["notification"]["message"]["content"].clone();
                all.0.lock().expect("nobody panics").push(text);
            }
        });
        heard
    }

    fn has(&self, texts: &[&str]) -> bool {
        let heard = self.0.lock().expect("nobody panics");
        texts.iter().all(|text| heard.contains(&json!(text)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_the_broker_is_dead_is_told_when_it_is_back() {
    let Some(broker) = or_skip(RabbitServer::start()) else {
        return;
    };
    if !broker.is_ours() {
        return println!("skipped: the broker of AMQP_URL is not ours to stop");
    }
    let server = Server::start_with(|settings| {
        settings.no_limits = true;
        settings.backends.queue_url = broker.url().to_owned();
    });
    let server = server.await;
    eventually("all is there", async || {
        (readiness(&server).await == (200, "ready\n".to_owned())).then_some(())
    })
    .await;
    let alice = server.anon().sign_up("alice").await;
    let bob = server.anon().sign_up("bob").await;
    let room = alice.create_group("lobby", &[&bob]).await;
    let mut bell = bob.socket(LISTEN).await.expect("a socket");
    bell.next_of("hello").await;
    alice.say(&room, "one").await;
    let heard = Heard::of(bell);
    eventually("bob hears", async || heard.has(&["one"]).then_some(())).await;
    eventually("bob hears of the room", async || {
        (bob.added_to().await == [room.as_str()]).then_some(())
    })
    .await;

    broker.kill().expect("our own broker");
    alice.say(&room, "two").await;
    alice.say(&room, "three").await;
    let second = alice.create_group("cellar", &[&bob]).await;
    eventually("readiness names it", async || {
        let (status, told) = readiness(&server).await;
        assert_eq!(status, 200, "the server goes on: {told}");
        assert!(!told.contains("guest"), "{told}");
        told.contains("[~]queue: RabbitMQ").then_some(())
    })
    .await;
    assert_eq!(bob.added_to().await, [room.as_str()], "nobody could tell");

    tokio::task::block_in_place(|| broker.restart()).expect("our own broker");
    let back = Instant::now();
    while !(heard.has(&["two", "three"]) && bob.added_to().await.contains(&second)) {
        assert!(back.elapsed() < RETURN, "bob was not told of everything");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eventually("readiness is silent again", async || {
        (readiness(&server).await.1 == "ready\n").then_some(())
    })
    .await;
    assert!(back.elapsed() < RETURN, "it took {:?}", back.elapsed());
    server.stop().await;
}

#[tokio::test]
async fn a_server_starts_while_the_broker_is_away() {
    let server = Server::start_with(|settings| {
        // Nobody listens on the first port.
        settings.backends.queue_url = "amqp://ann:hunter2@127.0.0.1:1".to_owned();
    });
    let server = server.await;
    let alice = server.anon().sign_up("alice").await;
    let room = alice.create_room("lobby").await;
    alice.say(&room, "hello").await;
    let (status, told) = readiness(&server).await;
    assert_eq!(status, 200);
    assert!(told.contains("[~]queue: RabbitMQ"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    server.stop().await;
}
