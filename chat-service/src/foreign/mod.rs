//! What other systems tell of people and friendships: users are made, called otherwise and deleted,
//! and friends get their direct room.
//!
//! It may come in any order, and more than once: telling a thing twice changes nothing.

pub(crate) mod consumer;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    Caller, Code, Command, Error, Foreign, Profile, Result, TenantId, Timestamp, User,
    foreign::{Named, Told, find},
    ports::Store,
};
use edge::{Application, Context};

use crate::accounts::Accounts;

/// How often a name is set anew because another change was quicker.
const ATTEMPTS: usize = 5;

/// Takes in what other systems tell. Cheap to clone.
#[derive(Clone)]
pub struct Tellings {
    store: Arc<dyn Store>,
    accounts: Accounts,
    app: Arc<dyn Application>,
}

impl Tellings {
    /// Takes what it needs of the process.
    #[must_use]
    pub fn new(ctx: &Context, accounts: &Accounts, app: Arc<dyn Application>) -> Self {
        Self {
            store: ctx.ports.store.clone(),
            accounts: accounts.clone(),
            app,
        }
    }

    /// Takes in what is told of people of a tenant. When it answers, the store has it.
    ///
    /// # Errors
    /// `invalid_field` for what cannot be somebody's id; what the store says; for friends what
    /// [`Command::OpenDirect`] answers, like `too_many_rooms`.
    pub async fn take(&self, tenant: &TenantId, told: &Told) -> Result<()> {
        match told {
            Told::Called(named) => self.call(tenant, named).await,
            Told::Deleted(named) => {
                // Who was never heard of is made and deleted, so that nobody makes them later.
                let user = self.met(tenant, named).await?;
                self.accounts.delete(tenant, user.id).await
            }
            Told::Befriended(one, other) => self.befriend(tenant, one, other).await,
        }
    }

    async fn call(&self, tenant: &TenantId, named: &Named) -> Result<()> {
        let mut user = self.met(tenant, named).await?;
        for _ in 0..ATTEMPTS {
            let was = user.profile();
            let names = named.names.clone().unwrap_or_else(|| was.names.clone());
            if !user.is_there() || names == was.names {
                return Ok(());
            }
            let is = Profile {
                names,
                ..was.clone()
            };
            if self.store.set_profile(user.id, &was, is.clone()).await? {
                user.names = is.names;
                self.accounts.show(&user).await;
                return Ok(());
            }
            user = self.accounts.account(user.id).await?;
        }
        Err(Error::too_many(Code::Busy, Duration::from_secs(1)))
    }

    /// Opens the direct room of two friends. Nobody is a friend of who was deleted.
    async fn befriend(&self, tenant: &TenantId, one: &Named, other: &Named) -> Result<()> {
        let one = self.met(tenant, one).await?;
        let other = self.met(tenant, other).await?;
        if !one.is_there() || !other.is_there() {
            return Ok(());
        }
        let user = other.id;
        let who = acting(&one);
        let opened = self.app.handle(&who, Command::OpenDirect { user }).await;
        opened.map(drop)
    }

    /// Somebody who is told of: found by either id, or made now. Also who was deleted.
    async fn met(&self, tenant: &TenantId, named: &Named) -> Result<User> {
        if let Some(user) = find(&*self.store, tenant, &named.id).await? {
            return Ok(user);
        }
        let names = named.names.clone().unwrap_or_default();
        let wanted = [names.first(), names.last()];
        let wanted: Vec<&str> = wanted.into_iter().flatten().collect();
        let wanted = wanted.join(" ");
        let who = Foreign {
            tenant,
            alias: &named.id,
            wanted: &wanted,
            names,
        };
        who.user(&*self.store).await
    }
}

/// Somebody as they would ask themselves.
fn acting(user: &User) -> Caller {
    Caller {
        tenant: user.tenant.clone(),
        user: user.id,
        username: user.username.clone(),
        admin: false,
        expires_at: Timestamp::MAX,
        session: None,
    }
}
