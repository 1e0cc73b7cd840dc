//! Tickets: a place in an address for who cannot send a header, good for one socket and half a
//! minute.
//!
//! A ticket is signed and says all by itself, so that none is kept until it is used, and any
//! process takes it. That it is used once, the store sees to.

use std::{sync::Arc, time::Duration};

use domain::{Error, FamilyId, Result, Timestamp, TokenKey, UserId};
use jsonwebtoken::{Algorithm, Header, decode, encode};
use serde::{Deserialize, Serialize};

use super::{
    Authenticator, Identity, Token,
    claims::{HUBBUB, OurKey},
    identity, invalid, is_alive,
};

/// How long a ticket is good.
const LIFETIME: Duration = Duration::from_secs(30);

/// What a ticket is for, as an access token says `access`.
const TICKET: &str = "ticket";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<FamilyId>,
    /// The token it was made for, where that has no family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<Arc<str>>,
    /// When that token ends, in seconds.
    until: i64,
    jti: String,
    nbf: i64,
    exp: i64,
    token_use: String,
}

impl Authenticator {
    /// Makes a ticket for somebody whose token was checked.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub fn ticket(&self, who: &Identity) -> Result<Token> {
        let now = self.clock.now();
        let expires_at = now.checked_add(LIFETIME).map_err(Error::internal)?;
        let (sid, of) = match &who.token {
            TokenKey::Family(id) => (Some(*id), None),
            TokenKey::Single(key) => (None, Some(Arc::clone(key))),
        };
        let claims = Claims {
            iss: HUBBUB.to_owned(),
            aud: HUBBUB.to_owned(),
            sub: who.caller.user,
            sid,
            of,
            until: who.caller.expires_at.as_second(),
            jti: crate::random::hex(16),
            nbf: now.as_second(),
            exp: expires_at.as_second(),
            token_use: TICKET.to_owned(),
        };
        let token = self.key.sign_ticket(&claims)?;
        Ok(Token { token, expires_at })
    }

    /// Finds out whose ticket it is, and tears it up. The socket lives by the token that the
    /// ticket was made for, and ends with it.
    ///
    /// # Errors
    /// `token_invalid` when it is none of ours, is older than half a minute or was used, or when
    /// that token was ended; what the store says.
    pub async fn admit(&self, ticket: &str) -> Result<Identity> {
        let claims = self.key.read_ticket(ticket, self.clock.now());
        let claims = claims.ok_or_else(invalid)?;
        let expires_at = Timestamp::from_second(claims.exp).map_err(Error::internal)?;
        if !self.store.spend_token(&claims.jti, expires_at).await? {
            return Err(invalid());
        }
        let key = match (claims.sid, claims.of) {
            (Some(family), None) => TokenKey::Family(family),
            (None, Some(key)) => TokenKey::Single(key),
            _ => return Err(invalid()),
        };
        self.ensure_good(&key).await?;
        let user = self.people.by_id(claims.sub).await?;
        let until = Timestamp::from_second(claims.until).map_err(Error::internal)?;
        Ok(identity(&user, key, until))
    }
}

impl OurKey {
    fn sign_ticket(&self, claims: &Claims) -> Result<String> {
        let header = Header::new(Algorithm::HS256);
        encode(&header, claims, &self.encoding).map_err(Error::internal)
    }

    fn read_ticket(&self, ticket: &str, now: Timestamp) -> Option<Claims> {
        let ticket = decode::<Claims>(ticket, &self.decoding, &self.rules).ok()?;
        let claims = ticket.claims;
        let good = ticket.header.crit.is_none()
            && claims.token_use == TICKET
            && claims.exp > now.as_second()
            && is_alive(claims.until, now);
        good.then_some(claims)
    }
}
