//! The first administrator: whoever starts the server may make one, by a token that is printed
//! where they see it.
//!
//! The token lives in this process's memory, for an hour, and is good once, at this process; when
//! there is an administrator, from wherever, it is good for nothing. Of several processes that share
//! a store one at a time makes somebody the first, under a lease.

use std::{sync::Arc, time::Duration};

use domain::{Code, Error, NodeId, Result, User, ports::Store};
use edge::{Context, Peer, Rates, random};
use sha2::{Digest, Sha256};
use tokio::{sync::Mutex, time::Instant};

use crate::accounts::{Accounts, NewAccount};

/// How long a claim can be made.
const LIFETIME: Duration = Duration::from_hours(1);

/// The lease of the process that makes the first administrator, and how long it has it at most.
const LEASE: &str = "setup";
const TTL: Duration = Duration::from_secs(30);

/// Who may be the first administrator.
pub struct Setup {
    node: NodeId,
    store: Arc<dyn Store>,
    rates: Arc<Rates>,
    accounts: Arc<Accounts>,
    claim: Mutex<Option<Claim>>,
}

/// The token that was printed last. Its hash is kept, so that comparing tells nothing by its time.
struct Claim {
    hash: [u8; 32],
    until: Instant,
}

impl Setup {
    /// Closed until somebody opens it.
    #[must_use]
    pub(crate) fn new(ctx: &Context) -> Arc<Self> {
        Arc::new(Self {
            node: ctx.node,
            store: ctx.ports.store.clone(),
            rates: ctx.rates.clone(),
            accounts: Arc::new(Accounts::new(ctx)),
            claim: Mutex::default(),
        })
    }

    /// The accounts among which it makes one.
    pub(crate) fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// Makes a token for the first administrator, to be shown to whoever starts the server and to
    /// nobody else; `None` when there is an administrator. An earlier token ends.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(&self) -> Result<Option<String>> {
        if self.store.has_admin().await? {
            return Ok(None);
        }
        let token = random::hex(16);
        *self.claim.lock().await = Some(Claim {
            hash: hash(&token),
            until: Instant::now() + LIFETIME,
        });
        Ok(Some(token))
    }

    /// Whether somebody may still claim to be the first administrator.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn is_open(&self) -> Result<bool> {
        self.hash_of(&mut *self.claim.lock().await)
            .await
            .map(|claim| claim.is_some())
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    /// `not_found` when nobody may claim it any more; `token_invalid`; `busy` while another process
    /// makes one, and what [`Accounts::create`] says, and then the token is still good;
    /// `rate_limited`.
    pub(crate) async fn make(&self, peer: Peer, token: &str, new: NewAccount) -> Result<User> {
        self.rates.signup(peer)?;
        // Held to the end, so that of two who come at once one finds that there is one.
        let mut claim = self.claim.lock().await;
        let wanted = self.hash_of(&mut claim).await?;
        let wanted = wanted.ok_or_else(|| Error::new(Code::NotFound))?;
        if hash(token) != wanted {
            return Err(Code::TokenInvalid.into());
        }
        let user = self.make_alone(new).await?;
        *claim = None;
        tracing::info!(user = %user.id, "the first administrator was made by the setup token");
        Ok(user)
    }

    /// Makes the first administrator, while no other process does.
    async fn make_alone(&self, new: NewAccount) -> Result<User> {
        let holder = self.node.uuid();
        let lease = self.store.acquire_lease(LEASE, holder, TTL).await?;
        lease.ok_or_else(|| Error::too_many(Code::Busy, TTL))?;
        let made = self.make_first(new).await;
        if let Err(error) = self.store.release_lease(LEASE, holder).await {
            tracing::debug!(%error, "the lease of the setup has to run out");
        }
        made
    }

    async fn make_first(&self, new: NewAccount) -> Result<User> {
        match self.store.has_admin().await? {
            true => Err(Code::NotFound.into()),
            false => self.accounts.create(new, true).await,
        }
    }

    /// The hash of the token that is good now.
    async fn hash_of(&self, claim: &mut Option<Claim>) -> Result<Option<[u8; 32]>> {
        let open = claim.as_ref().filter(|claim| Instant::now() < claim.until);
        let hash = open.map(|claim| claim.hash);
        if hash.is_some() && !self.store.has_admin().await? {
            return Ok(hash);
        }
        *claim = None;
        Ok(None)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn setup(world: &World) -> Arc<Setup> {
        Setup::new(&world.ctx)
    }

    async fn make(setup: &Setup, token: &str, name: &str) -> Result<User, Code> {
        let new = NewAccount::parse(name, None, "correct horse".to_owned(), 8).unwrap();
        let made = setup.make(Peer::local(), token, new).await;
        made.map_err(|error| error.code())
    }

    #[tokio::test]
    async fn one_token_makes_one_administrator() {
        let world = World::new();
        let setup = setup(&world);
        assert_eq!(make(&setup, "", "ann").await.err(), Some(Code::NotFound));
        let old = setup.open().await.unwrap().unwrap();
        let token = setup.open().await.unwrap().unwrap();
        let wrong = make(&setup, &old, "ann").await;
        assert_eq!(wrong.err(), Some(Code::TokenInvalid), "another was printed");
        world.person("bob").await;
        let taken = make(&setup, &token, "bob").await;
        assert_eq!(taken.err(), Some(Code::UsernameTaken));
        let (one, two) = tokio::join!(make(&setup, &token, "ann"), make(&setup, &token, "eve"));
        let made = [one, two];
        let admins = made.iter().flatten().filter(|user| user.admin);
        assert_eq!(
            admins.count(),
            1,
            "after a mistake the token was still good"
        );
        let refused = made.iter().filter_map(|made| made.as_ref().err());
        assert!(refused.eq([&Code::NotFound]));
        assert_eq!(setup.open().await.unwrap(), None);
    }

    #[tokio::test]
    async fn of_two_processes_one_makes_the_first_administrator() {
        let world = World::new();
        let (here, there) = (setup(&world), setup(&world));
        let other = NodeId::new().uuid();
        let token = here.open().await.unwrap().unwrap();
        world
            .store()
            .acquire_lease(LEASE, other, TTL)
            .await
            .unwrap();
        let busy = make(&here, &token, "ann").await;
        assert_eq!(busy.err(), Some(Code::Busy), "another is at it");
        world.store().release_lease(LEASE, other).await.unwrap();
        let far = there.open().await.unwrap().unwrap();
        assert!(make(&there, &far, "eve").await.unwrap().admin);
        let late = make(&here, &token, "ann").await;
        assert_eq!(late.err(), Some(Code::NotFound));
    }

    #[tokio::test]
    async fn an_administrator_from_elsewhere_closes_it() {
        let world = World::new();
        let setup = setup(&world);
        let token = setup.open().await.unwrap().unwrap();
        assert!(setup.is_open().await.unwrap());
        let ann = world.person("ann").await;
        world.store().set_admin(ann.user, true).await.unwrap();
        assert!(!setup.is_open().await.unwrap());
        assert_eq!(
            make(&setup, &token, "eve").await.err(),
            Some(Code::NotFound)
        );
        world.store().set_admin(ann.user, false).await.unwrap();
        assert!(!setup.is_open().await.unwrap(), "it stays closed");
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_hour_it_is_closed() {
        let world = World::new();
        let setup = setup(&world);
        let token = setup.open().await.unwrap().unwrap();
        tokio::time::advance(LIFETIME).await;
        assert_eq!(
            make(&setup, &token, "ann").await.err(),
            Some(Code::NotFound)
        );
    }
}
