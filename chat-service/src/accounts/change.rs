//! What people change of their own accounts.

use std::time::Duration;

use domain::{
    Caller, Code, Email, Error, FullName, Label, Password, PersonName, Profile, Result, User,
    UserId, Username,
};
use edge::{Peer, auth::Granted};

use super::{Accounts, unreserved};

/// How often a change is decided anew because another was quicker.
const ATTEMPTS: usize = 5;

/// What somebody wants to change of what they say of themselves. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The wanted name.
    pub username: Option<String>,
    /// The wanted address, or that there is to be none.
    pub email: Option<Option<String>>,
    /// The wanted first name, or that there is to be none.
    pub first_name: Option<Option<String>>,
    /// The wanted last name, or that there is to be none.
    pub last_name: Option<Option<String>>,
}

/// Two passwords.
pub struct PasswordChange {
    /// The one that shows whose account it is.
    pub current: String,
    /// The wanted one.
    pub new: String,
}

impl ProfileChange {
    /// What somebody would say of themselves then.
    fn of(&self, now: &Profile) -> Result<Profile> {
        let email = match &self.email {
            Some(email) => email.as_deref().map(Email::parse).transpose()?,
            None => now.email.clone(),
        };
        let username = match &self.username {
            Some(name) if name == now.username.as_str() => now.username.clone(),
            Some(name) => unreserved(Username::chosen(name, email.as_ref())?)?,
            // A name with '@' is its account's address, and cannot stay when that goes.
            None if now.username.as_str().contains('@') => {
                Username::parse(now.username.as_str(), email.as_ref())?
            }
            None => now.username.clone(),
        };
        let names = FullName {
            first: named(&self.first_name, "first_name", &now.names.first)?,
            last: named(&self.last_name, "last_name", &now.names.last)?,
        };
        Ok(Profile {
            username,
            email,
            names,
        })
    }
}

/// A name as it would be then.
fn named(
    wanted: &Option<Option<String>>,
    field: &'static str,
    now: &Option<PersonName>,
) -> Result<Option<PersonName>> {
    match wanted {
        Some(Some(name)) => PersonName::parse(name, field).map(Some),
        Some(None) => Ok(None),
        None => Ok(now.clone()),
    }
}

impl Accounts {
    /// Changes what a caller says of themselves.
    ///
    /// # Errors
    /// `rate_limited` before any work, since a refusal says that somebody has a name or an address;
    /// `invalid_username`, `invalid_email`, `invalid_field` for the other names; `username_taken` with the field that is taken;
    /// `busy` when others change it all the time; what the store says.
    pub async fn change_profile(&self, id: UserId, change: &ProfileChange) -> Result<User> {
        self.rates.change(id)?;
        for _ in 0..ATTEMPTS {
            let user = self.account(id).await?;
            let was = user.profile();
            let is = change.of(&was)?;
            if is == was {
                return Ok(user);
            }
            if self.store.set_profile(id, &was, is.clone()).await? {
                let Profile {
                    username,
                    email,
                    names,
                } = is;
                let user = User {
                    username,
                    email,
                    names,
                    ..user
                };
                self.show(&user).await;
                return Ok(user);
            }
        }
        Err(Error::too_many(Code::Busy, Duration::from_secs(1)))
    }

    /// Lets everybody see what somebody is called now.
    pub(crate) async fn show(&self, user: &User) {
        self.auth.forget(user.id).await;
        self.live.renamed(user.into()).await;
    }

    /// Changes a caller's password. All their logins end, with their sockets, also the one that
    /// asks: whoever has stolen its tokens is out, too. The answer begins a new one.
    ///
    /// # Errors
    /// `wrong_credentials` when `current` is not the password; `invalid_password` for the new one;
    /// `rate_limited` like logins, before any work; `busy`; what the store says. `unknown_outcome`
    /// when the password may have been changed: it is, or it is as it was.
    pub async fn change_password(
        &self,
        peer: Peer,
        label: Label,
        caller: &Caller,
        change: PasswordChange,
    ) -> Result<(User, Granted)> {
        self.rates
            .login(peer, &caller.tenant, caller.username.as_str())?;
        let new = self.wanted(change.new)?;
        let user = self.proven(caller.user, &change.current).await?;
        let hash = self.passwords.hash(new).await?;
        let accounts = self.clone();
        // To its end, also when the caller is gone: a new password with the old logins would
        // protect nobody.
        let replaced = self.tasks.spawn(async move {
            let user = accounts.replace(user, &change.current, hash).await?;
            // A login that began with the old password meanwhile finds that out by itself.
            let granted = accounts.auth.start_over(&user, label).await;
            Ok((user, granted.map_err(Error::unknown_outcome)?))
        });
        replaced.await.map_err(Error::unknown_outcome)?
    }

    /// The account of this id, if this is its password.
    async fn proven(&self, id: UserId, password: &str) -> Result<User> {
        let user = self.account(id).await?;
        match self.is_right(Some(&user), password).await? {
            true => Ok(user),
            false => Err(Code::WrongCredentials.into()),
        }
    }

    /// Stores a new hash of the password. Where the old one is another by now, a login may have
    /// hashed the same password anew: it is asked for once more.
    async fn replace(&self, mut user: User, current: &str, hash: String) -> Result<User> {
        for _ in 0..ATTEMPTS {
            let was = user.password_hash.as_deref();
            let set = self.store.set_password_hash(user.id, was, hash.clone());
            if set.await? {
                return Ok(user);
            }
            user = self.proven(user.id, current).await?;
        }
        Err(Error::too_many(Code::Busy, Duration::from_secs(1)))
    }

    fn wanted(&self, password: String) -> Result<Password> {
        Password::parse(password, self.password_min_chars).map_err(|error| {
            let detail = error.message().to_owned();
            Error::invalid(Code::InvalidPassword, "new", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Profile {
        let email = Email::parse("ann@example.org").unwrap();
        Profile {
            username: Username::parse("ann@example.org", Some(&email)).unwrap(),
            email: Some(email),
            names: FullName::stored(Some("Ann".to_owned()), None),
        }
    }

    fn changed(username: Option<&str>, email: Option<Option<&str>>) -> Result<Profile, Code> {
        let change = ProfileChange {
            username: username.map(str::to_owned),
            email: email.map(|email| email.map(str::to_owned)),
            ..ProfileChange::default()
        };
        change.of(&now()).map_err(|error| error.code())
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(changed(None, None), Ok(now()));
        let ann = changed(Some("ann"), None).unwrap();
        assert_eq!((ann.username.as_str(), ann.email), ("ann", now().email));
        let ann = changed(Some("ann"), Some(None)).unwrap();
        assert_eq!(ann.email, None);
    }

    #[test]
    fn a_name_that_is_an_address_goes_with_it() {
        let other = Some(Some("anna@example.org"));
        assert_eq!(changed(None, other), Err(Code::InvalidUsername));
        assert_eq!(changed(None, Some(None)), Err(Code::InvalidUsername));
        let both = changed(Some("anna@example.org"), other).unwrap();
        assert_eq!(both.username.as_str(), "anna@example.org");
    }

    #[test]
    fn names_are_said_kept_and_taken_back() {
        let change = ProfileChange {
            last_name: Some(Some(" Lee ".to_owned())),
            ..ProfileChange::default()
        };
        let both = change.of(&now()).unwrap();
        assert_eq!(both.names.shown(&both.username), ("Ann", "Lee"));
        let change = ProfileChange {
            first_name: Some(None),
            ..ProfileChange::default()
        };
        assert_eq!(change.of(&both).unwrap().names.first, None);
        let blank = ProfileChange {
            first_name: Some(Some(" ".to_owned())),
            ..ProfileChange::default()
        };
        assert_eq!(blank.of(&both).unwrap_err().field(), Some("first_name"));
    }

    #[test]
    fn what_is_no_name_or_address_is_refused() {
        assert_eq!(changed(Some(""), None), Err(Code::InvalidUsername));
        assert_eq!(changed(None, Some(Some("x"))), Err(Code::InvalidEmail));
    }
}
