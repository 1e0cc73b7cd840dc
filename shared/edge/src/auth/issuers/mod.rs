//! Tokens that other systems sign. Each issuer of the settings has one algorithm and keys of that
//! kind alone, so that no key is ever taken for one of another; the Go original's `SECRET_KEY` is
//! one of them.

mod keys;
mod source;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use domain::{Error, Result, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};
use settings::{IssuerSetting, Settings, SignatureAlgorithm};
use tokio_util::sync::CancellationToken;

use self::{
    source::{Asked, Source},
    words::Words,
};
use super::{Said, hash_of, is_alive};

/// How often it is looked whether keys have changed.
const LOOK: Duration = Duration::from_secs(5);

/// The systems whose tokens are good here.
pub(super) struct Issuers(Vec<Issuer>);

/// One of them.
struct Issuer {
    /// Its key in the settings, for who has to mend it.
    place: String,
    algorithm: Algorithm,
    rules: Validation,
    source: Source,
    words: Words,
}

impl Issuers {
    /// Those of the settings, and the Go original if its secret is given. Asks nobody yet.
    pub(super) fn of(settings: &Settings) -> Self {
        let auth = &settings.auth;
        let foreign = auth.issuers.iter().enumerate();
        let foreign = foreign.map(|(index, issuer)| Issuer::of(settings, index, issuer));
        let original = Some(auth.legacy_secret.reveal()).filter(|secret| !secret.is_empty());
        Self(foreign.chain(original.map(Issuer::original)).collect())
    }

    /// What a token says, if one of them made it.
    ///
    /// # Errors
    /// `unavailable` when it may be good, but the keys of its issuer could not be read.
    pub(super) async fn read(&self, token: &str, now: Timestamp) -> Result<Option<Said>> {
        let Ok(header) = decode_header(token) else {
            return Ok(None);
        };
        let mut away = None;
        let fitting = |issuer: &&Issuer| issuer.algorithm == header.alg && header.crit.is_none();
        for issuer in self.0.iter().filter(fitting) {
            match issuer.read(token, &header, now).await {
                Ok(None) => {}
                Err(error) => away = Some(error),
                said => return said,
            }
        }
        away.map_or(Ok(None), Err)
    }

    /// Whether there is any whose keys lie elsewhere.
    pub(super) fn are_elsewhere(&self) -> bool {
        self.0.iter().any(|issuer| !issuer.source.is_fixed())
    }

    /// Keeps the keys as they are where they lie, until `stop`.
    pub(super) async fn keep(&self, stop: CancellationToken) {
        loop {
            for issuer in &self.0 {
                issuer.source.look().await;
            }
            let pause = tokio::time::sleep(LOOK);
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// What is wrong with the keys of any of them, as it was found last: its key in the settings,
    /// and why. Names no secret.
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let fault = |issuer: &Issuer| Some((issuer.place.clone(), issuer.source.fault()?));
        self.0.iter().filter_map(fault).collect()
    }

    /// The same after looking now, with how many keys there are where nothing is wrong.
    pub(super) async fn examine(&self) -> Vec<(String, Result<usize, String>)> {
        let mut found = Vec::new();
        for issuer in &self.0 {
            issuer.source.look().await;
            let count = issuer.source.fault().map_or(Ok(issuer.source.count()), Err);
            found.push((issuer.place.clone(), count));
        }
        found
    }
}

impl Issuer {
    fn of(settings: &Settings, index: usize, issuer: &IssuerSetting) -> Self {
        let algorithm = match issuer.algorithm {
            SignatureAlgorithm::Rs256 => Algorithm::RS256,
            SignatureAlgorithm::EdDsa => Algorithm::EdDSA,
            SignatureAlgorithm::Hs256 => Algorithm::HS256,
        };
        Self {
            place: format!("auth.issuers[{index}]"),
            algorithm,
            rules: rules(algorithm, &issuer.issuer, &issuer.audience),
            source: Source::of(settings, algorithm, issuer),
            words: Words::of(issuer),
        }
    }

    fn original(secret: &str) -> Self {
        let algorithm = Algorithm::HS256;
        Self {
            place: "auth.legacy_secret".to_owned(),
            algorithm,
            rules: rules(algorithm, "", ""),
            source: Source::secret(secret),
            words: Words::Original,
        }
    }

    async fn read(&self, token: &str, header: &Header, now: Timestamp) -> Result<Option<Said>> {
        let kid = header.kid.as_deref();
        let (keys, asked) = self.source.keys(kid).await;
        let claims = keys.of(kid).find_map(|key| self.verify(token, key));
        match (claims, asked) {
            (Some(claims), _) => Ok(self.said(token, &claims, now)),
            (None, Asked::Known) => Ok(None),
            (None, Asked::Away) => Err(Error::unavailable(format!(
                "the keys of {} cannot be read",
                self.place
            ))),
        }
    }

    fn verify(&self, token: &str, key: &DecodingKey) -> Option<Map<String, Value>> {
        let token = decode(token, key, &self.rules).ok()?;
        Some(token.claims)
    }

    fn said(&self, token: &str, claims: &Map<String, Value>, now: Timestamp) -> Option<Said> {
        let exp = seconds(claims.get("exp")?)?;
        let begun = claims.get("nbf").is_none_or(|nbf| {
            let nbf = seconds(nbf);
            nbf.is_some_and(|nbf| nbf <= now.as_second().saturating_add(super::LEEWAY))
        });
        let subject = self.words.subject(claims)?;
        (begun && is_alive(exp, now)).then_some(Said {
            key: hash_of(token),
            subject,
            expires_at: Timestamp::from_second(exp).ok()?,
        })
    }
}

/// A moment of a token in whole seconds; some systems write fractions.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is too large is refused as a moment"
)]
fn seconds(claim: &Value) -> Option<i64> {
    let whole = claim.as_i64();
    whole.or_else(|| claim.as_f64().filter(|s| s.abs() < 1e12).map(|s| s as i64))
}

/// The algorithm, the issuer and the audience are the library's to check; the times are ours,
/// because the store's clock decides, not this machine's.
fn rules(algorithm: Algorithm, issuer: &str, audience: &str) -> Validation {
    let mut rules = Validation::new(algorithm);
    let mut required = vec!["exp"];
    if !issuer.is_empty() {
        rules.set_issuer(&[issuer]);
        required.push("iss");
    }
    rules.validate_aud = !audience.is_empty();
    if rules.validate_aud {
        rules.set_audience(&[audience]);
        required.push("aud");
    }
    rules.set_required_spec_claims(&required);
    rules.leeway = 0;
    rules.validate_exp = false;
    rules
}
