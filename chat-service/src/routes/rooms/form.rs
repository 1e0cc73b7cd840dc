//! Bodies as the document's system reads them, and what it says where they are wrong.
//!
//! Keys in any case, the last of duplicates wins, unknown ones and whatever follows the first
//! value are ignored, `null` is as good as absent.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use warp::http::{HeaderMap, header::CONTENT_TYPE};

/// A form: what it is called in refusals, and its fields as (name, key).
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str)],
}

/// What a form's fields say, in the order of the form; empty where they say nothing.
pub(super) type Values = Vec<String>;

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// The text with which the document's system refuses it.
    pub(super) fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Values, String> {
        let mut values = vec![String::new(); self.fields.len()];
        if body.is_empty() {
            return Ok(values);
        }
        match media_type(headers).as_str() {
            "application/json" => self.read_json(body, &mut values).map(|()| values),
            // Fields of a form have no names here, so it is as good as empty.
            "application/x-www-form-urlencoded" | "multipart/form-data" => Ok(values),
            _ => Err("code=415, message=Unsupported Media Type".to_owned()),
        }
    }

    fn read_json(&self, body: &[u8], values: &mut Values) -> Result<(), String> {
        let mut failed = None;
        let fields = Fields {
            form: self,
            values,
            failed: &mut failed,
        };
        let mut json = serde_json::Deserializer::from_slice(body);
        let read = fields.deserialize(&mut json);
        read.map_err(|error| self.refuse(body, &error, failed))
    }

    fn refuse(&self, body: &[u8], error: &serde_json::Error, failed: Option<usize>) -> String {
        let offset = offset(body, error);
        match error.classify() {
            serde_json::error::Category::Data => {
                let got = kind_of(&error.to_string());
                let (field, name) = match failed {
                    Some(index) => (self.fields[index].1, self.name),
                    None => ("", self.name),
                };
                format!(
                    "code=400, message=Unmarshal type error: expected=string, got={got}, \
                     field={field}, offset={offset}, internal=json: cannot unmarshal {got} into \
                     Go struct field {name}.{field} of type string"
                )
            }
            serde_json::error::Category::Eof => {
                "code=400, message=unexpected EOF, internal=unexpected EOF".to_owned()
            }
            _ => {
                let why = syntax(body, offset, &error.to_string());
                format!(
                    "code=400, message=Syntax error: offset={offset}, error={why}, internal={why}"
                )
            }
        }
    }

    /// What is said of a field that has failed a rule.
    pub(super) fn failed(&self, index: usize, rule: &str) -> String {
        let (name, field) = (self.name, self.fields[index].0);
        format!(
            "Key: '{name}.{field}' Error:Field validation for '{field}' failed on the '{rule}' tag"
        )
    }

    /// What is said of the fields that are empty, one line each.
    pub(super) fn missing(&self, values: &Values) -> Vec<(usize, String)> {
        let empty = values
            .iter()
            .enumerate()
            .filter(|(_, value)| value.is_empty());
        empty
            .map(|(index, _)| (index, self.failed(index, "required")))
            .collect()
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|given| given.to_str().ok());
    let essence = given.and_then(|given| given.split(';').next());
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

/// How many bytes were read when the error was found.
fn offset(body: &[u8], error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + error.column()).min(body.len())
}

/// What kind of value was found where a text was expected.
fn kind_of(error: &str) -> &'static str {
    let found = error.strip_prefix("invalid type: ").unwrap_or_default();
    match found.split([' ', ',']).next() {
        Some("integer" | "floating" | "number") => "number",
        Some("boolean") => "bool",
        Some("map") => "object",
        Some("sequence") => "array",
        _ => "string",
    }
}

/// What is wrong with a text that is no JSON, and with which character.
fn syntax(body: &[u8], offset: usize, error: &str) -> String {
    let at = String::from_utf8_lossy(&body[offset.saturating_sub(1)..]);
    let character = at.chars().next().unwrap_or(' ');
    let place = match error {
        error if error.starts_with("trailing comma") => {
            "looking for beginning of object key string"
        }
        error if error.starts_with("key must be a string") => {
            "looking for beginning of object key string"
        }
        error if error.starts_with("expected `:`") => "after object key",
        error if error.starts_with("expected `,` or `}`") => "after object key:value pair",
        error if error.starts_with("expected `,` or `]`") => "after array element",
        error if error.contains("string") || error.contains("escape") => "in string literal",
        _ => "looking for beginning of value",
    };
    format!("invalid character '{character}' {place}")
}

/// Reads the fields, and remembers which one could not be read.
struct Fields<'a> {
    form: &'a Form,
    values: &'a mut Values,
    failed: &'a mut Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let named = |(_, name): &(&str, &str)| key.eq_ignore_ascii_case(name);
            let Some(index) = self.form.fields.iter().position(named) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            *self.failed = Some(index);
            if let Text(Some(text), _) = map.next_value()? {
                self.values[index] = text;
            }
            *self.failed = None;
        }
        Ok(())
    }
}

/// A text, or nothing.
struct Text<'de>(Option<String>, PhantomData<&'de ()>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(deserializer).map(|text| Self(text, PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    const FORM: Form = Form {
        name: "LogInUserRequest",
        fields: &[("Username", "username"), ("Password", "password")],
    };

    fn read(media_type: Option<&'static str>, body: &str) -> Result<Values, String> {
        let mut headers = HeaderMap::new();
        headers.extend(media_type.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))));
        FORM.read(&headers, body.as_bytes())
    }

    fn json(body: &str) -> Result<Values, String> {
        read(Some("application/json; charset=utf-8"), body)
    }

    #[test]
    fn bodies_are_read_with_tolerance() {
        let wanted = Ok(vec!["ann".to_owned(), "pw".to_owned()]);
        for body in [
            r#"{"username":"ann","password":"pw"}"#,
            r#"{"USERNAME":"ann","passWord":"pw","more":[1,{}]}"#,
            r#"{"username":"x","username":"ann","password":"pw"}"#,
            r#"{"username":"ann","password":"pw"} and more"#,
        ] {
            assert_eq!(json(body), wanted, "{body}");
        }
    }

    #[test]
    fn nothing_said_is_empty() {
        let nothing = Ok(vec![String::new(); 2]);
        assert_eq!(json(""), nothing);
        assert_eq!(json("{}"), nothing);
        assert_eq!(json("null"), nothing);
        assert_eq!(json(r#"{"username":null}"#), nothing);
        assert_eq!(
            read(Some("application/x-www-form-urlencoded"), "username=a"),
            nothing
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_as_the_original_says_it() {
        for (body, said) in [
            (
                r#"{"username":"#,
                "code=400, message=unexpected EOF, internal=unexpected EOF",
            ),
            (
                r#"{"username":5,"password":"x"}"#,
                "code=400, message=Unmarshal type error: expected=string, got=number, \
                 field=username, offset=13, internal=json: cannot unmarshal number into Go struct \
                 field LogInUserRequest.username of type string",
            ),
            (
                r#"{"username":}"#,
                "code=400, message=Syntax error: offset=13, error=invalid character '}' looking \
                 for beginning of value, internal=invalid character '}' looking for beginning of \
                 value",
            ),
        ] {
            assert_eq!(json(body), Err(said.to_owned()), "{body}");
        }
        let unsupported = Err("code=415, message=Unsupported Media Type".to_owned());
        assert_eq!(read(Some("text/plain"), "{}"), unsupported);
        assert_eq!(read(None, "{}"), unsupported);
    }

    #[test]
    fn a_comma_before_the_brace_is_named() {
        let said = json("{\n\"username\": \"ann\",\n}").unwrap_err();
        assert!(
            said.contains("'}' looking for beginning of object key string"),
            "{said}"
        );
        assert!(said.contains("offset=22"), "{said}");
    }
}
