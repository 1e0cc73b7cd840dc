//! What the documents say holds together, and they are documents of their kind.

use e2e::{
    Server,
    described::{Described, Operation},
};
use serde_json::Value;

/// What others publish about documents of their kind.
const OPENAPI: &str = include_str!("../../schemas/openapi-3.1.json");
const ASYNCAPI: &str = include_str!("../../schemas/asyncapi-3.0.0.json");

/// What is wrong with a document by a schema.
fn wrong(schema: &str, document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[tokio::test]
async fn both_documents_are_what_their_standards_say() {
    let server = Server::start().await;
    let openapi = server.rest().get("/openapi.json").await.expect(200);
    assert_eq!(wrong(OPENAPI, &openapi), Vec::<String>::new());
    let asyncapi = server.rest().get("/asyncapi.yaml").await.text;
    let asyncapi = serde_saphyr::from_str(&asyncapi).expect("YAML");
    assert_eq!(wrong(ASYNCAPI, &asyncapi), Vec::<String>::new());
    server.stop().await;
}

#[tokio::test]
async fn every_example_is_what_it_is_an_example_of() {
    let server = Server::start().await;
    let described = Described::of(&server.rest()).await;
    for operation in described.operations() {
        let responses = operation.said["responses"].as_object().expect("responses");
        let bodies = responses.values().chain([&operation.said["requestBody"]]);
        for content in bodies
            .filter_map(|body| body["content"].as_object())
            .flatten()
        {
            let (media_type, content) = content;
            if let Some(example) = content.get("example") {
                let wrong = described.wrong(&content["schema"], example);
                assert!(
                    wrong.is_empty(),
                    "{} {media_type}: {wrong:?}",
                    operation.id()
                );
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn names_are_stable_limits_are_shown_and_nothing_dangles() {
    let server = Server::start().await;
    let described = Described::of(&server.rest()).await;
    let operations = described.operations();
    let mut ids: Vec<_> = operations.iter().map(Operation::id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), operations.len(), "ids are unique");
    let snake = |id: &&&str| !id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    assert_eq!(ids.iter().find(snake), None);
    let document = described.document();
    let schemas = &document["components"]["schemas"];
    let content = &schemas["SendMessage"]["properties"]["content"];
    assert_eq!(content["maxLength"], 16 * 1024);
    for (name, schema) in schemas.as_object().expect("schemas") {
        for (field, said) in schema["properties"].as_object().into_iter().flatten() {
            let said = said.to_string();
            assert!(said.contains("\"description\""), "{name}.{field}: {said}");
        }
    }
    for dangling in references(document) {
        let found = document.pointer(dangling.trim_start_matches('#'));
        assert!(found.is_some(), "{dangling} is nowhere");
    }
    server.stop().await;
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            own.into_iter()
                .chain(object.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn both_documents_can_be_read_without_a_script_or_anything_from_elsewhere() {
    let server = Server::start().await;
    let rest = server.rest();
    let asyncapi = rest.get("/asyncapi.yaml").await;
    assert_eq!(asyncapi.status, 200);
    assert_eq!(asyncapi.header("content-type"), "application/yaml");
    assert!(asyncapi.text.starts_with("asyncapi: "), "{}", asyncapi.text);
    let page = rest.get("/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"));
    for operation in Described::of(&rest).await.operations() {
        let anchor = format!("id=\"{}\"", operation.id());
        assert!(page.text.contains(&anchor), "{anchor}");
    }
    let loads = page
        .text
        .split(" src=\"")
        .chain(page.text.split("<link rel=\"stylesheet\" href=\""));
    for from in loads.skip(1).filter(|rest| !rest.starts_with('<')) {
        assert!(
            from.starts_with("/docs/"),
            "{}",
            from.get(..40).unwrap_or(from)
        );
    }
    for (path, media_type) in [
        ("/docs/codes", "text/html; charset=utf-8"),
        ("/docs/style.css", "text/css; charset=utf-8"),
        ("/docs/search.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = rest.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, media_type)
        );
    }
    // Where every refusal points.
    let refused = rest.get("/api/v1/me").await.expect(401);
    let (path, code) = refused["type"]
        .as_str()
        .and_then(|at| at.split_once('#'))
        .expect("a link");
    assert!(
        rest.get(path)
            .await
            .text
            .contains(&format!("id=\"{code}\""))
    );
    server.stop().await;
}
