//! What `config` says about a value that cannot be read, in words that help.

use config::ConfigError;
use domain::archive::{Action, CatchUp};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error},
};

use crate::{DialectName, LogFormat, Mode, SignatureAlgorithm};

/// What an address to listen on looks like.
pub const ADDRESS: &str = "must be an IP address and a port, like 127.0.0.1:8080";

/// The key that the error is about, and what is wrong with its value.
pub(crate) fn explain(error: &ConfigError) -> (String, String) {
    match error {
        ConfigError::At { error, key, .. } => {
            let key = dotted(key.as_deref().unwrap_or_default());
            let text = explain(error).1;
            let text = choices(&key, &text)
                .or_else(|| address(&key, &text))
                .unwrap_or(text);
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
        ConfigError::NotFound(key) => {
            let key = dotted(key);
            let text = missing(&key);
            (key, text)
        }
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
    refused(key, given)
}

/// A key that must be given; and what it takes, if that is one of a fixed few.
fn missing(key: &str) -> String {
    let few = refused(key, "").and_then(|text| Some(text.split_once("expected ")?.1.to_owned()));
    few.map_or_else(
        || "is missing".to_owned(),
        |few| format!("is missing: say {few}"),
    )
}

/// What is no address, to somebody who left out a half of it.
fn address(key: &str, text: &str) -> Option<String> {
    let is_address = key.starts_with("listen") && text.contains("socket address");
    is_address.then(|| ADDRESS.to_owned())
}

fn refused(key: &str, given: &str) -> Option<String> {
    match key.rsplit('.').next()?.split('[').next()? {
        "mode" => refusal::<Mode>(given),
        "dialects" => refusal::<DialectName>(given),
        "format" => refusal::<LogFormat>(given),
        "algorithm" => refusal::<SignatureAlgorithm>(given),
        "action" => refusal::<Action>(given),
        "catch_up" => refusal::<CatchUp>(given),
        _ => None,
    }
}

fn refusal<'a, T: Deserialize<'a>>(given: &'a str) -> Option<String> {
    let refused: Result<T, Error> = T::deserialize(given.into_deserializer());
    refused.err().map(|error| error.to_string())
}
