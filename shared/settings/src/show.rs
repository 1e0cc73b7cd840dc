//! The settings as a person reads them.

use toml::{Table, Value};

use crate::{Origin, Settings};

/// One key of `config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key, dotted.
    pub key: String,
    /// Its value, as it would stand in the file; secrets as `***`.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

pub(crate) fn rows(settings: &Settings, origin: impl Fn(&str) -> Origin) -> Vec<Shown> {
    let table = Table::try_from(settings).expect("settings are plain values");
    let mut leaves = Vec::new();
    flatten("", &table, &mut leaves);
    let shown = |(key, value): (String, String)| Shown {
        origin: origin(&key),
        key,
        value,
    };
    leaves.into_iter().map(shown).collect()
}

/// Values before sections, as TOML wants it.
fn flatten(prefix: &str, table: &Table, leaves: &mut Vec<(String, String)>) {
    let (sections, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, v)| v.is_table());
    for (name, value) in values {
        leaves.push((crate::keys::join(prefix, name), text(value)));
    }
    for (name, value) in sections {
        if let Value::Table(inner) = value {
            flatten(&crate::keys::join(prefix, name), inner, leaves);
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => Value::String(without_password(text)).to_string(),
        other => other.to_string(),
    }
}

/// `scheme://user:password@host` loses its password.
fn without_password(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let (who, host) = rest.rsplit_once('@')?;
        let (user, _) = who.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}"))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}
