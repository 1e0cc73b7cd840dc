//! Tokens of the Go original: `exp`, `id` and `username`, signed with its `SECRET_KEY`.

use domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::{Said, Subject, hash_of, is_alive};

/// Exactly what the original writes. A token that says more is not one of its, but, where both
/// systems share a secret, perhaps a token of ours that was refused for good reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    exp: i64,
    id: String,
    username: String,
}

/// The original's key.
pub(super) struct LegacyKey {
    decoding: DecodingKey,
    rules: Validation,
}

impl LegacyKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["exp"]);
        rules.leeway = 0;
        rules.validate_exp = false;
        Self {
            decoding: DecodingKey::from_secret(secret),
            rules,
        }
    }

    /// Reads a token. An id in the form of ours names that user and no other; 24 hexadecimal
    /// digits are the original's own (`ObjectId`), and an alias here.
    pub(super) fn read(&self, token: &str, now: Timestamp) -> Option<Said> {
        let data = decode::<Claims>(token, &self.decoding, &self.rules).ok()?;
        let Claims { exp, id, username } = data.claims;
        let subject = match id.parse() {
            Ok(user) => Subject::Ours(user),
            Err(_) if is_object_id(&id) => Subject::Alias {
                alias: id.to_ascii_lowercase(),
                username,
            },
            Err(_) => return None,
        };
        (data.header.crit.is_none() && is_alive(exp, now)).then_some(Said {
            key: hash_of(token),
            subject,
            expires_at: Timestamp::from_second(exp).ok()?,
        })
    }
}

fn is_object_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
