//! People whom another system names, by a token or by an event: found by what it calls them, and
//! made here where nobody has met them yet.

use uuid::Uuid;

use crate::{
    Code, Error, FullName, NewUser, Result, TenantId, User, UserId, Username, names::visible,
    ports::Users,
};

/// Where ids of users of other systems are derived, so that two processes that see one for the
/// first time make the same. Never changes.
const ALIASES: Uuid = Uuid::from_u128(0x6b1f_94d7_2c3e_4f0a_9d5b_8e71_a2c4_06f3);

/// Longest alias, in characters.
const ALIAS_CHARS: usize = 128;

/// Names that are tried for a user whose own is taken: as many as an id has digits for.
const ATTEMPTS: usize = 5;

/// The name of who has none that is allowed here.
pub const NAMELESS: &str = "user";

/// Somebody as another system names them.
#[derive(Debug, Clone)]
pub struct Foreign<'a> {
    /// The world that they live in here.
    pub tenant: &'a TenantId,
    /// What the other system calls them.
    pub alias: &'a str,
    /// The username that they would have.
    pub wanted: &'a str,
    /// What they are called besides, as far as that is known.
    pub names: FullName,
}

/// Somebody of whom another system tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it calls them; or our id, of somebody whom it knows from us.
    pub id: String,
    /// Their name, where it tells that.
    pub names: Option<FullName>,
}

/// What another system tells of people. It may come in any order, and more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Somebody is called so from now on. They may be new.
    Called(Named),
    /// Somebody is gone, for ever.
    Deleted(Named),
    /// Two people are friends from now on. Their names count only for who is new.
    Befriended(Named, Named),
}

/// Somebody by the id that clients name them by: what another system calls them, or else our id.
/// Also who was deleted.
///
/// # Errors
/// What the store says.
pub async fn find<S>(store: &S, tenant: &TenantId, id: &str) -> Result<Option<User>>
where
    S: Users + ?Sized,
{
    if let Some(user) = store.user_by_alias(tenant, id).await? {
        return Ok(Some(user));
    }
    let Ok(id) = id.parse::<UserId>() else {
        return Ok(None);
    };
    let user = store.user(id).await?;
    Ok(user.filter(|user| user.tenant == *tenant))
}

impl UserId {
    /// The id of somebody whom another system calls `alias`, if they are made at first sight.
    #[must_use]
    pub fn foreign(tenant: &TenantId, alias: &str) -> Self {
        let tenant = Uuid::new_v5(&ALIASES, tenant.as_str().as_bytes());
        Self::from_uuid(Uuid::new_v5(&tenant, alias.as_bytes()))
    }
}

impl Foreign<'_> {
    /// The user, made now if need be. They are found by their alias alone, never by a name. Somebody
    /// who was deleted is found like others, and not made anew.
    ///
    /// # Errors
    /// `invalid_field` for what cannot be an alias; `username_taken` when no name is to be had; what
    /// the store says.
    pub async fn user<S>(&self, store: &S) -> Result<User>
    where
        S: Users + ?Sized,
    {
        match store.user_by_alias(self.tenant, self.alias).await? {
            Some(user) => Ok(user),
            None => self.create(store).await,
        }
    }

    /// Makes the user. Others may be making it too: then it is theirs that counts.
    async fn create<S>(&self, store: &S) -> Result<User>
    where
        S: Users + ?Sized,
    {
        visible(self.alias, ALIAS_CHARS)
            .map_err(|detail| Error::invalid(Code::InvalidField, "id", detail))?;
        let id = UserId::foreign(self.tenant, self.alias);
        for attempt in 0..ATTEMPTS {
            match store.create_user(self.account(id, attempt)).await {
                Err(error) if error.code() == Code::UsernameTaken => {}
                done => return done,
            }
            if let Some(user) = store.user_by_alias(self.tenant, self.alias).await? {
                return Ok(user);
            }
        }
        Err(Code::UsernameTaken.into())
    }

    fn account(&self, id: UserId, attempt: usize) -> NewUser {
        NewUser {
            id,
            tenant: self.tenant.clone(),
            username: name_for(self.wanted, id, attempt),
            email: None,
            names: self.names.clone(),
            password_hash: None,
            alias: Some(self.alias.to_owned()),
            admin: false,
        }
    }
}

/// The wanted name, or `name~` and six hexadecimal digits when it was taken, is reserved or may not
/// be.
fn name_for(wanted: &str, id: UserId, attempt: usize) -> Username {
    match Username::parse(wanted.trim(), None) {
        Ok(name) if attempt == 0 && !Username::is_reserved(name.as_str()) => name,
        Ok(name) => Username::numbered(name.as_str(), id, attempt),
        Err(_) => Username::numbered(NAMELESS, id, attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_numbered() {
        let id = UserId::foreign(&TenantId::default(), "7");
        assert_eq!(name_for("ann", id, 0).as_str(), "ann");
        let names: Vec<Username> = (1..ATTEMPTS).map(|n| name_for("ann", id, n)).collect();
        for name in &names {
            assert!(name.as_str().starts_with("ann~") && name.as_str().len() == 10);
        }
        assert_eq!(
            names
                .iter()
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            names.len()
        );
        assert!(Username::parse(Username::numbered(&"é".repeat(64), id, 1).as_str(), None).is_ok());
    }

    #[test]
    fn names_that_are_not_allowed_here_are_replaced() {
        let id = UserId::foreign(&TenantId::default(), "7");
        let reserved = name_for("notifications", id, 0);
        assert!(reserved.as_str().starts_with("notifications~"));
        for name in ["", "a\nb", "ann@example.org"] {
            assert!(
                name_for(name, id, 0).as_str().starts_with("user~"),
                "{name:?}"
            );
        }
    }

    #[test]
    fn each_tenant_has_people_of_its_own() {
        let (here, there) = (TenantId::default(), TenantId::new("acme"));
        assert_eq!(UserId::foreign(&here, "7"), UserId::foreign(&here, "7"));
        assert_ne!(UserId::foreign(&here, "7"), UserId::foreign(&there, "7"));
    }
}
