//! Who asks: tokens, and what is behind them.
//!
//! One kind of token is good for the native API and every dialect. Tokens that the Go original's
//! installation signed stay good beside it, if its secret is known.

mod claims;
mod filter;
mod legacy;
mod people;
mod secret;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    Caller, Code, Error, Result, Timestamp, User,
    ports::{Clock, Store},
};
use settings::Auth;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub use filter::{administrator, bearer, bearer_of};
pub use secret::{SecretError, check_secrets, load_secret};

use crate::Task;

use self::{claims::OurKey, legacy::LegacyKey, people::People};

/// Longest token that is looked at.
const TOKEN_BYTES: usize = 4 * 1024;

/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY: i64 = 5;

/// How often revocations are forgotten whose tokens have expired.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// How many revocations a listener may be behind.
const REVOCATIONS: usize = 1_024;

/// A token, ready for its user.
#[derive(Debug, Clone)]
pub struct Token {
    /// What the client sends back.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What the store knows a token by: its id, or its hash where it has none.
pub type TokenKey = Arc<str>;

/// Somebody whose token was checked, and which token it was.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who.
    pub caller: Caller,
    /// By which token, so that a socket ends when it is revoked.
    pub token: TokenKey,
}

/// Issues and checks tokens. One per process.
pub struct Authenticator {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
    key: OurKey,
    legacy: Option<LegacyKey>,
    people: People,
    revoked: broadcast::Sender<TokenKey>,
}

/// What a token says, its signature and its times being right.
struct Said {
    key: TokenKey,
    subject: Subject,
    expires_at: Timestamp,
}

/// Whom a token names.
enum Subject {
    Ours(domain::UserId),
    Alias { alias: String, username: String },
}

impl Authenticator {
    /// Takes the secret that [`load_secret`] gave, and the rest from the settings.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: &Auth,
        secret: &settings::Secret,
    ) -> Self {
        let legacy = Some(&settings.legacy_secret).filter(|secret| !secret.is_empty());
        Self {
            people: People::new(store.clone()),
            store,
            clock,
            lifetime: Duration::from_secs(settings.token_seconds),
            key: OurKey::new(secret.reveal().as_bytes()),
            legacy: legacy.map(|secret| LegacyKey::new(secret.reveal().as_bytes())),
            revoked: broadcast::Sender::new(REVOCATIONS),
        }
    }

    /// Makes a token for a user, good from now on.
    ///
    /// # Errors
    /// `internal` when it cannot be signed.
    pub fn issue(&self, user: &User) -> Result<Token> {
        self.key.issue(user, self.clock.now(), self.lifetime)
    }

    /// Finds out whose token it is. What the caller may do is read from the store, a moment ago at
    /// most (two seconds); whether the token was revoked, now.
    ///
    /// # Errors
    /// `token_invalid` unless the signature, every claim and the times are right, the token is not
    /// revoked and the user exists; `unavailable`.
    pub async fn check(&self, token: &str) -> Result<Caller> {
        Ok(self.identify(token).await?.caller)
    }

    /// Does what [`Authenticator::check`] does, and also says by which token, for sockets.
    ///
    /// # Errors
    /// As above.
    pub async fn identify(&self, token: &str) -> Result<Identity> {
        let said = self.read(token)?;
        if self.store.is_token_revoked(&said.key).await? {
            return Err(invalid());
        }
        let user = match said.subject {
            Subject::Ours(id) => self.people.by_id(id).await?,
            Subject::Alias { alias, username } => self.people.by_alias(&alias, &username).await?,
        };
        Ok(Identity {
            caller: Caller {
                tenant: user.tenant.clone(),
                user: user.id,
                username: user.username.clone(),
                admin: user.admin,
                expires_at: said.expires_at,
                session: None,
            },
            token: said.key,
        })
    }

    /// Ends a token, here at once and elsewhere at its next check. Ending it twice changes nothing.
    ///
    /// # Errors
    /// `token_invalid` when it is no token of ours, or has expired; what the store says.
    pub async fn revoke(&self, token: &str) -> Result<()> {
        let said = self.read(token)?;
        self.store.revoke_token(&said.key, said.expires_at).await?;
        // Nobody listening is no failure.
        let _ = self.revoked.send(said.key);
        Ok(())
    }

    /// Listens to the tokens that this process revokes from now on.
    #[must_use]
    pub fn revocations(&self) -> broadcast::Receiver<TokenKey> {
        self.revoked.subscribe()
    }

    /// Whether a token was revoked, by any process. For sockets that live on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_revoked(&self, token: &TokenKey) -> Result<bool> {
        self.store.is_token_revoked(token).await
    }

    /// Forgets what was read of a user, after changing it.
    pub async fn forget(&self, user: domain::UserId) {
        self.people.forget(user).await;
    }

    /// The task that forgets revocations of tokens that have expired anyway, until `stop`.
    pub(crate) fn task(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::new("tokens", async move {
            let pause = || tokio::time::sleep(FORGET_EVERY);
            while stop.run_until_cancelled(pause()).await.is_some() {
                let now = self.clock.now();
                if let Err(error) = self.store.forget_expired_tokens(now).await {
                    tracing::warn!(%error, "revocations of expired tokens stay for now");
                }
            }
        })
    }

    fn read(&self, token: &str) -> Result<Said> {
        if token.len() > TOKEN_BYTES {
            return Err(invalid());
        }
        let now = self.clock.now();
        let ours = self.key.read(token, now);
        match (&ours, &self.legacy) {
            (None, Some(legacy)) => legacy.read(token, now).ok_or_else(invalid),
            _ => ours.ok_or_else(invalid),
        }
    }
}

fn invalid() -> Error {
    Error::new(Code::TokenInvalid)
}

/// The key of a token without an id.
fn hash_of(token: &str) -> TokenKey {
    crate::random::to_hex(&Sha256::digest(token)).into()
}

/// Whether `exp`, in seconds, lies ahead of `now` by the rules of all our tokens.
fn is_alive(exp: i64, now: Timestamp) -> bool {
    exp.saturating_add(LEEWAY) > now.as_second()
}
