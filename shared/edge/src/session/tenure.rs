//! By which token a session lives, and how a fresh one takes its place.

use std::sync::Arc;

use domain::{Code, Error, Result, Timestamp, ports::Clock};
use tokio::time::{Duration, Instant};

use super::means::Means;
use crate::{
    auth::{Authenticator, Identity},
    hub::Subscriber,
    live::{KeyWatch, Keys},
};

/// Longest life of a session by one token, so that a far `exp` cannot overflow a timer.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// A session's token: until when it is good, and the watch that ends the session when it is
/// revoked.
#[derive(Debug)]
pub(crate) struct Tenure {
    /// When the token ends.
    pub(crate) expires: Instant,
    /// Never read: a session is listed under its token while this lives.
    pub(super) _key: KeyWatch,
}

/// A token that took another's place.
#[derive(Debug)]
pub(crate) struct Renewed {
    /// What the session lives by from now on.
    pub(crate) tenure: Tenure,
    /// When that ends, for the client.
    pub(crate) token_expires: Timestamp,
}

/// Who lists sessions under their tokens.
pub(crate) struct Registry<'a> {
    /// Which tokens are revoked.
    pub(crate) auth: &'a Authenticator,
    /// Which sessions live by which token.
    pub(crate) keys: &'a Arc<Keys>,
    /// The time of the tokens.
    pub(crate) clock: &'a dyn Clock,
}

impl Registry<'_> {
    /// Lists a session under a token that was checked.
    ///
    /// # Errors
    /// `token_invalid` when the token was revoked meanwhile; `unavailable`.
    pub(crate) async fn list(&self, who: &Identity, session: &Arc<Subscriber>) -> Result<Tenure> {
        let tenure = Tenure {
            _key: self.keys.watch(&who.token, session),
            expires: self.expiry(who.caller.expires_at),
        };
        // A revocation before this found nobody under the token, but the store knows of it.
        if self.auth.is_revoked(&who.token).await? {
            return Err(Error::new(Code::TokenInvalid));
        }
        Ok(tenure)
    }

    /// When a token ends, on the timers' clock.
    fn expiry(&self, at: Timestamp) -> Instant {
        let left = at.duration_since(self.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        Instant::now() + left.min(LONGEST)
    }
}

/// Takes a fresh token of the same user for a session that lives on.
///
/// # Errors
/// `token_invalid` when it is not good, or another user's; `unavailable`.
pub(super) async fn renew(
    means: &Means,
    token: &str,
    session: &Arc<Subscriber>,
) -> Result<Renewed> {
    let who = means.auth.identify(token).await?;
    if who.caller.user != means.caller.user {
        let detail = "This token is another user's: open another socket with it.";
        return Err(Error::invalid(Code::TokenInvalid, "token", detail));
    }
    let registry = Registry {
        auth: &means.auth,
        keys: &means.live.keys,
        clock: &*means.clock,
    };
    Ok(Renewed {
        tenure: registry.list(&who, session).await?,
        token_expires: who.caller.expires_at,
    })
}
