//! The API as the running server describes it, and whether an answer is as it says.

use std::collections::BTreeMap;

use protocol::schema::closed;
use serde_json::{Value, json};

use crate::{Answer, Rest};

/// The description of a server's API.
#[derive(Debug, Clone)]
pub struct Described {
    document: Value,
    components: Value,
}

/// One operation of the description.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method, upper case.
    pub method: String,
    /// The path, with `{name}` for a segment that varies.
    pub path: String,
    /// What is said of it.
    pub said: Value,
}

impl Described {
    /// Asks a server for its description.
    ///
    /// # Panics
    /// When it has none.
    pub async fn of(rest: &Rest) -> Self {
        let document = rest.get("/openapi.json").await.expect(200);
        let components = closed(document["components"].clone());
        Self {
            document,
            components,
        }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let paths: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_value(self.document["paths"].clone()).unwrap_or_default();
        let of_path = |(path, methods): (String, BTreeMap<String, Value>)| {
            methods.into_iter().map(move |(method, said)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                said,
            })
        };
        paths.into_iter().flat_map(of_path).collect()
    }

    /// What is wrong with JSON by a schema of the document, nothing beyond which may be said.
    #[must_use]
    pub fn wrong(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut schema = closed(schema.clone());
        schema["components"] = self.components.clone();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .expect("a schema");
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }
}

impl Operation {
    /// Its stable name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.said["operationId"].as_str().unwrap_or_default()
    }

    /// Whether it wants a token.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.said.get("security").is_some()
    }

    /// The example of its body, if it takes one.
    #[must_use]
    pub fn body(&self) -> Option<&Value> {
        self.said["requestBody"]["content"]["application/json"].get("example")
    }

    /// The statuses of its answers that are no refusals.
    #[must_use]
    pub fn successes(&self) -> Vec<u16> {
        let responses = self.said["responses"].as_object().into_iter().flatten();
        let good = responses.filter(|(_, response)| {
            response["content"]
                .get("application/problem+json")
                .is_none()
        });
        good.filter_map(|(status, _)| status.parse().ok()).collect()
    }

    /// Holds an answer to the description: its status, its type, its headers, and its body.
    ///
    /// # Panics
    /// When something is not as described.
    pub fn hold(&self, described: &Described, answer: &Answer) {
        let name = format!("{} {}", self.method, self.path);
        let status = answer.status.as_u16();
        let Some(response) = self.said["responses"].get(status.to_string()) else {
            panic!("{name}: {status} is not described: {}", answer.text);
        };
        assert!(!answer.header("x-request-id").is_empty(), "{name}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
        }
        let content = response["content"].as_object();
        let Some((media_type, content)) = content.and_then(|content| content.iter().next()) else {
            assert_eq!(answer.text, "", "{name}: {status} has a body");
            return;
        };
        if media_type != "*/*" {
            assert_eq!(answer.header("content-type"), media_type, "{name}");
        }
        if media_type.ends_with("json") {
            let wrong = described.wrong(&content["schema"], &answer.json());
            assert!(wrong.is_empty(), "{name}: {wrong:?} in {}", answer.text);
        }
    }
}

/// A path with its segments filled in.
#[must_use]
pub fn filled(path: &str, segment: impl Fn(&str) -> String) -> String {
    let segments = path.split('/').map(|part| {
        let name = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        name.map_or_else(|| part.to_owned(), &segment)
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Some value of a form.
#[must_use]
pub fn some(schema: &Value) -> Value {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        _ if schema["enum"].is_array() => schema["enum"][0].clone(),
        (Some("integer"), _) => json!(2),
        (Some("boolean"), _) => json!(true),
        (_, Some("uuid")) => json!(uuid::Uuid::nil()),
        _ => json!("lobby"),
    }
}
