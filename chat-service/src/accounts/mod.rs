//! Coming to have an account, showing that it is one's own, and leaving.

mod administer;
mod change;

pub use change::{PasswordChange, ProfileChange};

use std::sync::Arc;

use domain::{
    Code, Email, Error, FullName, Label, NewUser, Password, PersonName, Result, TenantId, TokenKey,
    User, UserId, Username, ports::Store,
};
use edge::{
    Authenticator, Context, Live, Passwords, Peer, Rates,
    auth::{Granted, Identity, Token},
};
use settings::Signups;
use tokio_util::task::TaskTracker;

/// The accounts, for the native API and the dialects alike. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    auth: Arc<Authenticator>,
    passwords: Arc<Passwords>,
    rates: Arc<Rates>,
    live: Arc<Live>,
    /// Owns what goes on without whoever asked for it.
    tasks: TaskTracker,
    password_min_chars: usize,
    signups: Signups,
}

/// What somebody who signs up has chosen. Every part of it is valid.
pub struct NewAccount {
    /// The wanted name.
    pub username: Username,
    /// The address, if there is one.
    pub email: Option<Email>,
    /// What they are called besides, where the form asks for it.
    pub names: FullName,
    /// The wanted password.
    pub password: Password,
}

impl NewAccount {
    /// Takes what a form says. `min_chars` is how long a password must be.
    ///
    /// # Errors
    /// `invalid_username`, also for a reserved name; `invalid_email` or `invalid_password`: the first
    /// that is wrong.
    pub fn parse(
        username: &str,
        email: Option<&str>,
        password: String,
        min_chars: usize,
    ) -> Result<Self> {
        let email = email.map(Email::parse).transpose()?;
        Ok(Self {
            username: unreserved(Username::parse(username, email.as_ref())?)?,
            email,
            names: FullName::default(),
            password: Password::parse(password, min_chars)?,
        })
    }

    /// Takes what a form of the native API says, whose names can be seen.
    ///
    /// # Errors
    /// As [`NewAccount::parse`], and `invalid_username` for white space around the name and for
    /// invisible characters in it.
    pub fn chosen(
        username: &str,
        email: Option<&str>,
        password: String,
        min_chars: usize,
    ) -> Result<Self> {
        let new = Self::parse(username, email, password, min_chars)?;
        let username = Username::chosen(username, new.email.as_ref())?;
        Ok(Self { username, ..new })
    }

    /// The same, of somebody who is called so besides.
    ///
    /// # Errors
    /// `invalid_field` naming `first_name` or `last_name`.
    pub fn called(self, first: Option<&str>, last: Option<&str>) -> Result<Self> {
        let first = first.map(|name| PersonName::parse(name, "first_name"));
        let last = last.map(|name| PersonName::parse(name, "last_name"));
        let names = FullName {
            first: first.transpose()?,
            last: last.transpose()?,
        };
        Ok(Self { names, ..self })
    }
}

/// A name that nobody has yet, unless it stands for something else in the address of a front end.
fn unreserved(name: Username) -> Result<Username> {
    match Username::is_reserved(name.as_str()) {
        false => Ok(name),
        true => {
            let detail = "This name is reserved.";
            Err(Error::invalid(Code::InvalidUsername, "username", detail))
        }
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
            live: ctx.live.clone(),
            tasks: ctx.tasks.clone(),
            password_min_chars: ctx.settings.auth.password_min_chars,
            signups: ctx.settings.auth.signups,
        }
    }

    /// Makes an account in the default tenant.
    ///
    /// # Errors
    /// `signups_closed` where the settings say so; `username_taken` with the field, after the same work as for a free name; `rate_limited`;
    /// `busy` when too many passwords wait to be hashed; what the store says.
    pub async fn sign_up(&self, peer: Peer, new: NewAccount) -> Result<User> {
        if self.signups == Signups::Closed {
            return Err(Code::SignupsClosed.into());
        }
        self.rates.signup(peer)?;
        self.create(new, false).await
    }

    /// Makes an account in the default tenant for somebody who may, however often.
    ///
    /// # Errors
    /// `username_taken` with the field; `busy`; what the store says.
    pub async fn create(&self, new: NewAccount, admin: bool) -> Result<User> {
        let password_hash = self.passwords.hash(new.password).await?;
        let user = NewUser {
            id: UserId::new(),
            tenant: TenantId::default(),
            username: new.username,
            email: new.email,
            names: new.names,
            password_hash: Some(password_hash),
            alias: None,
            admin,
        };
        self.store.create_user(user).await
    }

    /// Finds out whose name and password these are, in the default tenant, and begins a login that
    /// can be renewed.
    ///
    /// # Errors
    /// `wrong_credentials`, the same and after the same work whether the name or the password is
    /// wrong; `rate_limited` before any work; `busy`; what the store says.
    pub async fn log_in(
        &self,
        peer: Peer,
        label: Label,
        name: &str,
        password: String,
    ) -> Result<(User, Granted)> {
        let user = self.verified(peer, name, &password).await?;
        self.admit(user, label, password).await
    }

    /// Begins a login of somebody whose password was right a moment ago.
    async fn admit(&self, user: User, label: Label, password: String) -> Result<(User, Granted)> {
        let granted = self.auth.begin(&user, label).await?;
        self.confirm(&user, password, &granted.token).await?;
        Ok((user, granted))
    }

    /// Does what [`Accounts::log_in`] does for whoever has the address, whatever their name. What is no
    /// address is taken for a name.
    ///
    /// # Errors
    /// As above.
    pub async fn log_in_by_address(
        &self,
        peer: Peer,
        label: Label,
        address: &str,
        password: String,
    ) -> Result<(User, Granted)> {
        let tenant = TenantId::default();
        self.rates.login(peer, &tenant, address)?;
        let found = match Email::parse(address) {
            Ok(email) => self.store.user_by_email(&tenant, &email).await?,
            Err(_) => self.find(&tenant, address).await?,
        };
        let user = self.proves(found, &password).await?;
        self.admit(user, label, password).await
    }

    /// Does what [`Accounts::log_in`] does, for dialects that renew nothing.
    ///
    /// # Errors
    /// As above.
    pub async fn log_in_once(
        &self,
        peer: Peer,
        label: Label,
        name: &str,
        password: String,
    ) -> Result<Token> {
        let user = self.verified(peer, name, &password).await?;
        let token = self.auth.begin_once(&user, label).await?;
        self.confirm(&user, password, &token).await?;
        Ok(token)
    }

    /// Ends the login of a token, and the sockets that were opened with it.
    ///
    /// # Errors
    /// `token_invalid`; what the store says.
    pub async fn log_out(&self, token: &str) -> Result<()> {
        self.auth.revoke(token).await
    }

    /// Ends all logins of a caller, and all their sockets.
    ///
    /// # Errors
    /// What the store says.
    pub async fn log_out_everywhere(&self, who: &Identity, token: &str) -> Result<()> {
        self.auth.end_all(who.caller.user).await?;
        match who.token {
            TokenKey::Family(_) => Ok(()),
            TokenKey::Single(_) => self.auth.revoke(token).await,
        }
    }

    /// The account of a caller.
    ///
    /// # Errors
    /// `user_not_found` when it is gone; what the store says.
    pub async fn account(&self, id: UserId) -> Result<User> {
        let user = self.store.user(id).await?;
        user.ok_or_else(|| Code::UserNotFound.into())
    }

    /// The account of this id, for a caller of the same tenant.
    ///
    /// # Errors
    /// `user_not_found` also for people of other tenants; what the store says.
    pub async fn person(&self, tenant: &TenantId, id: UserId) -> Result<User> {
        let user = self.store.user(id).await?;
        let user = user.filter(|user| user.tenant == *tenant && user.is_there());
        user.ok_or_else(|| Code::UserNotFound.into())
    }

    /// Up to `limit` people of a tenant, from those who signed up last, by falling id before
    /// `before`.
    ///
    /// # Errors
    /// What the store says.
    pub async fn people(
        &self,
        tenant: &TenantId,
        before: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>> {
        self.store.newest_users(tenant, before, limit).await
    }

    /// The account of this name.
    ///
    /// # Errors
    /// `user_not_found`; what the store says.
    pub async fn person_called(&self, tenant: &TenantId, name: &str) -> Result<User> {
        let user = self.find(tenant, name).await?;
        user.ok_or_else(|| Code::UserNotFound.into())
    }

    /// Whose name and password these are.
    async fn verified(&self, peer: Peer, name: &str, password: &str) -> Result<User> {
        let tenant = TenantId::default();
        self.rates.login(peer, &tenant, name)?;
        let user = self.find(&tenant, name).await?;
        self.proves(user, password).await
    }

    /// Who was found, if there is somebody and this is their password.
    async fn proves(&self, user: Option<User>, password: &str) -> Result<User> {
        let right = self.is_right(user.as_ref(), password).await?;
        let user = user.filter(|_| right);
        user.ok_or_else(|| Code::WrongCredentials.into())
    }

    /// Does the same work whether there is such a user or not.
    async fn is_right(&self, user: Option<&User>, password: &str) -> Result<bool> {
        let stored = user.and_then(|user| user.password_hash.clone());
        let attempt = Password::attempt(password.to_owned());
        self.passwords.verify(stored, attempt).await
    }

    /// Looks again once a login has begun: a change of the password meanwhile has ended only those
    /// that it found.
    async fn confirm(&self, user: &User, password: String, token: &Token) -> Result<()> {
        let now = self.account(user.id).await?;
        let same = now.password_hash == user.password_hash;
        if !same && !self.is_right(Some(&now), &password).await? {
            self.auth.revoke(&token.token).await?;
            return Err(Code::WrongCredentials.into());
        }
        self.renew_hash(&now, password).await;
        Ok(())
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
        let Some(old) = &user.password_hash else {
            return;
        };
        if !self.passwords.is_outdated(old) {
            return;
        }
        if let Err(error) = self.hash_anew(user.id, old, password).await {
            tracing::warn!(%error, "a password keeps its old hash");
        }
    }

    async fn hash_anew(&self, user: UserId, old: &str, password: String) -> Result<()> {
        let password = Password::attempt(password)
            .ok_or_else(|| Error::internal("a password that was right is too long"))?;
        let hash = self.passwords.hash(password).await?;
        // Who changed the password meanwhile has a new hash already.
        let _replaced = self.store.set_password_hash(user, Some(old), hash).await?;
        Ok(())
    }
}
