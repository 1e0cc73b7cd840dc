//! What administrators do with the accounts of others, by their names.

use domain::{Code, Error, Password, Result, TenantId, User};

use super::Accounts;

impl Accounts {
    /// Gives somebody of the default tenant another password, and ends all their logins with
    /// their sockets: whoever knows the old one is out.
    ///
    /// # Errors
    /// `invalid_password`; `user_not_found`; `stale_revision` when it was changed at the same
    /// moment; `busy`; what the store says; `unknown_outcome` when the logins may live on.
    pub async fn reset_password(&self, name: &str, password: String) -> Result<User> {
        let new = Password::parse(password, self.password_min_chars)?;
        let user = self.person_called(&TenantId::default(), name).await?;
        let hash = self.passwords.hash(new).await?;
        let accounts = self.clone();
        // To its end, also when who asks is gone: with the old logins it would protect nobody.
        let replaced = self
            .tasks
            .spawn(async move { accounts.shut_out(user, hash).await });
        replaced.await.map_err(Error::unknown_outcome)?
    }

    async fn shut_out(&self, user: User, hash: String) -> Result<User> {
        let was = user.password_hash.as_deref();
        if !self.store.set_password_hash(user.id, was, hash).await? {
            let detail = "The password was changed at the same moment: look, and try again.";
            return Err(Error::new(Code::StaleRevision).with_detail(detail));
        }
        let ended = self.auth.end_all(user.id).await;
        ended.map_err(Error::unknown_outcome)?;
        Ok(user)
    }

    /// Makes somebody of the default tenant an administrator, or no longer. Doing it twice changes
    /// nothing.
    ///
    /// # Errors
    /// `user_not_found`; what the store says.
    pub async fn set_admin(&self, name: &str, admin: bool) -> Result<User> {
        let user = self.person_called(&TenantId::default(), name).await?;
        self.store.set_admin(user.id, admin).await?;
        self.auth.forget(user.id).await;
        Ok(User { admin, ..user })
    }
}
