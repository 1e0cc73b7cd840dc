//! Every operation refuses as its description says.

use bytes::Bytes;
use e2e::described::{Operation, filled};
use hyper::Method;
use serde_json::{Value, json};

use super::{World, send, walked};

#[tokio::test]
async fn every_refusal_is_described() {
    let world = World::new().await;
    let strangers = [
        world.server.rest(),
        world.server.rest().with_token("no token"),
        world.server.anon().sign_up("stranger").await.rest,
        world.boris.rest.clone(),
    ];
    for operation in walked(&world.described) {
        for (at, rest) in strangers.iter().enumerate() {
            // Their tokens are still needed.
            let ends = ["log_out", "log_out_everywhere", "change_password"];
            if at < 2 || !ends.contains(&operation.id()) {
                let answer = world.ask(rest, &operation, "").await;
                operation.hold(&world.described, &answer);
                assert!(at > 1 || !operation.is_secured() || answer.status == 401);
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_body_that_is_wrong_is_refused_as_described() {
    let world = World::new().await;
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    for operation in walked(&world.described) {
        if operation.body().is_none() {
            continue;
        }
        let path = world.path(&operation);
        for body in ["", "{", "[]", "{}", "null", "{\"x\":1}", &large] {
            let body = Some(body.to_owned());
            let answer = send(&world.olga.rest, &operation.method, &path, body).await;
            operation.hold(&world.described, &answer);
        }
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        let headers = [("content-type", "text/plain")];
        let body = Some(Bytes::from_static(b"{}"));
        let answer = world.olga.rest.send(method, &path, &headers, body).await;
        operation.hold(&world.described, &answer);
        for field in fields(&operation) {
            let mut body = operation.body().cloned().unwrap_or_default();
            body[&field] = json!([{"not": "this"}]);
            let body = Some(world.real(&body.to_string()));
            let answer = send(&world.olga.rest, &operation.method, &path, body).await;
            assert!(answer.status.is_client_error(), "{field}: {}", answer.text);
            operation.hold(&world.described, &answer);
        }
    }
    world.server.stop().await;
}

fn fields(operation: &Operation) -> Vec<String> {
    let body = operation.body().and_then(Value::as_object);
    body.into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

#[tokio::test]
async fn ids_of_nothing_are_refused_as_described() {
    let world = World::new().await;
    for operation in walked(&world.described) {
        for id in [
            "00000000-0000-0000-0000-000000000000",
            "x",
            "%F0%9F%90%B8",
            "%FF",
        ] {
            let path = filled(&operation.path, |_| id.to_owned());
            if path != operation.path {
                let body = world.body(&operation);
                let path = path + &world.query(&operation);
                let answer = send(&world.olga.rest, &operation.method, &path, body).await;
                assert!(!answer.status.is_success(), "{path}: {}", answer.text);
                operation.hold(&world.described, &answer);
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test]
async fn other_methods_are_told_those_that_are_described() {
    let world = World::new().await;
    let operations = walked(&world.described);
    for operation in &operations {
        let path = world.path(operation);
        let answer = send(&world.olga.rest, "TRACE", &path, None).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").to_owned();
        for other in operations
            .iter()
            .filter(|other| other.path == operation.path)
        {
            assert!(allowed.contains(&other.method), "{path}: {allowed}");
        }
    }
    world.server.stop().await;
}
