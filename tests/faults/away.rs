//! The database, Redis and RabbitMQ go away in turn, under load, at two servers of one
//! installation: ended, frozen, cut off and stalled. Whoever talks sends again what was not
//! answered; nothing is lost, doubled or out of order, and everybody hears the same.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use e2e::{Nodes, load::Until};
use testkit::{
    mongo_server::{self, MongoServer},
    proxy::Direction,
    redis_server::{self, RedisServer},
};
use tokio::{task::spawn_blocking, time::sleep};

use crate::crowd::Crowd;

const SENDERS: usize = 4;
const LISTENERS: usize = 4;

/// How long all is well, and how long something is away.
const WELL: Duration = Duration::from_millis(700);
const AWAY: Duration = Duration::from_millis(1_500);

/// How long it may all take, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Two servers, at which everybody talks and listens while `harm` is done.
async fn agree_through(nodes: &Nodes, harm: impl AsyncFnOnce()) {
    let (one, two) = (nodes.start().await, nodes.start().await);
    let crowd = Crowd::gather(one.addr(), SENDERS, LISTENERS).await;
    let addrs = [one.addr(), two.addr()];
    let harm = async |until: &Until| {
        harm().await;
        sleep(WELL).await;
        until.store(true, Ordering::Relaxed);
    };
    let verdict = crowd.suffer([&addrs, &addrs], harm, PATIENCE).await;
    println!("{verdict}");
    assert!(verdict.is_clean(), "{verdict}");
    assert!(verdict.acknowledged > 50, "too little to say: {verdict}");
    one.stop().await;
    two.stop().await;
}

/// Does something that blocks for a moment to a server of one's own.
async fn to<S, E>(server: &Arc<S>, harm: fn(&S) -> Result<(), E>)
where
    S: Send + Sync + 'static,
    E: std::fmt::Debug + Send + 'static,
{
    let server = Arc::clone(server);
    let done = spawn_blocking(move || harm(&server)).await;
    done.expect("no panic").expect("our own server");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_database_and_redis_are_ended_and_frozen() {
    let Some(mongo) = mongo_server::or_skip(MongoServer::start()).filter(MongoServer::is_ours)
    else {
        return;
    };
    let Some(redis) = redis_server::or_skip(RedisServer::start()).filter(RedisServer::is_ours)
    else {
        return;
    };
    let Some(nodes) = Nodes::on(&mongo) else {
        return;
    };
    let nodes = nodes.with_redis(&redis);
    let (mongo, redis) = (Arc::new(mongo), Arc::new(redis));
    let harm = async || {
        sleep(WELL).await;
        to(&redis, RedisServer::kill).await;
        sleep(AWAY).await;
        to(&redis, RedisServer::restart).await;
        sleep(WELL).await;
        to(&redis, RedisServer::stop).await;
        sleep(AWAY).await;
        to(&redis, RedisServer::cont).await;
        sleep(WELL).await;
        to(&mongo, MongoServer::terminate).await;
        sleep(AWAY).await;
        to(&mongo, MongoServer::restart).await;
        sleep(WELL).await;
        to(&mongo, MongoServer::stop).await;
        sleep(AWAY).await;
        to(&mongo, MongoServer::cont).await;
    };
    agree_through(&nodes, harm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_each_server_is_cut_off_and_stalls() {
    let Some((nodes, doors)) = Nodes::behind_doors().await else {
        return;
    };
    let harm = async || {
        for door in [&doors.store, &doors.redis, &doors.queue] {
            sleep(WELL).await;
            door.refuse(true);
            door.cut();
            sleep(AWAY).await;
            door.refuse(false);
            sleep(WELL).await;
            let both = [Direction::ToServer, Direction::ToClient];
            both.iter().for_each(|direction| door.hold(*direction));
            sleep(AWAY).await;
            for direction in both {
                door.release(direction).await;
            }
        }
    };
    agree_through(&nodes, harm).await;
}
