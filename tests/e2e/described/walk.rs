//! Every operation does what its description says: with its example, with each condition and each
//! parameter, and asked too often.

use std::collections::BTreeSet;

use e2e::{Answer, Server, described::some};
use serde_json::Value;

use super::{World, operations, rates, send_with, walked};

#[tokio::test]
async fn every_operation_does_what_its_example_asks_for() {
    for operation in operations().await {
        let mut world = World::new().await;
        world.prepare(&operation).await;
        let answer = world.ask(&world.who, &operation, "").await;
        // There is an administrator already.
        let is_late = ["set_up", "setup_page"].contains(&operation.id()) && answer.status == 404;
        assert!(
            is_late || operation.successes().contains(&answer.status.as_u16()),
            "{}: {} {}",
            operation.id(),
            answer.status,
            answer.text
        );
        operation.hold(&world.described, &answer);
        assert_eq!(counted(&answer), operation.rates(), "{}", operation.id());
        world.server.stop().await;
    }
}

/// The rates that had a part in an answer.
fn counted(answer: &Answer) -> Vec<String> {
    let rates = answer.header("ratelimit").split(", ");
    let names = rates.filter_map(|rate| rate.split('"').nth(1).map(str::to_owned));
    names.collect()
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_so_as_described() {
    let mut told = BTreeSet::new();
    for operation in operations().await {
        // Who tells again what is so already is not counted.
        if operation.id() == "tell_event" {
            continue;
        }
        // One for each rate: that they count what they say was seen above.
        if operation.rates().is_empty() || !told.insert(operation.rates()) {
            continue;
        }
        let server = Server::start_with(|settings| {
            rates(settings, 20);
            settings.limits.signups_per_hour = 40;
        });
        let mut world = World::on(server.await).await;
        world.prepare(&operation).await;
        let name = operation.id();
        for tries in 0.. {
            let answer = world.ask(&world.who, &operation, "").await;
            operation.hold(&world.described, &answer);
            if answer.status == 429 {
                assert_eq!(answer.code(), "rate_limited");
                assert!(!answer.header("retry-after").is_empty(), "{name}");
                assert!(!counted(&answer).is_empty(), "{name}");
                break;
            }
            assert!(tries < 60, "{name} is not counted");
        }
        world.server.stop().await;
    }
    assert!(told.len() >= 6, "{told:?}");
}

/// A body that leaves it to the headers which revision is meant.
fn without_rev(body: &str) -> String {
    let mut body: Value = serde_json::from_str(body).expect("JSON");
    if let Some(fields) = body.as_object_mut() {
        fields.remove("rev");
    }
    body.to_string()
}

#[tokio::test]
async fn every_condition_is_understood() {
    let world = World::new().await;
    let rest = &world.olga.rest;
    for operation in walked(&world.described) {
        let (name, path) = (operation.id(), world.path(&operation));
        let path = path + &world.query(&operation);
        let ask = async |condition: &str, value: &str| {
            let body = world.body(&operation).map(|text| without_rev(&text));
            let headers = [(condition, value)];
            let answer = send_with(rest, &operation.method, &path, body, &headers).await;
            operation.hold(&world.described, &answer);
            answer
        };
        if operation.takes("If-Match") {
            let answer = ask("if-match", "\"999\"").await;
            assert_eq!(answer.code(), "stale_revision", "{name}");
        }
        if operation.takes("If-None-Match") {
            let seen = world.ask(rest, &operation, "").await;
            let answer = ask("if-none-match", seen.header("etag")).await;
            assert_eq!(answer.status, 304, "{name}");
        }
        if operation.takes("Range") {
            assert_eq!(ask("range", "bytes=1-2").await.status, 206, "{name}");
            assert_eq!(ask("range", "bytes=1000-").await.status, 416, "{name}");
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_parameter_of_a_query_is_understood() {
    let world = World::new().await;
    for operation in walked(&world.described) {
        for parameter in operation.said["parameters"].as_array().unwrap_or(&vec![]) {
            if parameter["in"] != "query" || operation.method != "GET" {
                continue;
            }
            let value = some(&parameter["schema"]);
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            let name = parameter["name"].as_str().expect("a name");
            let query = format!("&{name}={value}");
            let answer = world.ask(&world.olga.rest, &operation, &query).await;
            operation.hold(&world.described, &answer);
            let query = format!("&{name}=%00~");
            let answer = world.ask(&world.olga.rest, &operation, &query).await;
            operation.hold(&world.described, &answer);
        }
    }
    world.server.stop().await;
}
