//! The users that tokens name, as the store has them.

use std::{sync::Arc, time::Duration};

use domain::{Card, Foreign, FullName, Result, TenantId, User, UserId, ports::Store};
use moka::future::Cache;
use tokio::sync::broadcast;

use super::invalid;

/// How long a user who was read is believed: so long an administrator may stay one too long.
const BELIEVED: Duration = Duration::from_secs(2);

/// How many who got a name may wait to be told of. Beyond that all names are looked up anew.
const NAMED: usize = 64;

/// How many users are kept. More than that only costs reads.
const KEPT: u64 = 10_000;

/// Reads users, and makes those whom a trusted token names for the first time.
pub(super) struct People {
    store: Arc<dyn Store>,
    known: Cache<UserId, Arc<User>>,
    named: broadcast::Sender<Card>,
}

impl People {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let known = Cache::builder()
            .max_capacity(KEPT)
            .time_to_live(BELIEVED)
            .build();
        Self {
            store,
            known,
            named: broadcast::Sender::new(NAMED),
        }
    }

    /// The user of this id, or `token_invalid`.
    pub(super) async fn by_id(&self, id: UserId) -> Result<Arc<User>> {
        if let Some(user) = self.known.get(&id).await {
            return Ok(user);
        }
        let user = self.store.user(id).await?;
        let user = user.filter(User::is_there).ok_or_else(invalid)?;
        Ok(self.keep(user).await)
    }

    /// The user whom another system calls `alias`, made now if need be, with the name `wanted` or
    /// one like it; `token_invalid` for who was deleted.
    pub(super) async fn by_alias(
        &self,
        tenant: &TenantId,
        alias: &str,
        wanted: &str,
    ) -> Result<Arc<User>> {
        let id = UserId::foreign(tenant, alias);
        if let Some(user) = self.known.get(&id).await {
            return Ok(user);
        }
        let names = FullName::default();
        let who = Foreign {
            tenant,
            alias,
            wanted,
            names,
        };
        let user = who.user(&*self.store).await?;
        let user = Some(user).filter(User::is_there).ok_or_else(invalid)?;
        let user = Arc::new(match who.name(&*self.store, &user).await? {
            Some(named) => self.tell(named),
            None => user,
        });
        // An imported user has an id of its own; it is found under the derived one too.
        self.known.insert(id, user.clone()).await;
        Ok(user)
    }

    /// Listens to who gets a name from now on.
    pub(super) fn named(&self) -> broadcast::Receiver<Card> {
        self.named.subscribe()
    }

    /// Tells what somebody is called from now on. Nobody listening is no failure.
    fn tell(&self, user: User) -> User {
        let _ = self.named.send(Card::from(&user));
        user
    }

    pub(super) async fn forget(&self, id: UserId) {
        self.known.invalidate(&id).await;
    }

    async fn keep(&self, user: User) -> Arc<User> {
        let user = Arc::new(user);
        self.known.insert(user.id, user.clone()).await;
        user
    }
}
