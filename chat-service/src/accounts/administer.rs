//! What administrators do with the accounts of others, by their names.

use domain::{Code, Error, Password, Result, TenantId, User, UserId};

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

    /// Deletes somebody: their logins and sockets end, their tokens are refused, and nobody finds or
    /// writes to them anew. What they said and the rooms that they were in stay for the others, who
    /// see them as a deleted user. Doing it twice changes nothing.
    ///
    /// # Errors
    /// `user_not_found` for who is not of the tenant; what the store says; `unknown_outcome` when they are deleted, and
    /// logins may live on.
    pub async fn delete(&self, tenant: &TenantId, id: UserId) -> Result<()> {
        let user = self.store.user(id).await?;
        let user = user.filter(|user| user.tenant == *tenant);
        let user = user.ok_or(Code::UserNotFound)?;
        let accounts = self.clone();
        // To its end, also when who asks is gone: somebody who is half deleted could come back.
        let deleted = self
            .tasks
            .spawn(async move { accounts.erase(user.id).await });
        deleted.await.map_err(Error::unknown_outcome)?
    }

    async fn erase(&self, id: UserId) -> Result<()> {
        let left = self.store.delete_user(id).await?;
        let left = left.ok_or(Code::UserNotFound)?;
        self.auth.forget(id).await;
        let ended = self.auth.end_all(id).await;
        self.live.deleted((&left).into()).await;
        ended.map_err(Error::unknown_outcome)
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
