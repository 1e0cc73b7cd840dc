//! JSON schemas of wire types, as `utoipa` derives them, in the form in which both descriptions of
//! the API carry them: each object whole (nothing composed of parts), and plain values in place.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Where the documents keep schemas.
const COMPONENTS: &str = "#/components/schemas/";

/// Schemas by name.
pub type Schemas = BTreeMap<String, Value>;

/// The schema of one type, and those that it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Of the type itself. A named type is a reference.
    pub schema: Value,
    /// Of everything that is referred to, by name.
    pub named: Schemas,
}

/// The shape of a type.
///
/// # Panics
/// In builds with debug assertions, when two types of one name differ.
#[must_use]
pub fn shape<T: ToSchema>() -> Shape {
    let mut found = Vec::new();
    T::schemas(&mut found);
    found.push((T::name().into_owned(), T::schema()));
    let mut raw = Schemas::new();
    for (name, schema) in found {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        let before = raw.insert(name.clone(), schema.clone());
        debug_assert!(
            before.is_none_or(|before| before == schema),
            "two types are called {name}"
        );
    }
    let name = T::name();
    let schema = whole(reference(&name), &raw);
    let known = raw
        .iter()
        .map(|(name, one)| (name.clone(), whole(one.clone(), &raw)));
    let mut named = Schemas::new();
    referred(&schema, &known.collect(), &mut named);
    Shape { schema, named }
}

impl Shape {
    /// The properties of an object and the names of those that are always there. Empty for what is
    /// no object.
    #[must_use]
    pub fn properties(&self) -> (Map<String, Value>, Vec<Value>) {
        let object = name_of(&self.schema).and_then(|name| self.named.get(name));
        let object = object.unwrap_or(&self.schema);
        let properties = object["properties"].as_object().cloned();
        let required = object["required"].as_array().cloned();
        (properties.unwrap_or_default(), required.unwrap_or_default())
    }
}

/// A reference to a named schema.
#[must_use]
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{COMPONENTS}{name}") })
}

/// The name that a schema refers to, if it is a reference.
#[must_use]
pub fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(COMPONENTS)
}

/// The same schema, with no field allowed that it does not name. Clients must take fields that they
/// do not know; tests hold the server to saying nothing that is not described.
#[must_use]
pub fn closed(schema: Value) -> Value {
    match schema {
        Value::Array(items) => items.into_iter().map(closed).collect(),
        Value::Object(object) => {
            let named = object.get("properties").is_some_and(Value::is_object)
                && !object.contains_key("$ref");
            let mut object: Map<String, Value> = object
                .into_iter()
                .map(|(key, value)| (key, closed(value)))
                .collect();
            if named {
                object.entry("additionalProperties").or_insert(false.into());
            }
            Value::Object(object)
        }
        plain => plain,
    }
}

/// Adds to `named` what a schema refers to, and what that refers to, as far as it is `known`.
pub fn referred(schema: &Value, known: &Schemas, named: &mut Schemas) {
    if let Some(name) = name_of(schema)
        && !named.contains_key(name)
        && let Some(found) = known.get(name)
    {
        named.insert(name.to_owned(), found.clone());
        referred(found, known, named);
    }
    match schema {
        Value::Object(object) => object.values().for_each(|v| referred(v, known, named)),
        Value::Array(items) => items.iter().for_each(|v| referred(v, known, named)),
        _ => {}
    }
}

/// The schema with its parts put together and plain values in place of references to them.
fn whole(schema: Value, raw: &Schemas) -> Value {
    match schema {
        Value::Array(items) => items.into_iter().map(|item| whole(item, raw)).collect(),
        Value::Object(object) => match plain(&object, raw).or_else(|| merged(&object, raw)) {
            Some(better) => whole(better, raw),
            None => object
                .into_iter()
                .map(|(key, value)| (key, whole(value, raw)))
                .collect(),
        },
        plain => plain,
    }
}

/// What stands behind a reference to something without a name of its own, such as `u64`.
fn plain(object: &Map<String, Value>, raw: &Schemas) -> Option<Value> {
    let name = object.get("$ref")?.as_str()?.strip_prefix(COMPONENTS)?;
    if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        return None;
    }
    let mut found = raw.get(name)?.as_object()?.clone();
    let said = object.iter().filter(|(key, _)| *key != "$ref");
    found.extend(said.map(|(key, value)| (key.clone(), value.clone())));
    Some(Value::Object(found))
}

/// One object of the parts of `allOf`. `None` where there are no parts, or one is no object.
fn merged(object: &Map<String, Value>, raw: &Schemas) -> Option<Value> {
    let parts = object.get("allOf")?.as_array()?;
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts {
        let part = whole(part.clone(), raw);
        let part = match name_of(&part) {
            Some(name) => whole(raw.get(name)?.clone(), raw),
            None => part,
        };
        properties.extend(part["properties"].as_object()?.clone());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let mut one = object.clone();
    one.remove("allOf");
    one.insert("type".into(), "object".into());
    one.insert("properties".into(), properties.into());
    one.insert("required".into(), required.into());
    Some(Value::Object(one))
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    type Number = u64;

    #[derive(Serialize, ToSchema)]
    struct Inner {
        /// What it counts.
        count: Number,
    }

    #[derive(Serialize, ToSchema)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        again: Option<Number>,
        #[serde(skip_serializing_if = "Option::is_none")]
        other: Option<Other>,
    }

    #[derive(Serialize, ToSchema)]
    struct Other {
        one: bool,
    }

    #[test]
    fn an_object_is_whole_and_names_only_what_has_a_name() {
        let shape = shape::<Outer>();
        assert_eq!(shape.schema, reference("Outer"));
        let names: Vec<_> = shape.named.keys().collect();
        assert_eq!(names, ["Other", "Outer"]);
        let (properties, required) = shape.properties();
        assert_eq!(required, ["count"]);
        assert_eq!(properties["count"]["type"], "integer");
        assert_eq!(properties["count"]["description"], "What it counts.");
        let text = shape.named["Outer"].to_string();
        assert!(!text.contains("allOf") && !text.contains("u64"), "{text}");
    }
}
