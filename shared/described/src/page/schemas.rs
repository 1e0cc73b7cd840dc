//! Schemas as tables of fields.

use protocol::schema::name_of;
use serde_json::{Map, Value};

use super::html::{code, element, line, link, prose, table};

/// Every named schema.
pub(super) fn section(document: &Value) -> String {
    let named = document["components"]["schemas"].as_object();
    let named = named.into_iter().flatten();
    named.map(|(name, schema)| one(name, schema)).collect()
}

fn one(name: &str, schema: &Value) -> String {
    let mut html = element("h3", "", &code(name));
    html += &prose(schema["description"].as_str().unwrap_or_default());
    html += &form(schema);
    format!("<article id=\"schema-{name}\">{html}</article>")
}

/// A schema's form: a table for an object, and else a line.
pub(super) fn form(schema: &Value) -> String {
    match schema["properties"].as_object() {
        Some(properties) if properties.is_empty() => element("p", "", "Nothing."),
        Some(properties) => fields(properties, &schema["required"]),
        None if name_of(schema).is_some() || schema.is_object() => element("p", "", &kind(schema)),
        None => String::new(),
    }
}

fn fields(properties: &Map<String, Value>, required: &Value) -> String {
    let required = required.as_array().map(Vec::as_slice).unwrap_or_default();
    let needed = |name: &str| required.iter().any(|one| one == name);
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_by_key(|(name, _)| (*name != "id", *name != "type", !needed(name)));
    let row = |(name, schema): (&String, &Value)| {
        let mark = match needed(name) {
            true => String::new(),
            false => element("span", "optional", " optional"),
        };
        vec![code(name) + &mark, kind(schema), line(says(schema))]
    };
    let rows: Vec<_> = properties.into_iter().map(row).collect();
    table(&["field", "form", "meaning"], &rows)
}

/// What is said of a field. Where it may be absent, that may stand with what it is if not.
fn says(schema: &Value) -> &str {
    let own = schema["description"].as_str();
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    let of_parts = parts.filter_map(|part| part["description"].as_str()).next();
    own.or(of_parts).unwrap_or_default()
}

/// What a schema is, in a few words.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = name_of(schema) {
        return link(&format!("#schema-{name}"), &code(name));
    }
    if let Some(value) = schema.get("const") {
        return code(&value.to_string());
    }
    if let Some(values) = schema["enum"].as_array() {
        return choice(values);
    }
    for composed in ["oneOf", "anyOf"] {
        if let Some(parts) = schema[composed].as_array() {
            let parts: Vec<_> = parts.iter().map(kind).collect();
            return parts.join(" or ");
        }
    }
    let mut words = plain(schema);
    words += &bounds(schema);
    words
}

/// The values that there are; of very many, only that they are few.
fn choice(values: &[Value]) -> String {
    if values.len() > 12 {
        return format!("one of the {}", link("/docs/codes", "codes"));
    }
    let values: Vec<_> = values
        .iter()
        .map(|value| code(&value.to_string()))
        .collect();
    values.join(" ")
}

fn plain(schema: &Value) -> String {
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let words = types
        .into_iter()
        .map(|kind| match (kind, schema["format"].as_str()) {
            ("array", _) => format!("list of {}", self::kind(&schema["items"])),
            ("object", _) if schema["additionalProperties"].is_object() => {
                format!("object of {}", self::kind(&schema["additionalProperties"]))
            }
            ("string", Some("date-time")) => "time".to_owned(),
            ("string", Some("uuid")) => "UUID".to_owned(),
            ("string", _) => "text".to_owned(),
            ("integer", _) => "whole number".to_owned(),
            (kind, _) => kind.to_owned(),
        });
    words.collect::<Vec<_>>().join(" or ")
}

fn bounds(schema: &Value) -> String {
    let said = [
        ("minLength", "at least", "characters"),
        ("maxLength", "at most", "characters"),
        ("maxItems", "at most", "items"),
        ("minimum", "from", ""),
        ("maximum", "to", ""),
    ];
    let said = said.into_iter().filter_map(|(keyword, before, after)| {
        let bound = schema.get(keyword)?;
        // That a number is not negative is said by what it counts.
        let trivial = keyword == "minimum" && bound == 0;
        (!trivial).then(|| format!(", {before} {bound} {after}").trim_end().to_owned())
    });
    said.collect()
}
