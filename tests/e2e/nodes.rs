//! Several servers of one installation: nobody notices which of them somebody is connected to, and
//! what the bus between them loses, the store makes good.

mod visits;

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use domain::RoomId;
use e2e::{
    Nodes, Server, SignedIn, Socket, eventually,
    load::{self, Heads, Listener, Sender, Until, heads},
    soon,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{
    judge::{Ledger, Verdict},
    mongo_server::{MongoServer, or_skip},
};

/// How long everybody talks.
const TALK: Duration = Duration::from_secs(3);

/// How long a store may say nothing until everybody hears that it is away: five seconds, and what a
/// machine adds that builds something else.
const SILENCE: Duration = Duration::from_secs(7);

/// How many talk, and how many listen, half of them at each server.
const SENDERS: usize = 4;
const LISTENERS: usize = 4;

/// People in one room.
struct Crowd {
    room: RoomId,
    reader: SignedIn,
    senders: Vec<Sender>,
    listeners: Vec<Listener>,
}

impl Crowd {
    async fn gather(server: &Server) -> Self {
        let reader = server.anon().sign_up("reader").await;
        let room = reader.create_room("lobby").await;
        let mut people = Vec::new();
        for n in 0..SENDERS + LISTENERS {
            let person = server.anon().sign_up(&format!("person-{n}")).await;
            person.join(&room).await;
            people.push(person);
        }
        let room: RoomId = room.parse().expect("an id");
        let begin = heads(&reader).await;
        let sender = |n: usize| Sender::new(n, &people[n].token, room);
        let listener = |n: usize| Listener::new(n, &people[SENDERS + n].token, begin.clone());
        Self {
            room,
            senders: (0..SENDERS).map(sender).collect(),
            listeners: (0..LISTENERS).map(listener).collect(),
            reader,
        }
    }

    /// Everybody talks and listens, by turns at one of two servers, until `over`; then everybody
    /// hears the rest.
    async fn talk(&mut self, servers: [&Server; 2], over: impl Future<Output = ()>) -> Verdict {
        self.talk_at(servers.map(Server::addr), over).await
    }

    async fn talk_at(
        &mut self,
        addrs: [std::net::SocketAddr; 2],
        over: impl Future<Output = ()>,
    ) -> Verdict {
        let (until, all) = (Until::default(), Heads::default());
        let talking = self.senders.iter_mut().enumerate();
        let talking = talking.map(|(n, sender)| sender.talk_on(addrs[n % 2], &until));
        let listening = self.listeners.iter_mut().enumerate();
        let listening = listening.map(|(n, listener)| listener.listen_on(addrs[n % 2], &all));
        let (reader, room) = (&self.reader, self.room);
        let talked = async {
            let over = async {
                over.await;
                until.store(true, Ordering::Relaxed);
            };
            tokio::join!(over, join_all(talking));
            let history = load::history(reader, [&room]).await;
            all.send_replace(Some(load::ends(&history)));
            history
        };
        let (history, _) = soon("everybody to hear everything", async {
            tokio::join!(talked, join_all(listening))
        })
        .await;
        let mut ledger = Ledger {
            history,
            ..Ledger::default()
        };
        for (n, listener) in self.listeners.drain(..).enumerate() {
            ledger.heard.extend(listener.heard);
            ledger.recovered.extend(listener.recovered);
            ledger.complete.push((n, room, 1));
        }
        ledger.sent = self.senders.drain(..).flat_map(Sender::sent).collect();
        ledger.judge()
    }
}

/// Nothing lost, doubled or out of order, and everybody agrees on which message has which seq.
fn is_clean(verdict: &Verdict) {
    println!("{verdict}");
    assert!(verdict.is_clean(), "{verdict}");
    assert!(verdict.acknowledged > 20, "too little to say: {verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_in_a_room_agrees_at_whichever_server_they_are() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let (one, two) = (nodes.start().await, nodes.start().await);
    let mut crowd = Crowd::gather(&one).await;
    let verdict = crowd.talk([&one, &two], tokio::time::sleep(TALK)).await;
    is_clean(&verdict);
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_agree_while_every_tenth_message_between_the_servers_is_lost() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let one = nodes.start_hard_of_hearing(10, 1).await;
    let two = nodes.start_hard_of_hearing(10, 2).await;
    let mut crowd = Crowd::gather(&one).await;
    let verdict = crowd.talk([&one, &two], tokio::time::sleep(TALK)).await;
    is_clean(&verdict);
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_agree_while_a_server_is_stopped_and_started_again() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let (one, two) = (nodes.start().await, nodes.start().await);
    let mut crowd = Crowd::gather(&one).await;
    let (addrs, mut two) = ([one.addr(), two.addr()], Some(two));
    let restart = async {
        tokio::time::sleep(TALK / 2).await;
        two = Some(Box::pin(two.take().expect("running").restart()).await);
        tokio::time::sleep(TALK / 2).await;
    };
    let verdict = crowd.talk_at(addrs, restart).await;
    is_clean(&verdict);
    one.stop().await;
    two.expect("running").stop().await;
}

/// Alice at one server and Bob at the other, in a room of Alice's.
struct Pair {
    one: Server,
    two: Server,
    alice: SignedIn,
    bob: SignedIn,
    room: String,
}

impl Pair {
    async fn start(nodes: &Nodes) -> Self {
        Self::at(nodes.start().await, nodes.start().await).await
    }

    async fn at(one: Server, two: Server) -> Self {
        let alice = one.anon().sign_up("alice").await;
        let bob = two.anon().sign_up("bob").await;
        let room = alice.create_room("lobby").await;
        bob.join(&room).await;
        Self {
            one,
            two,
            alice,
            bob,
            room,
        }
    }

    /// Alice sends Bob away.
    async fn remove_bob(&self) {
        let path = format!("/api/v1/rooms/{}/members/{}", self.room, self.bob.id);
        let removed = self.alice.rest.delete(&path, &[]).await;
        assert!(removed.status.is_success(), "{}", removed.text);
    }

    async fn stop(self) {
        self.one.stop().await;
        self.two.stop().await;
    }
}

async fn leaves_everywhere(who: &SignedIn) {
    let path = "/api/v1/auth/logout-everywhere";
    let left = who.rest.post(path, &json!({})).await;
    assert_eq!(left.status, 204);
}

/// The next thing that is said in a room.
async fn hears(socket: &mut Socket) -> Value {
    socket.next_of("message").await["message"]["content"].clone()
}

#[tokio::test]
async fn leaving_everywhere_ends_the_sockets_at_every_server() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    let (mut near, _) = pair.bob.native().await;
    let (mut far, _) = pair.bob.at(pair.one.addr()).native().await;
    leaves_everywhere(&pair.bob).await;
    for socket in [&mut near, &mut far] {
        assert_eq!(socket.closed().await, Some(4501));
    }
    let refused = pair.bob.at(pair.one.addr()).rest.get("/api/v1/me").await;
    assert_eq!(refused.code(), "token_invalid");
    pair.stop().await;
}

#[tokio::test]
async fn who_is_removed_at_one_server_hears_it_at_the_other_and_nothing_more() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    let (mut bob, _) = pair.bob.native().await;
    pair.alice.say(&pair.room, "still here").await;
    assert_eq!(hears(&mut bob).await, "still here");
    pair.remove_bob().await;
    let left = bob.next_of("member_left").await;
    assert_eq!(
        (&left["removed"], &left["user"]["username"]),
        (&json!(true), &json!("bob"))
    );
    pair.alice.say(&pair.room, "among us").await;
    let path = format!("/api/v1/rooms/{}/messages", pair.room);
    let refused = pair
        .bob
        .rest
        .post(&path, &json!({"content": "let me in"}))
        .await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    bob.send(&json!({"id": "p", "type": "ping"})).await;
    loop {
        let frame = bob.next().await;
        assert_ne!(frame["type"], "message", "{frame}");
        if frame["id"] == "p" {
            break;
        }
    }
    pair.stop().await;
}

#[tokio::test]
async fn typing_and_presence_are_seen_at_every_server() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    let (mut alice, _) = pair.alice.native().await;
    let (mut bob, _) = pair.bob.native().await;
    let online = alice.next_of("presence").await;
    assert_eq!(
        (&online["user"]["username"], &online["state"]),
        (&json!("bob"), &json!("online"))
    );
    let typing = json!({"id": "t", "type": "typing", "room": pair.room, "on": true});
    bob.send(&typing).await;
    let types = alice.next_of("typing").await;
    assert_eq!(
        (&types["user"]["username"], &types["on"]),
        (&json!("bob"), &json!(true))
    );
    let (other_tab, _) = pair.bob.at(pair.one.addr()).native().await;
    bob.close().await;
    let path = format!("/api/v1/presence?users={}", pair.bob.id);
    let seen = pair.alice.rest.get(&path).await.expect(200);
    assert_eq!(
        seen["presence"][0]["state"], "online",
        "at the other server"
    );
    other_tab.close().await;
    loop {
        let presence = alice.next_of("presence").await;
        if presence["state"] == "offline" {
            break;
        }
    }
    pair.stop().await;
}

#[tokio::test]
async fn news_comes_at_every_server_and_is_settled_once_for_all() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    let listen = "/api/v1/ws?events=notifications";
    let mut bell = pair.bob.socket(listen).await.expect("a socket");
    bell.next_of("hello").await;
    let said = pair.alice.say(&pair.room, "hello").await;
    let news = bell.next_of("notification").await;
    let message = &news["notification"]["message"];
    assert_eq!(message["content"], "hello");
    let ack = json!({"room": pair.room, "seq": said["message"]["seq"]});
    let acknowledged = pair.bob.rest.post("/api/v1/notifications/ack", &ack).await;
    assert!(acknowledged.status.is_success(), "{}", acknowledged.text);
    let there = pair.bob.at(pair.one.addr());
    eventually("the other server knows", async || {
        let inbox = there.rest.get("/api/v1/notifications").await.expect(200);
        inbox["notifications"].as_array()?.is_empty().then_some(())
    })
    .await;
    pair.stop().await;
}

/// All that Bob's server hears of the other is what it finds in the store.
#[tokio::test]
async fn a_server_that_hears_nothing_of_the_others_is_late_and_misses_nothing() {
    let Some(nodes) = Nodes::shared() else {
        return;
    };
    let deaf = nodes.start_hard_of_hearing(1, 0).await;
    let pair = Pair::at(nodes.start().await, deaf).await;
    let (mut bob, _) = pair.bob.native().await;
    let listen = "/api/v1/ws?events=notifications";
    let mut bell = pair.bob.socket(listen).await.expect("a socket");
    bell.next_of("hello").await;

    for said in ["one", "two", "three"] {
        pair.alice.say(&pair.room, said).await;
    }
    for said in ["one", "two", "three"] {
        assert_eq!(hears(&mut bob).await, said);
        let news = bell.next_of("notification").await;
        assert_eq!(news["notification"]["message"]["content"], said);
    }
    let other = pair.alice.create_room("another").await;
    let add = json!({"user": pair.bob.id});
    let path = format!("/api/v1/rooms/{other}/members");
    let added = pair.alice.rest.post(&path, &add).await;
    assert!(added.status.is_success(), "{}", added.text);
    pair.alice.say(&other, "welcome").await;
    assert_eq!(hears(&mut bob).await, "welcome");

    pair.remove_bob().await;
    assert_eq!(bob.next_of("member_left").await["removed"], true);
    leaves_everywhere(&pair.bob.at(pair.one.addr())).await;
    assert_eq!(bob.closed().await, Some(4501));
    assert_eq!(bell.closed().await, Some(4501));
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_frozen_sockets_stay_and_are_told_so_once() {
    let Some(mongo) = or_skip(MongoServer::start()).filter(MongoServer::is_ours) else {
        return;
    };
    let Some(nodes) = Nodes::on(&mongo) else {
        return;
    };
    let pair = Pair::start(&nodes).await;
    let (mut bob, _) = pair.bob.native().await;
    pair.alice.say(&pair.room, "before").await;
    assert_eq!(hears(&mut bob).await, "before");

    let listen = "/api/v1/ws?events=notifications";
    let mut bell = pair.bob.socket(listen).await.expect("a socket");
    let news = bell.next_of("notification").await;
    assert_eq!(news["notification"]["message"]["content"], "before");

    mongo.stop().expect("our own server");
    let frozen = Instant::now();
    for socket in [&mut bob, &mut bell] {
        let told = socket.next_of("error").await;
        assert_eq!(
            (&told["code"], &told["temporary"]),
            (&json!("unavailable"), &json!(true))
        );
    }
    let silence = frozen.elapsed();
    assert!(silence < SILENCE, "told after {silence:?}");
    mongo.cont().expect("our own server");
    let path = format!("/api/v1/rooms/{}/messages", pair.room);
    let after = json!({"content": "after"});
    eventually("something can be said again", async || {
        let key = [("idempotency-key", "018f3f7e-7b1a-7c3d-8e4f-5a6b7c8d9e0f")];
        let said = pair.alice.rest.post_with(&path, &after, &key).await;
        said.status.is_success().then_some(())
    })
    .await;
    let next = bob.next().await;
    assert_eq!(
        next["message"]["content"], "after",
        "once, and once only: {next}"
    );
    let news = bell.next_of("notification").await;
    let message = &news["notification"]["message"];
    assert_eq!(message["content"], "after", "{news}");
    pair.stop().await;
}
