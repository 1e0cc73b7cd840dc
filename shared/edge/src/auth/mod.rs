//! Who asks: tokens, and what is behind them.
//!
//! One kind of token is good for the native API and every dialect. Tokens that other systems sign
//! are good beside it, if the settings name their issuers.

mod claims;
mod families;
mod filter;
mod issuers;
mod people;
mod refresh;
mod secret;
#[cfg(test)]
mod tests;
mod ticket;

use std::{collections::HashSet, sync::Arc, time::Duration};

use domain::{
    Caller, Card, Code, Error, Result, TenantId, Timestamp, TokenKey, User,
    ports::{Clock, Store},
};
use settings::Settings;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub use families::Granted;
pub use filter::{
    administrator, authorized, bearer, bearer_of, identified, token, token_of, token_with,
};
pub use secret::{SecretError, check_secrets, load_secret, secret_file};

use crate::Task;

use self::{claims::OurKey, issuers::Issuers, people::People, refresh::RefreshKey};

/// Longest token that is looked at.
const TOKEN_BYTES: usize = 4 * 1024;

/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY: i64 = 5;

/// How often what has ended anyway is forgotten: revocations, and families.
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

/// Somebody whose token was checked, and which token it was.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who.
    pub caller: Caller,
    /// How others see them.
    pub card: Card,
    /// By which token, so that a socket ends with it.
    pub token: TokenKey,
}

/// Tokens that were ended at once.
pub type Ended = Arc<[TokenKey]>;

/// Issues and checks tokens. One per process.
pub struct Authenticator {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// How long a token is good, and how long a family that can be renewed.
    lifetime: Duration,
    renewable: Duration,
    most_families: Option<usize>,
    key: OurKey,
    refresh_key: RefreshKey,
    issuers: Issuers,
    people: People,
    ended: broadcast::Sender<Ended>,
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
    Alias {
        tenant: TenantId,
        alias: String,
        username: String,
    },
}

impl Authenticator {
    /// Takes the secret that [`load_secret`] gave, and the rest from the settings.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
        secret: &settings::Secret,
    ) -> Self {
        let auth = &settings.auth;
        let lifetime = Duration::from_secs(auth.token_seconds);
        let secret = secret.reveal().as_bytes();
        Self {
            people: People::new(store.clone()),
            store,
            clock,
            lifetime,
            renewable: Duration::from_secs(auth.refresh_seconds).max(lifetime),
            most_families: (!settings.no_limits).then_some(settings.limits.user_logins),
            key: OurKey::new(secret),
            refresh_key: RefreshKey::new(secret),
            issuers: Issuers::of(settings),
            ended: broadcast::Sender::new(REVOCATIONS),
        }
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
        let said = self.read(token).await?;
        self.ensure_good(&said.key).await?;
        let user = match said.subject {
            Subject::Ours(id) => self.people.by_id(id).await?,
            Subject::Alias {
                tenant,
                alias,
                username,
            } => self.people.by_alias(&tenant, &alias, &username).await?,
        };
        Ok(identity(&user, said.key, said.expires_at))
    }

    /// Ends a token and all of its family, here at once and elsewhere as soon as it is heard of.
    /// Ending it twice changes nothing.
    ///
    /// # Errors
    /// `token_invalid` when it is no token of ours, or has expired; what the store says.
    pub async fn revoke(&self, token: &str) -> Result<()> {
        let said = self.read(token).await?;
        match said.key {
            TokenKey::Family(id) => self.end(id).await,
            TokenKey::Single(key) => {
                self.store.revoke_token(&key, said.expires_at).await?;
                self.tell([TokenKey::Single(key)]);
                Ok(())
            }
        }
    }

    /// Listens to the tokens that this process ends from now on.
    #[must_use]
    pub fn revocations(&self) -> broadcast::Receiver<Ended> {
        self.ended.subscribe()
    }

    /// Listens to who gets a name from now on because a token is the first to say it.
    #[must_use]
    pub fn namings(&self) -> broadcast::Receiver<Card> {
        self.people.named()
    }

    /// Whether a token was ended, by any process. For sockets that live on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_revoked(&self, token: &TokenKey) -> Result<bool> {
        match token {
            TokenKey::Single(key) => self.store.is_token_revoked(key).await,
            TokenKey::Family(id) => {
                let family = self.store.family(*id).await?;
                // One that is not there was forgotten after its end.
                Ok(family.is_none_or(|family| family.ended_at.is_some()))
            }
        }
    }

    /// Those of these tokens that were ended, by any process, in no order. For a few hundred at a
    /// time.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn revoked_of(&self, tokens: &[TokenKey]) -> Result<Vec<TokenKey>> {
        let (mut singles, mut families) = (Vec::new(), Vec::new());
        for token in tokens {
            match token {
                TokenKey::Single(key) => singles.push(key.to_string()),
                TokenKey::Family(id) => families.push(*id),
            }
        }
        let revoked = match singles.is_empty() {
            true => Vec::new(),
            false => self.store.revoked_tokens(&singles).await?,
        };
        if !families.is_empty() {
            let unended: HashSet<_> = self
                .store
                .unended_families(&families)
                .await?
                .into_iter()
                .collect();
            families.retain(|family| !unended.contains(family));
        }
        let singles = revoked.into_iter().map(|key| TokenKey::Single(key.into()));
        Ok(singles
            .chain(families.into_iter().map(TokenKey::Family))
            .collect())
    }

    async fn ensure_good(&self, token: &TokenKey) -> Result<()> {
        match self.is_revoked(token).await? {
            true => Err(invalid()),
            false => Ok(()),
        }
    }

    /// Tells whoever listens which tokens have ended.
    fn tell(&self, ended: impl IntoIterator<Item = TokenKey>) {
        let ended: Ended = ended.into_iter().collect();
        if !ended.is_empty() {
            // Nobody listening is no failure.
            let _ = self.ended.send(ended);
        }
    }

    /// Forgets what was read of a user, after changing it.
    pub async fn forget(&self, user: domain::UserId) {
        self.people.forget(user).await;
    }

    /// The task that forgets tokens and families that have ended anyway, until `stop`.
    pub(crate) fn task(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::new("tokens", async move {
            let pause = || tokio::time::sleep(FORGET_EVERY);
            while stop.run_until_cancelled(pause()).await.is_some() {
                let now = self.clock.now();
                let forgotten = self.store.forget_expired_tokens(now).await;
                if let Err(error) = forgotten.and(self.forget_ended().await) {
                    tracing::warn!(%error, "tokens that have ended stay for now");
                }
            }
        })
    }

    async fn read(&self, token: &str) -> Result<Said> {
        if token.len() > TOKEN_BYTES {
            return Err(invalid());
        }
        let now = self.clock.now();
        match self.key.read(token, now) {
            Some(ours) => Ok(ours),
            None => self.issuers.read(token, now).await?.ok_or_else(invalid),
        }
    }

    /// The task that keeps the keys of foreign issuers as they are where they lie, until `stop`;
    /// `None` where none lie elsewhere.
    pub(crate) fn issuers_task(self: Arc<Self>, stop: CancellationToken) -> Option<Task> {
        let elsewhere = self.issuers.are_elsewhere();
        elsewhere.then(|| {
            Task::restarting("issuers", move || {
                let (auth, stop) = (Arc::clone(&self), stop.clone());
                async move { auth.issuers.keep(stop).await }
            })
        })
    }

    /// What is wrong with the keys of foreign issuers, as it was found last. Names no secret.
    pub(crate) fn issuers_fault(&self) -> Option<String> {
        let faults = self.issuers.faults().into_iter();
        let told: Vec<_> = faults
            .map(|(place, why)| format!("{place}: {why}"))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// Looks at the keys of every foreign issuer of the settings now: its key in the settings, and how
/// many there are, or what is wrong. For `hubbub doctor`.
pub async fn examine_issuers(
    settings: &Settings,
) -> Vec<(String, std::result::Result<usize, String>)> {
    Issuers::of(settings).examine().await
}

fn identity(user: &User, token: TokenKey, expires_at: Timestamp) -> Identity {
    let caller = Caller {
        tenant: user.tenant.clone(),
        user: user.id,
        username: user.username.clone(),
        admin: user.admin,
        expires_at,
        session: None,
    };
    Identity {
        caller,
        card: user.into(),
        token,
    }
}

fn invalid() -> Error {
    Error::new(Code::TokenInvalid)
}

/// The key of a token without an id.
fn hash_of(token: &str) -> TokenKey {
    TokenKey::Single(crate::random::to_hex(&Sha256::digest(token)).into())
}

/// Whether `exp`, in seconds, lies ahead of `now` by the rules of all our tokens.
fn is_alive(exp: i64, now: Timestamp) -> bool {
    exp.saturating_add(LEEWAY) > now.as_second()
}
