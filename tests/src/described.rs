//! The API as the running server describes it, and whether an answer is as it says.

use std::collections::{BTreeMap, BTreeSet};

use protocol::schema::closed;
use serde_json::{Value, json};

use crate::{Answer, Rest};

/// Headers that belong to HTTP, or that every answer has: nothing that a client would read here.
const EVERYWHERE: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

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
        Self::new(rest.get("/openapi.json").await.expect(200))
    }

    /// Takes a description.
    #[must_use]
    pub fn new(document: Value) -> Self {
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

    /// Holds the headers of an answer to what is said of them: those that are always there are, and
    /// there are no others, but for those that all answers have.
    fn hold_headers(&self, name: &str, said: &Value, answer: &Answer) {
        let said = said.as_object().into_iter().flatten();
        let said: BTreeMap<_, _> = said
            .map(|(header, said)| (header.to_lowercase(), self.resolved(said)))
            .collect();
        for (header, said) in &said {
            let value = answer.header(header);
            let is_needed = said["required"] == true;
            assert!(
                !is_needed || !value.is_empty(),
                "{name}: {header} is missing"
            );
            if !value.is_empty() {
                let value = match said["schema"]["type"].as_str() {
                    Some("integer") => serde_json::from_str(value).unwrap_or_default(),
                    _ => Value::from(value),
                };
                let wrong = self.wrong(&said["schema"], &value);
                assert!(wrong.is_empty(), "{name}: {header}: {wrong:?}");
            }
        }
        for header in answer.headers.keys().map(|header| header.as_str()) {
            let is_known = said.contains_key(header) || EVERYWHERE.contains(&header);
            assert!(is_known, "{name}: {header} is not described");
        }
    }

    /// What stands behind a reference, or the thing itself.
    fn resolved<'a>(&'a self, said: &'a Value) -> &'a Value {
        let reference = said["$ref"].as_str();
        let behind = reference.and_then(|at| self.document.pointer(at.trim_start_matches('#')));
        behind.unwrap_or(said)
    }
}

impl Operation {
    /// The rates that count it, by the names that answers give them.
    #[must_use]
    pub fn rates(&self) -> Vec<String> {
        let responses = self.said["responses"].as_object().into_iter().flatten();
        let patterns = responses.filter_map(|(_, response)| {
            let pattern = response["headers"]["RateLimit"]["schema"]["pattern"].as_str()?;
            let (_, names) = pattern.split_once('(')?;
            Some(names.split_once(')')?.0)
        });
        let names = patterns.flat_map(|names| names.split('|').map(str::to_owned));
        let names: BTreeSet<_> = names.collect();
        names.into_iter().collect()
    }

    /// Whether it takes this parameter.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        let mut parameters = self.said["parameters"].as_array().into_iter().flatten();
        parameters.any(|one| one["name"] == name)
    }

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
        described.hold_headers(&format!("{name}: {status}"), &response["headers"], answer);
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
