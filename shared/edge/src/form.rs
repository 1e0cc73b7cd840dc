//! What is wrong with JSON that is not of the form that is expected: which field, and what it
//! must be, in our own words. The parser's are for its programmers.

use std::borrow::Cow;

use domain::{Code, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What ids and times look like.
const UUID: &str = "an id, which is a UUID";
const TIME: &str = "a time such as 2026-01-31T12:00:00Z";

/// Words of a parser that was given no time.
const TIMES: [&str; 7] = [
    "time",
    "date",
    "year",
    "offset",
    "separator",
    "pars",
    "digit",
];

/// Before what a parser says of the place of a mistake.
const PLACE: &str = " at line ";

/// Reads JSON of one form.
///
/// # Errors
/// `invalid_json` when it is none, or no object; else `invalid_field`, which names the field.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // serde would take a list for an object whose names were left out.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(no_object());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize::<_, T>(&mut json);
    let read = read.map_err(|wrong| (wrong.path().to_string(), wrong.into_inner()));
    match read {
        Ok(read) => json.end().map(|()| read).map_err(|error| no_json(&error)),
        Err((path, error)) => Err(explain(bytes, &path, &error)),
    }
}

fn explain(bytes: &[u8], path: &str, error: &serde_json::Error) -> Error {
    // What is an enum calls `null` no JSON: only the whole text says whether it is any.
    match serde_json::from_slice::<Value>(bytes) {
        Err(error) => no_json(&error),
        Ok(Value::Object(_)) => no_form(path, error),
        Ok(_) => no_object(),
    }
}

fn no_object() -> Error {
    Error::new(Code::InvalidJson).with_detail("A body must be a JSON object.")
}

fn no_json(error: &serde_json::Error) -> Error {
    Error::new(Code::InvalidJson).with_detail(error.to_string())
}

fn no_form(path: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    let said = said.split(PLACE).next().unwrap_or_default();
    let (name, detail) = words(said);
    let field = match (path, name) {
        (".", None) => return Error::new(Code::InvalidField).with_detail(detail),
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if !ends_with(path, name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    Error::invalid(Code::InvalidField, field, detail)
}

/// Whether a path names this field already.
fn ends_with(path: &str, name: &str) -> bool {
    path.rsplit('.').next() == Some(name)
}

/// What a parser said, in our words, and the field that it named itself.
fn words(said: &str) -> (Option<&str>, Cow<'static, str>) {
    if let Some(name) = quoted_after(said, "missing field ") {
        (Some(name), "It is missing.".into())
    } else if let Some(name) = quoted_after(said, "unknown field ") {
        (Some(name), "There is no such field.".into())
    } else if let Some(name) = quoted_after(said, "duplicate field ") {
        (Some(name), "It is there twice.".into())
    } else {
        (None, expected(said))
    }
}

/// The name in backquotes after `start`.
fn quoted_after<'a>(said: &'a str, start: &str) -> Option<&'a str> {
    let quoted = said.strip_prefix(start)?.strip_prefix('`')?;
    quoted.split('`').next()
}

/// What a value must be.
fn expected(said: &str) -> Cow<'static, str> {
    let of_serde = ["invalid type", "invalid value", "invalid length"];
    let told = said.split_once("expected ").map(|(_, expected)| expected);
    match told {
        _ if said == "expected value" => "It must not be null.".into(),
        Some(choice) if said.starts_with("unknown variant") => {
            let choice = choice.replacen("one of ", "one of these: ", 1);
            format!("It must be {choice}.").into()
        }
        Some(kind) if of_serde.iter().any(|start| said.starts_with(start)) => {
            format!("It must be {}.", kind_of(kind)).into()
        }
        _ if said.starts_with("UUID parsing failed") => format!("It must be {UUID}.").into(),
        _ if TIMES.iter().any(|word| said.contains(word)) => format!("It must be {TIME}.").into(),
        _ => "It has a value that is not allowed.".into(),
    }
}

/// What a kind of value is called by those who write JSON.
fn kind_of(kind: &str) -> Cow<'_, str> {
    match kind {
        "a string" | "a borrowed string" | "string" => "a text".into(),
        "a boolean" => "`true` or `false`".into(),
        "a sequence" => "a list".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 up".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        kind if kind.contains("UUID") => UUID.into(),
        kind if kind.contains("timestamp") => TIME.into(),
        kind if kind.starts_with("a nonzero") => "a whole number from 1 up".into(),
        kind if kind.starts_with("struct ") || kind == "a map" => "an object".into(),
        kind if kind.contains(' ') => kind.to_owned().into(),
        _ => "of another form".into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use serde::Deserialize;
    use uuid::Uuid;

    use super::*;

    #[allow(dead_code, reason = "only what does not fit is looked at")]
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        name: String,
        #[serde(default)]
        count: u32,
        on: Option<bool>,
        id: Option<Uuid>,
        at: Option<Timestamp>,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        kind: Kind,
    }

    #[allow(dead_code, reason = "only what does not fit is looked at")]
    #[derive(Debug, Deserialize)]
    struct Inner {
        age: u64,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Red,
        Green,
    }

    /// The field that is refused, and why.
    fn refused(text: &str) -> (String, String) {
        let error = read::<Form>(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidField, "{text}: {error}");
        let field = error.field().unwrap_or_default();
        (field.to_owned(), error.message().to_owned())
    }

    #[test]
    fn a_field_is_named_and_what_it_must_be() {
        let uuid = "It must be an id, which is a UUID.";
        let time = "It must be a time such as 2026-01-31T12:00:00Z.";
        for (text, field, detail) in [
            (r"{}", "name", "It is missing."),
            (r#"{"name":5}"#, "name", "It must be a text."),
            (r#"{"name":"a","name":"b"}"#, "name", "It is there twice."),
            (r#"{"name":"a","nam":1}"#, "nam", "There is no such field."),
            (
                r#"{"name":"a","count":-1}"#,
                "count",
                "It must be a whole number from 0 up.",
            ),
            (
                r#"{"name":"a","on":"yes"}"#,
                "on",
                "It must be `true` or `false`.",
            ),
            (r#"{"name":"a","id":"x"}"#, "id", uuid),
            (r#"{"name":"a","id":5}"#, "id", uuid),
            (r#"{"name":"a","at":"soon"}"#, "at", time),
            (r#"{"name":"a","at":"99999-01-01T00:00:00Z"}"#, "at", time),
            (r#"{"name":"a","at":5}"#, "at", time),
            (r#"{"name":"a","list":{}}"#, "list", "It must be a list."),
            (
                r#"{"name":"a","list":[5]}"#,
                "list[0]",
                "It must be an object.",
            ),
            (
                r#"{"name":"a","list":[{}]}"#,
                "list[0].age",
                "It is missing.",
            ),
            (
                r#"{"name":"a","kind":"blue"}"#,
                "kind",
                "It must be `red` or `green`.",
            ),
            (
                r#"{"name":"a","kind":null}"#,
                "kind",
                "It must not be null.",
            ),
        ] {
            let (named, said) = refused(text);
            assert_eq!((named.as_str(), said.as_str()), (field, detail), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_no_body() {
        for text in ["5", "null", "\"x\"", "[]", "{", "", "{} x"] {
            let error = read::<Form>(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidJson, "{text}: {error}");
        }
    }
}
