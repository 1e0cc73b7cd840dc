//! Our own tokens: HS256, with a name for the user in the words of each dialect.

use std::time::Duration;

use domain::{Error, Family, FamilyId, Result, Timestamp, TokenKey, User, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::{LEEWAY, Said, Subject, Token, is_alive};

/// Who issues our tokens, and for whom they are.
pub(super) const HUBBUB: &str = "hubbub";

/// What our tokens are for. Other kinds (tickets) say otherwise.
const ACCESS: &str = "access";

/// What a token says. Each dialect's document has its own name for the user's id.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    id: UserId,
    user_id: UserId,
    username: String,
    tenant_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    admin: bool,
    /// The family. Tokens of the first version have none, and are ended by their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<FamilyId>,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    token_use: String,
}

/// The key of our tokens, with the rules they are held to. Built once.
pub(super) struct OurKey {
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) rules: Validation,
}

impl OurKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            rules: rules(),
        }
    }

    /// Makes a token of a family, good for `lifetime` and no longer than the family.
    pub(super) fn issue(
        &self,
        user: &User,
        family: &Family,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Token> {
        let iat = now.as_second();
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let exp = iat.saturating_add(lifetime);
        let exp = exp.min(family.expires_at.as_second());
        let expires_at = Timestamp::from_second(exp).map_err(Error::internal)?;
        let claims = Claims {
            iss: HUBBUB.to_owned(),
            aud: HUBBUB.to_owned(),
            sub: user.id,
            id: user.id,
            user_id: user.id,
            username: user.username.to_string(),
            tenant_id: user.tenant.to_string(),
            email: user.email.as_ref().map(ToString::to_string),
            admin: user.admin,
            sid: Some(family.id),
            jti: crate::random::hex(16),
            iat,
            nbf: iat,
            exp,
            token_use: ACCESS.to_owned(),
        };
        let header = Header::new(Algorithm::HS256);
        let token = encode(&header, &claims, &self.encoding).map_err(Error::internal)?;
        Ok(Token { token, expires_at })
    }

    pub(super) fn read(&self, token: &str, now: Timestamp) -> Option<Said> {
        let token = decode::<Claims>(token, &self.decoding, &self.rules).ok()?;
        let claims = token.claims;
        let latest = now.as_second() + LEEWAY;
        let good = token.header.crit.is_none()
            && claims.token_use == ACCESS
            && claims.id == claims.sub
            && claims.user_id == claims.sub
            && claims.nbf <= latest
            && claims.iat <= latest
            && is_alive(claims.exp, now);
        let single = TokenKey::Single(claims.jti.into());
        good.then_some(Said {
            key: claims.sid.map_or(single, TokenKey::Family),
            subject: Subject::Ours(claims.sub),
            expires_at: Timestamp::from_second(claims.exp).ok()?,
        })
    }
}

/// Signature, algorithm, issuer and audience are the library's to check; the times are ours,
/// because the store's clock decides, not this machine's.
fn rules() -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[HUBBUB]);
    rules.set_audience(&[HUBBUB]);
    rules.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    rules.leeway = 0;
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules
}
