//! The same suite again, with MongoDB's protocol, Redis and RabbitMQ in place of embedded storage: a
//! client notices no difference.

use std::{io::Write, process::Command};

use e2e::backends;
use testkit::{
    mongo_server::{self, MongoServer},
    rabbit_server::{self, RabbitServer},
    redis_server::{self, RedisServer},
};

/// What says itself what it runs on, or is about the description. This is among the first tests by
/// name, so that both runs share the time.
const ELSEWHERE: [&str; 9] = [
    "again::",
    "described::",
    "migrate::",
    "mongodb::",
    "nodes::",
    "rabbitmq::",
    "readme::",
    "redis::",
    "split::",
];

#[test]
fn the_whole_suite_passes_on_mongodb_redis_and_rabbitmq() {
    if backends::are_services() {
        // This is that run.
        return;
    }
    let Some(mongo) = mongo_server::or_skip(MongoServer::shared()) else {
        return;
    };
    let Some(redis) = redis_server::or_skip(RedisServer::shared()) else {
        return;
    };
    let Some(rabbit) = rabbit_server::or_skip(RabbitServer::shared()) else {
        return;
    };
    let mut again = Command::new(std::env::current_exe().expect("this program"));
    again
        .env(backends::VARIABLE, backends::SERVICES)
        .env("MONGODB_URI", mongo.url())
        .env("REDIS_URL", redis.url())
        .env("AMQP_URL", rabbit.url());
    for name in ELSEWHERE {
        again.args(["--skip", name]);
    }
    let run = again.output().expect("this program runs");
    let told = String::from_utf8_lossy(&run.stdout);
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}\n{errors}");
    let passed = told.lines().rfind(|line| line.starts_with("test result"));
    // Past the capture of what tests print: whoever reads the report wants to know.
    let told = writeln!(
        std::io::stderr(),
        "again on {}, {}, {}: {}",
        mongo.describe(),
        redis.describe(),
        rabbit.describe(),
        passed.expect("a result")
    );
    told.expect("the report can be written");
}
