//! The environment as layers: ours over the file, and what the Go original called it below.

use std::{collections::BTreeMap, fs};

use toml::Value;

use crate::{
    keys::{Keys, Kind},
    layer::Layer,
    problem::{Origin, Problems},
};

const PREFIX: &str = "HUBBUB_";

/// The names under which deployments know these anyway.
const PLAIN: [(&str, &str); 5] = [
    ("STORE_URL", "backends.store_url"),
    ("CACHE_URL", "backends.cache_url"),
    ("BUS_URL", "backends.bus_url"),
    ("QUEUE_URL", "backends.queue_url"),
    ("BLOBS_URL", "backends.blobs_url"),
];

/// What the Go original's installation has set.
const ORIGINAL: [(&str, &str); 4] = [
    ("MONGO_URI", "backends.store_url"),
    ("REDIS_URI", "backends.cache_url"),
    ("REDIS_URI", "backends.bus_url"),
    ("SECRET_KEY", "auth.legacy_secret"),
];

/// Variables by name, as they stand in the environment.
pub type Variables = BTreeMap<String, String>;

/// The variables of this process. Those that are not UTF-8 are left out: none of ours is.
#[must_use]
pub fn process_variables() -> Variables {
    let pairs = std::env::vars_os();
    pairs
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What our own variables say. An empty variable says nothing.
pub(crate) fn ours(variables: &Variables, keys: &Keys, problems: &mut Problems) -> Layer {
    let mut reader = Reader::new(variables, keys, problems);
    for (name, key) in PLAIN {
        reader.read(name, key, Kind::Text);
    }
    for (key, kind) in keys.plain() {
        reader.read(&variable(key), key, kind);
    }
    let layer = reader.layer;
    refuse_unknown(variables, keys, problems);
    layer
}

/// What the original's variables say, for keys that nobody else speaks of.
pub(crate) fn original(variables: &Variables, keys: &Keys, problems: &mut Problems) -> Layer {
    let mut reader = Reader::new(variables, keys, problems);
    for (name, key) in ORIGINAL {
        reader.read(name, key, Kind::Text);
    }
    with_scheme(reader.layer, variables)
}

/// The original wrote Redis's address without a scheme.
fn with_scheme(mut layer: Layer, variables: &Variables) -> Layer {
    let Some(address) = variables
        .get("REDIS_URI")
        .filter(|uri| !uri.contains("://"))
    else {
        return layer;
    };
    for key in ["backends.cache_url", "backends.bus_url"] {
        if layer.has(key) {
            let url = Value::String(format!("redis://{address}"));
            layer.set(key, url, Origin::Variable("REDIS_URI".to_owned()));
        }
    }
    layer
}

/// The variable of a key: `auth.bcrypt_cost` is `HUBBUB_AUTH__BCRYPT_COST`.
#[must_use]
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

struct Reader<'a> {
    variables: &'a Variables,
    keys: &'a Keys,
    problems: &'a mut Problems,
    layer: Layer,
}

impl<'a> Reader<'a> {
    fn new(variables: &'a Variables, keys: &'a Keys, problems: &'a mut Problems) -> Self {
        Self {
            variables,
            keys,
            problems,
            layer: Layer::default(),
        }
    }

    /// Reads the variable, or for texts the file that the variable with `_FILE` names, as
    /// orchestrators hand out secrets.
    fn read(&mut self, name: &str, key: &str, kind: Kind) {
        debug_assert!(self.keys.kind(key).is_some(), "{key} is a key");
        let file = format!("{name}_FILE");
        let given = self.given(name).map(|text| (name, Ok(text.to_owned())));
        let beside = (kind == Kind::Text).then(|| self.given(&file)).flatten();
        let beside = beside.map(|path| (file.as_str(), secret(path)));
        let (name, text) = match (given, beside) {
            (Some(_), Some(_)) => {
                let text = format!("{name} and {file} are both set; unset one of them");
                return self.problems.add(None, Some(key), text);
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return,
        };
        let origin = Origin::Variable(name.to_owned());
        match text.and_then(|text| kind.read(&text)) {
            Ok(value) => self.layer.set(key, value, origin),
            Err(text) => self.problems.add(Some(origin), Some(key), text),
        }
    }

    fn given(&self, name: &str) -> Option<&'a str> {
        let text = self.variables.get(name)?;
        (!text.is_empty()).then_some(text.as_str())
    }
}

fn secret(path: &str) -> Result<String, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn refuse_unknown(variables: &Variables, keys: &Keys, problems: &mut Problems) {
    for name in variables.keys().filter(|name| !from_kubernetes(name)) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let key = rest.replace("__", ".").to_ascii_lowercase();
        let named = |key: &str| keys.plain().any(|(plain, _)| variable(plain) == *key);
        let text_of = name.strip_suffix("_FILE").unwrap_or(name);
        if !named(name) && !named(text_of) {
            let origin = Origin::Variable(name.clone());
            problems.add(Some(origin), Some(&key), keys.unknown(&key));
        }
    }
}

/// Kubernetes sets these in every pod beside a service that is called `hubbub`.
fn from_kubernetes(name: &str) -> bool {
    ["HUBBUB_SERVICE_", "HUBBUB_PORT_"]
        .iter()
        .any(|start| name.starts_with(start))
        || name == "HUBBUB_PORT"
}
