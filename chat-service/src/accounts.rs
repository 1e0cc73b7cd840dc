//! Coming to have an account, showing that it is one's own, and leaving.

use std::sync::Arc;

use domain::{
    Code, Email, Error, NewUser, Password, Result, TenantId, User, UserId, Username, ports::Store,
};
use edge::{Authenticator, Context, Passwords, Peer, Rates, auth::Token};

/// The accounts, for the native API and the dialects alike.
pub struct Accounts {
    store: Arc<dyn Store>,
    auth: Arc<Authenticator>,
    passwords: Arc<Passwords>,
    rates: Arc<Rates>,
}

/// What somebody who signs up has chosen. Every part of it is valid.
pub struct NewAccount {
    /// The wanted name.
    pub username: Username,
    /// The address, if there is one.
    pub email: Option<Email>,
    /// The wanted password.
    pub password: Password,
}

impl NewAccount {
    /// Takes what a form says. `min_chars` is how long a password must be.
    ///
    /// # Errors
    /// `invalid_username`, `invalid_email` or `invalid_password`, the first that is wrong.
    pub fn parse(
        username: &str,
        email: Option<&str>,
        password: String,
        min_chars: usize,
    ) -> Result<Self> {
        let email = email.map(Email::parse).transpose()?;
        Ok(Self {
            username: Username::parse(username, email.as_ref())?,
            email,
            password: Password::parse(password, min_chars)?,
        })
    }
}

impl Accounts {
    /// Takes what it needs of the process.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        Self {
            store: ctx.ports.store.clone(),
            auth: ctx.auth.clone(),
            passwords: ctx.passwords.clone(),
            rates: ctx.rates.clone(),
        }
    }

    /// Makes an account in the default tenant.
    ///
    /// # Errors
    /// `username_taken` with the field, after the same work as for a free name; `rate_limited`;
    /// `busy` when too many passwords wait to be hashed; what the store says.
    pub async fn sign_up(&self, peer: Peer, new: NewAccount) -> Result<User> {
        self.rates.signup(peer)?;
        let password_hash = self.passwords.hash(new.password).await?;
        let user = NewUser {
            id: UserId::new(),
            tenant: TenantId::default(),
            username: new.username,
            email: new.email,
            password_hash: Some(password_hash),
            alias: None,
            admin: false,
        };
        self.store.create_user(user).await
    }

    /// Finds out whose name and password these are, in the default tenant.
    ///
    /// # Errors
    /// `wrong_credentials`, the same and after the same work whether the name or the password is
    /// wrong; `rate_limited` before any work; `busy`; what the store says.
    pub async fn log_in(&self, peer: Peer, name: &str, password: String) -> Result<(User, Token)> {
        let tenant = TenantId::default();
        self.rates.login(peer, &tenant, name)?;
        let user = self.find(&tenant, name).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let attempt = Password::attempt(password.clone());
        let right = self.passwords.verify(stored, attempt).await?;
        let user = user.filter(|_| right).ok_or(Code::WrongCredentials)?;
        self.renew_hash(&user, password).await;
        let token = self.auth.issue(&user)?;
        Ok((user, token))
    }

    /// Ends a token, and the sockets that were opened with it.
    ///
    /// # Errors
    /// `token_invalid`; what the store says.
    pub async fn log_out(&self, token: &str) -> Result<()> {
        self.auth.revoke(token).await
    }

    /// The account of a caller.
    ///
    /// # Errors
    /// `user_not_found` when it is gone; what the store says.
    pub async fn account(&self, id: UserId) -> Result<User> {
        let user = self.store.user(id).await?;
        user.ok_or_else(|| Code::UserNotFound.into())
    }

    async fn find(&self, tenant: &TenantId, name: &str) -> Result<Option<User>> {
        let email = Email::parse(name).ok();
        match Username::parse(name, email.as_ref()) {
            Ok(name) => self.store.user_by_name(tenant, &name).await,
            // Nobody can be called that, which is said like any other wrong name.
            Err(_) => Ok(None),
        }
    }

    /// Hashes a password anew that was hashed with another cost than the settings ask for. The
    /// login does not fail for it: the next one tries again.
    async fn renew_hash(&self, user: &User, password: String) {
        let outdated = |hash: &String| self.passwords.is_outdated(hash);
        if !user.password_hash.as_ref().is_some_and(outdated) {
            return;
        }
        if let Err(error) = self.hash_anew(user.id, password).await {
            tracing::warn!(%error, "a password keeps its old hash");
        }
    }

    async fn hash_anew(&self, user: UserId, password: String) -> Result<()> {
        let password = Password::attempt(password)
            .ok_or_else(|| Error::internal("a password that was right is too long"))?;
        let hash = self.passwords.hash(password).await?;
        self.store.set_password_hash(user, hash).await
    }
}
