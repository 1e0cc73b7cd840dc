//! What people notice while something is away that the product stands on, in figures: how long an
//! acknowledgement takes without RabbitMQ, a page of history without Redis, a refusal without the
//! database; and how soon a notification is heard, beside the bare loop over the same broker.
//!
//! `OUTAGE_SECONDS` is how long each is away, `BELLS_PER_SECOND` how many notifications are to be
//! heard in a second. Figures for the documentation:
//! `OUTAGE_SECONDS=60 BELLS_PER_SECOND=5000 cargo test --release --workspace --locked --test outages -- --nocapture`.

mod bare;
mod installation;
mod load;
mod times;

use std::time::Duration;

use e2e::{SignedIn, Socket, eventually, number, spawn};
use futures_util::future::join_all;
use serde_json::json;
use testkit::rabbit_server::{RabbitServer, or_skip};
use tokio::{
    sync::{Mutex, MutexGuard},
    task::spawn_blocking,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    installation::{Installation, person, serve},
    load::{Done, Plan, hear, read, talk},
    times::Times,
};

const LISTEN: &str = "/api/v1/ws?events=notifications";

/// How many talk, or read, each in a room of their own.
const PEOPLE: usize = 4;

/// What each says in a second.
const SAID_PER_SECOND: u32 = 50;

/// How many pages each reads in a second.
const READ_PER_SECOND: u32 = 8;

/// What a machine adds by itself that runs tests.
const SLACK: Duration = Duration::from_millis(50);

/// How soon after its return everything that waited for the broker is told.
const DRAINED: Duration = Duration::from_secs(30);

/// How soon a sender is told that the database is away, and is served again once it is back.
const TOLD: Duration = Duration::from_secs(5);

/// How soon almost every notification is heard, on a machine that also compiles.
const HEARD: Duration = Duration::from_secs(1);

/// One at a time: they measure.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

fn away() -> Duration {
    Duration::from_secs(number("OUTAGE_SECONDS", 2))
}

/// A load that goes on for as long as everything is there, and then for as long again.
struct Halves {
    plan: Plan,
    middle: Instant,
}

impl Halves {
    fn from_now(per_second: u32) -> Self {
        let begin = Instant::now();
        let middle = begin + away();
        let end = middle + away();
        let every = Duration::from_secs(1) / per_second;
        let plan = Plan { begin, end, every };
        Self { plan, middle }
    }

    fn times(&self, done: &[Done]) -> [Times; 2] {
        let half = |second: bool| {
            let of_it = done.iter().filter(|d| (d.meant >= self.middle) == second);
            Times::of(of_it.map(|done| done.took))
        };
        [half(false), half(true)]
    }
}

/// People who talk, each in a room of their own, and somebody who is in all of them.
struct Talkers {
    people: Vec<(SignedIn, String)>,
    listener: SignedIn,
}

impl Talkers {
    async fn gather(sign_up: impl AsyncFn(String) -> SignedIn) -> Self {
        let listener = sign_up("listener".to_owned()).await;
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            let person = sign_up(format!("talker-{n}")).await;
            let room = person.create_room(&format!("room-{n}")).await;
            listener.join(&room).await;
            people.push((person, room));
        }
        Self { people, listener }
    }

    async fn bell(&self) -> Socket {
        self.listener.socket(LISTEN).await.expect("a socket")
    }

    async fn talk(&self, plan: Plan) -> Vec<Done> {
        let talking = self
            .people
            .iter()
            .map(|(person, room)| talk(person, room, plan));
        join_all(talking).await.concat()
    }

    async fn read(&self, plan: Plan) -> Vec<Done> {
        let reading = self
            .people
            .iter()
            .map(|(person, room)| read(person, room, plan));
        join_all(reading).await.concat()
    }
}

async fn on_shared_rabbitmq() -> Option<Installation> {
    let rabbit = or_skip(RabbitServer::shared())?;
    Installation::start(rabbit).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rabbitmq_chat_goes_on_as_before_and_nothing_stays_untold() {
    let _alone = alone().await;
    let Some(rabbit) = or_skip(RabbitServer::start()) else {
        return;
    };
    let Some(it) = Installation::start(&rabbit).await else {
        return;
    };
    let talkers = Talkers::gather(async |name| it.person(&name).await).await;
    let halves = Halves::from_now(SAID_PER_SECOND);
    let wanted = halves.plan.count() * PEOPLE;
    let hearing = spawn(hear(talkers.bell().await, halves.plan, wanted));
    let kill = async {
        sleep_until(halves.middle).await;
        rabbit.kill().expect("killed");
    };
    let (done, ()) = tokio::join!(talkers.talk(halves.plan), kill);
    let [before, without] = halves.times(&done);
    let heard = hearing.await.expect("a listener to the end");
    println!("acknowledged, RabbitMQ there: {before}; away: {without}");
    println!("{} notifications heard meanwhile", heard.len());
    // The queue alone tells of this, after all that waits for the broker already.
    let guest = it.person("guest").await;
    let group = talkers.people[0].0.create_group("late", &[&guest]).await;
    let back = spawn_blocking(move || rabbit.restart().map(|()| rabbit));
    let _rabbit = back.await.expect("no panic").expect("it is back");
    let back = Instant::now();
    while !guest.added_to().await.contains(&group) {
        assert!(back.elapsed() <= DRAINED, "what waited is not told");
        sleep(Duration::from_millis(100)).await;
    }
    let drained = back.elapsed();
    println!("all that waited was told {drained:.1?} after the broker's return");
    assert!(without.p99() <= before.p99() * 3 / 2 + SLACK);
    assert_eq!(it.server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_page_of_history_takes_little_longer() {
    let _alone = alone().await;
    let Some(it) = on_shared_rabbitmq().await else {
        return;
    };
    let talkers = Talkers::gather(async |name| it.person(&name).await).await;
    for (person, room) in &talkers.people {
        for n in 0..60 {
            person.say(room, &format!("{n}")).await;
        }
    }
    let halves = Halves::from_now(READ_PER_SECOND);
    let kill = async {
        sleep_until(halves.middle).await;
        it.redis.kill().expect("killed");
    };
    let (done, ()) = tokio::join!(talkers.read(halves.plan), kill);
    let [before, without] = halves.times(&done);
    println!("a page, Redis there: {before}; away: {without}");
    assert!(without.p99() <= before.p99() + Duration::from_millis(60));
    it.redis.restart().expect("restarted");
    assert!(it.ends_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_senders_are_told_in_time_and_sockets_stay() {
    let _alone = alone().await;
    let Some(it) = on_shared_rabbitmq().await else {
        return;
    };
    let alice = it.person("alice").await;
    let room = alice.create_room("tea").await;
    let (mut socket, _) = alice.native().await;
    type Act = fn(&Installation);
    let frozen: [Act; 2] = [
        |it| it.mongo.stop().expect("frozen"),
        |it| it.mongo.cont().expect("thawed"),
    ];
    let ended: [Act; 2] = [
        |it| it.mongo.terminate().expect("ended"),
        |it| it.mongo.restart().expect("restarted"),
    ];
    for (how, [go, come]) in [("frozen", frozen), ("ended", ended)] {
        go(&it);
        let begun = Instant::now();
        let path = format!("/api/v1/rooms/{room}/messages");
        let refused = alice
            .rest
            .post(&path, &json!({"content": "anybody?"}))
            .await;
        let told = begun.elapsed();
        assert_eq!(refused.status.as_u16(), 503, "{}", refused.text);
        assert!(!refused.header("retry-after").is_empty());
        come(&it);
        let back = Instant::now();
        let said = eventually("being served again", async || {
            let said = alice.rest.post(&path, &json!({"content": how})).await;
            (said.status.as_u16() == 201).then_some(())
        });
        said.await;
        let served = back.elapsed();
        println!("the database {how}: refused after {told:.1?}, served again after {served:.1?}");
        assert!(told <= TOLD && served <= TOLD);
        while socket.next_of("message").await["message"]["content"] != how {}
    }
    assert!(it.ends_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_heard_soon_after_it_was_said() {
    let _alone = alone().await;
    let Some(rabbit) = or_skip(RabbitServer::shared()) else {
        return;
    };
    let name = domain::RowId::new().uuid().simple().to_string();
    let (_folder, server) = serve(&[("queue_url", &rabbit.url_of(&name))]).await;
    let talkers = Talkers::gather(async |name| person(&server, &name).await).await;
    let bell = talkers.bell().await;
    let people = u32::try_from(PEOPLE).expect("few");
    let rate = u32::try_from(number("BELLS_PER_SECOND", 200)).expect("a rate");
    let plan = Halves::from_now(rate / people).plan;
    let hearing = spawn(hear(bell, plan, plan.count() * PEOPLE));
    let said = Times::of(talkers.talk(plan).await.iter().map(|done| done.took));
    let heard = Times::of(hearing.await.expect("a listener to the end"));
    let bare = Halves::from_now(rate).plan;
    let bare = Times::of(bare::times(rabbit.url(), bare).await);
    println!("at {rate}/s: acknowledged {said}; its notification heard {heard}; bare AMQP {bare}");
    assert!(heard.p99() <= HEARD);
    assert_eq!(server.terminate().await, Some(0));
}
