//! The same suite again, with the three services, each alone, on MongoDB's protocol, Redis and
//! RabbitMQ in place of one process on embedded storage: a client notices no difference.

use std::{fmt::Write as _, io::Write as _, process::Command};

use e2e::backends::{self, Backends};
use testkit::{
    mongo_server::{self, MongoServer},
    rabbit_server::{self, RabbitServer},
    redis_server::{self, RedisServer},
};

/// What says itself what it runs on, or is about the description, or reaches into one process; and
/// why the services alone have it not. This is among the first tests by name, so that both runs
/// share the time.
const ELSEWHERE: [(&str, &str); 14] = [
    (
        "accounts::who_starts_the_server",
        "`hubbub` shows the link, and no service alone",
    ),
    ("again::", "it is this run"),
    ("clocks::", "it says itself what it runs on"),
    (
        "described::",
        "the description is the same, and whole only where all is served",
    ),
    ("migrate::", "it says itself what it runs on"),
    ("mongodb::", "it says itself what it runs on"),
    ("nodes::", "it says itself what it runs on"),
    (
        "operations::metrics::",
        "each process tells its own, and the balancer nobody's",
    ),
    ("orders::", "it says itself what it runs on"),
    ("rabbitmq::", "it says itself what it runs on"),
    ("rates::", "it says itself what it runs on"),
    ("readme::", "it is about embedded storage"),
    ("redis::", "it says itself what it runs on"),
    ("split::", "it says itself what it runs on"),
];

#[test]
fn the_whole_suite_passes_as_services_on_mongodb_redis_and_rabbitmq() {
    if backends::chosen() != Backends::Embedded {
        // This is such a run.
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
        .env(backends::VARIABLE, Backends::Split.name())
        .env("MONGODB_URI", mongo.url())
        .env("REDIS_URL", redis.url())
        .env("AMQP_URL", rabbit.url());
    for (name, _) in ELSEWHERE {
        again.args(["--skip", name]);
    }
    let run = again.output().expect("this program runs");
    let told = String::from_utf8_lossy(&run.stdout);
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}\n{errors}");
    let passed = told.lines().rfind(|line| line.starts_with("test result"));
    // Past the capture of what tests print: whoever reads the report wants to know.
    let mut report = format!(
        "again, split, on {}, {}, {}: {}\n",
        mongo.describe(),
        redis.describe(),
        rabbit.describe(),
        passed.expect("a result")
    );
    for (name, why) in ELSEWHERE {
        writeln!(report, "  without {name} {why}").expect("a text");
    }
    let told = std::io::stderr().write_all(report.as_bytes());
    told.expect("the report can be written");
}
