//! The users that tokens name, as the store has them.

use std::{sync::Arc, time::Duration};

use domain::{
    Code, Error, FullName, NewUser, Result, TenantId, User, UserId, Username, ports::Store,
};
use moka::future::Cache;
use uuid::Uuid;

use super::invalid;

/// How long a user who was read is believed: so long an administrator may stay one too long.
const BELIEVED: Duration = Duration::from_secs(2);

/// How many users are kept. More than that only costs reads.
const KEPT: u64 = 10_000;

/// Names that are tried for a user whose own is taken.
const ATTEMPTS: usize = 5;

/// What stays of a wanted name before `~` and six digits: 64 characters in all.
const STEM_CHARS: usize = 57;

/// The name of who has none that is allowed here.
const NAMELESS: &str = "user";

/// Where ids of users of other systems are derived, so that two processes that see one for the
/// first time make the same.
const ALIASES: Uuid = Uuid::from_u128(0x6b1f_94d7_2c3e_4f0a_9d5b_8e71_a2c4_06f3);

/// Reads users, and makes those whom a trusted token names for the first time.
pub(super) struct People {
    store: Arc<dyn Store>,
    known: Cache<UserId, Arc<User>>,
}

impl People {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let known = Cache::builder()
            .max_capacity(KEPT)
            .time_to_live(BELIEVED)
            .build();
        Self { store, known }
    }

    /// The user of this id, or `token_invalid`.
    pub(super) async fn by_id(&self, id: UserId) -> Result<Arc<User>> {
        if let Some(user) = self.known.get(&id).await {
            return Ok(user);
        }
        let user = self.store.user(id).await?.ok_or_else(invalid)?;
        Ok(self.keep(user).await)
    }

    /// The user whom another system calls `alias`, made now if need be, with the name `wanted` or
    /// one like it.
    pub(super) async fn by_alias(&self, alias: &str, wanted: &str) -> Result<Arc<User>> {
        let tenant = TenantId::default();
        let id = derived(&tenant, alias);
        if let Some(user) = self.known.get(&id).await {
            return Ok(user);
        }
        let user = match self.store.user_by_alias(&tenant, alias).await? {
            Some(user) => user,
            None => self.create(id, tenant, alias, wanted).await?,
        };
        let user = Arc::new(user);
        // An imported user has an id of its own; it is found under the derived one too.
        self.known.insert(id, user.clone()).await;
        Ok(user)
    }

    pub(super) async fn forget(&self, id: UserId) {
        self.known.invalidate(&id).await;
    }

    async fn keep(&self, user: User) -> Arc<User> {
        let user = Arc::new(user);
        self.known.insert(user.id, user.clone()).await;
        user
    }

    /// Makes the user. Others may be making it too: then it is theirs that counts.
    async fn create(
        &self,
        id: UserId,
        tenant: TenantId,
        alias: &str,
        wanted: &str,
    ) -> Result<User> {
        for attempt in 0..ATTEMPTS {
            let new = NewUser {
                id,
                tenant: tenant.clone(),
                username: name_for(wanted, attempt),
                email: None,
                names: FullName::default(),
                password_hash: None,
                alias: Some(alias.to_owned()),
                admin: false,
            };
            match self.store.create_user(new).await {
                Err(error) if error.code() == Code::UsernameTaken => {}
                done => return done,
            }
            if let Some(user) = self.store.user_by_alias(&tenant, alias).await? {
                return Ok(user);
            }
        }
        Err(Error::new(Code::UsernameTaken))
    }
}

fn derived(tenant: &TenantId, alias: &str) -> UserId {
    let tenant = Uuid::new_v5(&ALIASES, tenant.as_str().as_bytes());
    UserId::from_uuid(Uuid::new_v5(&tenant, alias.as_bytes()))
}

/// The wanted name, or `name~` and six hexadecimal digits when it was taken or may not be.
fn name_for(wanted: &str, attempt: usize) -> Username {
    let allowed = Username::parse(wanted, None).ok();
    match allowed {
        Some(name) if attempt == 0 => name,
        Some(name) => numbered(name.as_str()),
        None => numbered(NAMELESS),
    }
}

fn numbered(name: &str) -> Username {
    let stem: String = name.chars().take(STEM_CHARS).collect();
    Username::stored(format!("{stem}~{}", crate::random::hex(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_numbered() {
        assert_eq!(name_for("ann", 0).as_str(), "ann");
        let other = name_for("ann", 1);
        assert!(other.as_str().starts_with("ann~") && other.as_str().len() == 10);
        assert!(Username::parse(numbered(&"é".repeat(64)).as_str(), None).is_ok());
    }

    #[test]
    fn names_that_are_not_allowed_here_are_replaced() {
        for name in ["", "a\nb", "ann@example.org"] {
            assert!(name_for(name, 0).as_str().starts_with("user~"), "{name:?}");
        }
    }
}
