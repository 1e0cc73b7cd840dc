//! One level of the settings, ready to be laid over those below it.

use std::collections::BTreeMap;

use config::{ConfigError, Map, Source, ValueKind};
use toml::Value;

use crate::problem::Origin;

/// What one source says: a value for each key that it names, and where it says so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    values: BTreeMap<String, Value>,
    origins: BTreeMap<String, Origin>,
}

impl Layer {
    /// Takes a value, over one that it has.
    pub(crate) fn set(&mut self, key: &str, value: Value, origin: Origin) {
        self.values.insert(key.to_owned(), value);
        self.origins.insert(key.to_owned(), origin);
    }

    /// Remembers where a part of a list stands.
    pub(crate) fn place(&mut self, key: &str, origin: Origin) {
        self.origins.insert(key.to_owned(), origin);
    }

    /// Whether it says anything about a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Forgets a key.
    pub(crate) fn drop(&mut self, key: &str) {
        self.values.remove(key);
    }

    /// Where a key, or the list that it lies in, is said.
    pub(crate) fn origin(&self, key: &str) -> Option<&Origin> {
        let mut key = key;
        loop {
            if let Some(origin) = self.origins.get(key) {
                return Some(origin);
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        let plain = |(key, value): (&String, &Value)| (key.clone(), plain(value));
        Ok(self.values.iter().map(plain).collect())
    }
}

fn plain(value: &Value) -> config::Value {
    let kind = match value {
        Value::String(text) => ValueKind::String(text.clone()),
        Value::Integer(number) => ValueKind::I64(*number),
        Value::Float(number) => ValueKind::Float(*number),
        Value::Boolean(on) => ValueKind::Boolean(*on),
        Value::Datetime(moment) => ValueKind::String(moment.to_string()),
        Value::Array(items) => ValueKind::Array(items.iter().map(plain).collect()),
        Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| (key.clone(), plain(value)));
            ValueKind::Table(entries.collect())
        }
    };
    config::Value::new(None, kind)
}
