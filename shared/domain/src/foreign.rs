//! People whom another system names, by a token or by an event: found by what it calls them, and
//! made here where nobody has met them yet.

use std::borrow::Cow;

use uuid::Uuid;

use crate::{
    Code, Error, FullName, NewUser, Profile, Result, TenantId, User, UserId, Username,
    names::visible,
    ports::{Profiles, Users},
};

/// Where ids of users of other systems are derived, so that two processes that see one for the
/// first time make the same. Never changes.
const ALIASES: Uuid = Uuid::from_u128(0x6b1f_94d7_2c3e_4f0a_9d5b_8e71_a2c4_06f3);

/// Longest alias, in characters.
const ALIAS_CHARS: usize = 128;

/// How long a UUID is in the form that is kept.
const UUID_CHARS: usize = 36;

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
    if let Some(user) = called(store, tenant, id).await? {
        return Ok(Some(user));
    }
    let Ok(id) = id.parse::<UserId>() else {
        return Ok(None);
    };
    let user = store.user(id).await?;
    Ok(user.filter(|user| user.tenant == *tenant))
}

/// Somebody whom another system calls so: as it writes it here, or as it is kept.
async fn called<S>(store: &S, tenant: &TenantId, alias: &str) -> Result<Option<User>>
where
    S: Users + ?Sized,
{
    let kept = kept(alias);
    match store.user_by_alias(tenant, alias).await? {
        None if kept != alias => store.user_by_alias(tenant, &kept).await,
        found => Ok(found),
    }
}

/// An id of another system as it is kept: a UUID in small letters, since some write it in large ones.
fn kept(alias: &str) -> Cow<'_, str> {
    match Uuid::try_parse(alias) {
        Ok(_) if alias.len() == UUID_CHARS => Cow::Owned(alias.to_ascii_lowercase()),
        _ => Cow::Borrowed(alias),
    }
}

/// An id as another system may have it: up to 128 characters that can be seen, without white space.
fn check(alias: &str) -> std::result::Result<(), String> {
    match alias.contains(char::is_whitespace) {
        true => Err("An id has no white space.".to_owned()),
        false => visible(alias, ALIAS_CHARS).map(drop),
    }
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
        match called(store, self.tenant, self.alias).await? {
            Some(user) => Ok(user),
            None => self.create(store).await,
        }
    }

    /// Gives somebody who was made without a name the one that they have by now, as far as it is to
    /// be had. `None` for who has a name, and where there is none yet.
    ///
    /// # Errors
    /// What the store says.
    pub async fn name<S>(&self, store: &S, user: &User) -> Result<Option<User>>
    where
        S: Profiles + ?Sized,
    {
        let is_name = Username::parse(self.wanted.trim(), None).is_ok();
        if !is_name || !user.is_there() || !is_nameless(user) {
            return Ok(None);
        }
        let was = user.profile();
        for attempt in 0..ATTEMPTS {
            let username = name_for(self.wanted, user.id, attempt);
            let is = Profile {
                username: username.clone(),
                ..was.clone()
            };
            match store.set_profile(user.id, &was, is).await {
                Ok(true) => {
                    let named = user.clone();
                    return Ok(Some(User { username, ..named }));
                }
                Ok(false) => return Ok(None),
                Err(error) if error.code() == Code::UsernameTaken => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Makes the user. Others may be making it too: then it is theirs that counts.
    async fn create<S>(&self, store: &S) -> Result<User>
    where
        S: Users + ?Sized,
    {
        let alias = &*kept(self.alias);
        check(alias).map_err(|detail| Error::invalid(Code::InvalidField, "id", detail))?;
        let id = UserId::foreign(self.tenant, alias);
        for attempt in 0..ATTEMPTS {
            match store.create_user(self.account(id, attempt)).await {
                Err(error) if error.code() == Code::UsernameTaken => {}
                done => return done,
            }
            if let Some(user) = store.user_by_alias(self.tenant, alias).await? {
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
            alias: Some(kept(self.alias).into_owned()),
            admin: false,
        }
    }
}

/// Whether somebody has the name of who was made without one.
fn is_nameless(user: &User) -> bool {
    let given = |attempt| Username::numbered(NAMELESS, user.id, attempt);
    (0..ATTEMPTS).any(|attempt| user.username == given(attempt))
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
    fn ids_are_kept_in_one_spelling() {
        let uuid = "C68872EF-dcfa-470b-a0b6-161d213d1c90";
        assert_eq!(kept(uuid), uuid.to_ascii_lowercase());
        for other in ["Ann", "C68872EFdcfa470ba0b6161d213d1c90", "7", "\u{c4}"] {
            assert_eq!(kept(other), other);
        }
    }

    #[test]
    fn what_cannot_be_shown_is_no_id() {
        let long = "x".repeat(ALIAS_CHARS);
        for id in [long.as_str(), "ann@acme.example", "7"] {
            assert!(check(id).is_ok(), "{id}");
        }
        let longer = "x".repeat(ALIAS_CHARS + 1);
        for none in [
            "",
            " ",
            "a b",
            "a\nb",
            "a\u{0}",
            "\u{200b}",
            longer.as_str(),
        ] {
            assert!(check(none).is_err(), "{none:?}");
        }
    }

    #[test]
    fn each_tenant_has_people_of_its_own() {
        let (here, there) = (TenantId::default(), TenantId::new("acme"));
        assert_eq!(UserId::foreign(&here, "7"), UserId::foreign(&here, "7"));
        assert_ne!(UserId::foreign(&here, "7"), UserId::foreign(&there, "7"));
    }
}
