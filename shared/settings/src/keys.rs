//! The keys there are, made from the defaults, so that there is no second list of them.

use std::collections::BTreeMap;

use domain::archive::{Action, CatchUp};
use toml::{Table, Value};

use crate::{IssuerSetting, PolicySetting, Settings, SignatureAlgorithm};

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Part,
    Switch,
    List,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Integer(_) => Self::Number,
            Value::Float(_) => Self::Part,
            Value::Boolean(_) => Self::Switch,
            Value::Array(_) => Self::List,
            Value::String(_) | Value::Datetime(_) | Value::Table(_) => Self::Text,
        }
    }

    /// Refuses a value of the file that is of another kind.
    pub(crate) fn accept(self, value: &Value) -> Result<(), String> {
        let fits = match self {
            Self::Text => value.is_str(),
            Self::Number => value.as_integer().is_some_and(|number| number >= 0),
            Self::Part => value.is_float() || value.is_integer(),
            Self::Switch => value.is_bool(),
            Self::List => value.is_array(),
        };
        match value {
            _ if fits => Ok(()),
            Value::Integer(number) => Err(format!("must be {}, not {number}", self.name())),
            other => Err(format!("must be {}, not {}", self.name(), other.type_str())),
        }
    }

    /// Reads the text of a variable. Lists are separated by commas, or written as in the file.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        let refuse = || format!("must be {}, not `{text}`", self.name());
        match self {
            Self::Text => Ok(Value::String(text.to_owned())),
            Self::Number => {
                let number = text.trim().replace('_', "").parse().ok();
                let number = number.filter(|number| *number >= 0);
                number.map(Value::Integer).ok_or_else(refuse)
            }
            Self::Part => text.trim().parse().map(Value::Float).map_err(|_| refuse()),
            Self::Switch => switch(text).map(Value::Boolean).ok_or_else(refuse),
            Self::List => list(text).ok_or_else(refuse),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::Number => "a whole number from 0",
            Self::Part => "a number from 0 to 1, like 0.1",
            Self::Switch => "true or false",
            Self::List => "a list",
        }
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn list(text: &str) -> Option<Value> {
    if text.trim_start().starts_with('[') {
        let mut table: Table = toml::from_str(&format!("list = {text}")).ok()?;
        return table.remove("list");
    }
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    Some(Value::Array(
        items.map(|item| Value::String(item.to_owned())).collect(),
    ))
}

/// Every key there is, dotted. Those of the tables in a list have `[]` behind the list's name.
pub(crate) struct Keys(BTreeMap<String, Kind>);

impl Keys {
    /// Lists them.
    pub(crate) fn all() -> Self {
        let mut keys = BTreeMap::new();
        collect("", &defaults(), &mut keys);
        collect("archive.policies[]", &policy(), &mut keys);
        collect("auth.issuers[]", &issuer(), &mut keys);
        Self(keys)
    }

    /// What the key takes; `None` when there is no such key.
    pub(crate) fn kind(&self, key: &str) -> Option<Kind> {
        self.0.get(&without_indexes(key)).copied()
    }

    /// Whether it is a section: the beginning of keys, and none itself.
    pub(crate) fn is_section(&self, name: &str) -> bool {
        let start = format!("{name}.");
        self.0.keys().any(|key| key.starts_with(&start))
    }

    /// What to say about a key that does not exist.
    pub(crate) fn unknown(&self, key: &str) -> String {
        match self.nearest(&without_indexes(key)) {
            Some(near) => format!("unknown key; did you mean `{near}`?"),
            None => "unknown key; see docs/configuration.md for all there are".to_owned(),
        }
    }

    /// The key that was probably meant: spelt nearly so, or put into the wrong section.
    fn nearest(&self, key: &str) -> Option<&str> {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let likeness = |known: &String| {
            let whole = strsim::normalized_damerau_levenshtein(key, known);
            let name = strsim::normalized_damerau_levenshtein(&last(key), &last(known));
            whole.max(name * 0.95)
        };
        let scored = self.0.keys().map(|known| (likeness(known), known));
        let (score, known) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (score > 0.6).then_some(known.as_str())
    }

    /// The lists and values at the top, without what lies in the tables of a list.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (&str, Kind)> {
        let plain = self.0.iter().filter(|(key, _)| !key.contains('['));
        plain.map(|(key, kind)| (key.as_str(), *kind))
    }
}

/// `archive.policies[3].name` is the key `archive.policies[].name`.
fn without_indexes(key: &str) -> String {
    let mut parts = key.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("[]");
        plain.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    plain
}

fn collect(prefix: &str, table: &Table, keys: &mut BTreeMap<String, Kind>) {
    for (name, value) in table {
        let key = join(prefix, name);
        match value {
            Value::Table(inner) => collect(&key, inner, keys),
            leaf => {
                keys.insert(key, Kind::of(leaf));
            }
        }
    }
}

/// Puts a name behind its section's.
pub(crate) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        return name.to_owned();
    }
    format!("{prefix}.{name}")
}

fn defaults() -> Table {
    Table::try_from(Settings::default()).expect("the defaults are plain values")
}

fn policy() -> Table {
    let sample = PolicySetting {
        name: String::new(),
        rooms: Vec::new(),
        older_than: String::new(),
        action: Action::Log,
        schedule: String::new(),
        timezone: String::new(),
        catch_up: CatchUp::default(),
        enabled: true,
    };
    Table::try_from(sample).expect("a policy is plain values")
}

fn issuer() -> Table {
    let sample = IssuerSetting::of(SignatureAlgorithm::Hs256);
    Table::try_from(sample).expect("an issuer is plain values")
}
