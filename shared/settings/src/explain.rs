//! What `config` says about a value that cannot be read, in words that help.

use config::ConfigError;
use domain::archive::{Action, CatchUp};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error},
};

use crate::{DialectName, LogFormat, Mode};

/// The key that the error is about, and what is wrong with its value.
pub(crate) fn explain(error: &ConfigError) -> (String, String) {
    match error {
        ConfigError::At { error, key, .. } => {
            let key = dotted(key.as_deref().unwrap_or_default());
            let text = explain(error).1;
            let text = choices(&key, &text).unwrap_or(text);
            (key, text)
        }
        ConfigError::Type {
            unexpected,
            expected,
            key,
            ..
        } => {
            let text = format!("must be {expected}, not {unexpected}");
            (dotted(key.as_deref().unwrap_or_default()), text)
        }
        ConfigError::NotFound(key) => (dotted(key), "is missing".to_owned()),
        other => (String::new(), other.to_string().replace('\n', " ")),
    }
}

/// `config` writes `policies[0]name` for `policies[0].name`.
fn dotted(key: &str) -> String {
    let dotted = key.replace(']', "].").replace("].[", "][");
    dotted.replace("..", ".").trim_end_matches('.').to_owned()
}

/// For a word that is none of a fixed few: which they are, as the type itself knows.
fn choices(key: &str, text: &str) -> Option<String> {
    let (_, given) = text.split_once("does not have variant constructor ")?;
    match key.rsplit('.').next()?.split('[').next()? {
        "mode" => refusal::<Mode>(given),
        "dialects" => refusal::<DialectName>(given),
        "format" => refusal::<LogFormat>(given),
        "action" => refusal::<Action>(given),
        "catch_up" => refusal::<CatchUp>(given),
        _ => None,
    }
}

fn refusal<'a, T: Deserialize<'a>>(given: &'a str) -> Option<String> {
    let refused: Result<T, Error> = T::deserialize(given.into_deserializer());
    refused.err().map(|error| error.to_string())
}
