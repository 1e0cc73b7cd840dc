//! The keys of one issuer, all of the one kind that its algorithm takes.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Most keys of one issuer.
const MOST: usize = 32;

/// Keys, each with its id if it has one.
#[derive(Default)]
pub(super) struct Keys(Vec<(Option<String>, DecodingKey)>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// A secret, which signs whatever id a token names.
    pub(super) fn secret(secret: &str) -> Self {
        Self(vec![(None, DecodingKey::from_secret(secret.as_bytes()))])
    }

    /// The keys of a JWK set that sign with this algorithm; those that do not are left out. Or what
    /// is wrong with it.
    pub(super) fn read(set: &[u8], algorithm: Algorithm) -> Result<Self, String> {
        let set: Set =
            serde_json::from_slice(set).map_err(|error| format!("is no JWK set: {error}"))?;
        let fitting = set
            .keys
            .into_iter()
            .filter_map(|key| key_of(key, algorithm));
        let keys: Vec<_> = fitting.take(MOST).collect();
        match keys.is_empty() {
            true => Err(format!("has no key for {algorithm:?}")),
            false => Ok(Self(keys)),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether a token that names this key, or none, can be judged.
    pub(super) fn know(&self, kid: Option<&str>) -> bool {
        self.of(kid).next().is_some()
    }

    /// The keys that may have signed a token which names this one. A key without an id may have
    /// signed any.
    pub(super) fn of(&self, kid: Option<&str>) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |id: &Option<String>| kid.is_none() || id.is_none() || id.as_deref() == kid;
        let all = self.0.iter();
        all.filter(move |(id, _)| fits(id)).map(|(_, key)| key)
    }
}

fn key_of(key: Value, algorithm: Algorithm) -> Option<(Option<String>, DecodingKey)> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let about = &key.common;
    let signs = about
        .public_key_use
        .as_ref()
        .is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let named = about.key_algorithm;
    let fits = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), Algorithm::RS256) => {
            named.is_none_or(|named| named == KeyAlgorithm::RS256)
        }
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => {
            let ed25519 = pair.curve == EllipticCurve::Ed25519;
            ed25519 && named.is_none_or(|named| named == KeyAlgorithm::EdDSA)
        }
        _ => false,
    };
    let usable = signs && fits;
    let read = usable.then(|| DecodingKey::from_jwk(&key).ok()).flatten()?;
    Some((about.key_id.clone(), read))
}
