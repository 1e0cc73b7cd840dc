//! Forms: JSON objects with texts, and all that is wrong with them at once, field by field.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{Refusal, detail, json};

const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NO_TEXT: &str = "Not a valid string.";

/// What is wrong with a form, by field, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<(&'static str, Vec<String>)>);

impl Faults {
    /// One fault of one field.
    #[must_use]
    pub fn one(field: &'static str, fault: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(field, fault);
        faults
    }

    /// Adds a fault of a field.
    pub fn add(&mut self, field: &'static str, fault: impl Into<String>) {
        let fault = fault.into();
        match self.0.iter_mut().find(|(known, _)| *known == field) {
            Some((_, faults)) => faults.push(fault),
            None => self.0.push((field, vec![fault])),
        }
    }

    /// Whether a field has none.
    #[must_use]
    pub fn spare(&self, field: &str) -> bool {
        self.0.iter().all(|(known, _)| *known != field)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Passes on what a form gave, where there is none.
    ///
    /// # Errors
    /// All of them.
    pub fn pass<T>(&self, given: T) -> Result<T, Refusal> {
        match self.is_empty() {
            true => Ok(given),
            false => Err(self.refusal()),
        }
    }

    /// Refuses with all of them.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal {
            status: 400,
            body: json(self),
        }
    }
}

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, faults) in &self.0 {
            map.serialize_entry(field, faults)?;
        }
        map.end()
    }
}

/// A form that was read.
#[derive(Debug, Clone)]
pub struct Form {
    fields: Map<String, Value>,
    /// What is wrong with it so far.
    pub faults: Faults,
}

impl Form {
    /// A text that may be there; `None` also for null and for an empty one.
    pub fn optional(&mut self, field: &'static str) -> Option<String> {
        match self.fields.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(_) => Some(self.text(field)).filter(|_| self.faults.spare(field)),
        }
    }

    /// A text that must be there and say something. Empty where it is at fault, which is noted.
    /// Numbers are as good as texts; white space stays, but nothing else is nothing.
    pub fn text(&mut self, field: &'static str) -> String {
        let (text, fault) = match self.fields.remove(field) {
            None => (String::new(), Some(REQUIRED)),
            Some(Value::Null) => (String::new(), Some(NULL)),
            Some(Value::String(text)) if text.trim().is_empty() => (String::new(), Some(BLANK)),
            Some(Value::String(text)) => (text, None),
            Some(Value::Number(number)) => (number.to_string(), None),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                (String::new(), Some(NO_TEXT))
            }
        };
        if let Some(fault) = fault {
            self.faults.add(field, fault);
        }
        text
    }

    /// The texts of a list that may be there. None where it is at fault, which is noted. Numbers are
    /// as good as texts.
    pub fn texts(&mut self, field: &'static str) -> Vec<String> {
        let texts = match self.fields.remove(field) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items.into_iter().map(item).collect(),
            Some(other) => {
                let got = kind(&other);
                let fault = format!("Expected a list of items but got type \"{got}\".");
                Err(fault)
            }
        };
        texts.unwrap_or_else(|fault: String| {
            self.faults.add(field, fault);
            Vec::new()
        })
    }
}

fn item(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Err(BLANK.to_owned()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(NO_TEXT.to_owned()),
    }
}

/// Reads a body; an empty one is an empty form.
///
/// # Errors
/// How the framework refuses what is no JSON, or no object.
pub fn read(body: &[u8]) -> Result<Form, Refusal> {
    let value = match body.trim_ascii() {
        [] => Value::Object(Map::new()),
        body => serde_json::from_slice(body)
            .map_err(|error| detail(400, &format!("JSON parse error - {error}")))?,
    };
    match value {
        Value::Object(fields) => Ok(Form {
            fields,
            faults: Faults::default(),
        }),
        other => {
            let got = format!(
                "Invalid data. Expected a dictionary, but got {}.",
                kind(&other)
            );
            Err(Faults::one("non_field_errors", got).refusal())
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(body: &str, fields: &[&'static str]) -> String {
        let mut form = read(body.as_bytes()).unwrap();
        for field in fields {
            form.text(field);
        }
        form.faults.refusal().body
    }

    #[test]
    fn all_faults_are_told_at_once_in_the_order_of_the_form() {
        let body = r#"{"b":"  ","c":null,"d":[],"e":"x","f":7,"more":{}}"#;
        assert_eq!(
            faults(body, &["a", "b", "c", "d", "e", "f"]),
            "{\"a\":[\"This field is required.\"],\"b\":[\"This field may not be blank.\"],\
             \"c\":[\"This field may not be null.\"],\"d\":[\"Not a valid string.\"]}"
        );
    }

    #[test]
    fn texts_come_as_they_are_and_numbers_as_texts() {
        let mut form = read(br#"{"a":" x ","b":7,"a":" y "}"#).unwrap();
        assert_eq!((form.text("a"), form.text("b")), (" y ".into(), "7".into()));
        assert!(form.faults.is_empty());
    }

    #[test]
    fn lists_hold_texts_and_numbers() {
        let mut form = read(br#"{"a":["x",7],"b":"x","c":["x",{}],"d":null}"#).unwrap();
        assert_eq!(form.texts("a"), ["x", "7"]);
        for field in ["b", "c", "d", "e"] {
            assert!(form.texts(field).is_empty(), "{field}");
        }
        let told = form.faults.refusal().body;
        let expected = "{\"b\":[\"Expected a list of items but got type \\\"str\\\".\"],\
                        \"c\":[\"Not a valid string.\"]}";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (body, begins) in [
            ("{", r#"{"detail":"JSON parse error - "#),
            (
                "[]",
                r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#,
            ),
        ] {
            let refusal = read(body.as_bytes()).unwrap_err();
            assert_eq!(refusal.status, 400);
            assert!(refusal.body.starts_with(begins), "{}", refusal.body);
        }
        assert!(read(b" ").unwrap().fields.is_empty());
    }
}
