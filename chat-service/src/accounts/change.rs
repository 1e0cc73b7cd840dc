//! What people change of their own accounts.

use std::time::Duration;

use domain::{Card, Code, Email, Error, Label, Password, Profile, Result, User, UserId, Username};
use edge::{
    Peer,
    auth::{Granted, Identity},
};

use super::Accounts;

/// How often a change is decided anew because another was quicker.
const ATTEMPTS: usize = 5;

/// What somebody wants to change of what they say of themselves. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The wanted name.
    pub username: Option<String>,
    /// The wanted address, or that there is to be none.
    pub email: Option<Option<String>>,
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
            Some(name) => Username::parse(name, email.as_ref())?,
            // A name with '@' is its account's address, and cannot stay when that goes.
            None if now.username.as_str().contains('@') => {
                Username::parse(now.username.as_str(), email.as_ref())?
            }
            None => now.username.clone(),
        };
        Ok(Profile { username, email })
    }
}

impl Accounts {
    /// Changes what a caller says of themselves.
    ///
    /// # Errors
    /// `invalid_username`, `invalid_email`; `username_taken` with the field that is taken;
    /// `busy` when others change it all the time; what the store says.
    pub async fn change_profile(&self, id: UserId, change: &ProfileChange) -> Result<User> {
        for _ in 0..ATTEMPTS {
            let user = self.account(id).await?;
            let was = user.profile();
            let is = change.of(&was)?;
            if self.store.set_profile(id, &was, is.clone()).await? {
                let Profile { username, email } = is;
                let user = User {
                    username,
                    email,
                    ..user
                };
                self.show(&user).await;
                return Ok(user);
            }
        }
        Err(Error::too_many(Code::Busy, Duration::from_secs(1)))
    }

    /// Lets everybody see what somebody is called now.
    async fn show(&self, user: &User) {
        self.auth.forget(user.id).await;
        let card = Card {
            user: user.id,
            username: user.username.clone(),
        };
        self.live.renamed(card).await;
    }

    /// Changes a caller's password. All their other logins end, with their sockets.
    ///
    /// # Errors
    /// `wrong_credentials` when `current` is not the password; `invalid_password` for the new one;
    /// `rate_limited` like logins, before any work; `busy`; what the store says.
    pub async fn change_password(
        &self,
        peer: Peer,
        label: Label,
        who: &Identity,
        change: PasswordChange,
    ) -> Result<(User, Granted)> {
        let caller = &who.caller;
        self.rates
            .login(peer, &caller.tenant, caller.username.as_str())?;
        let new = self.wanted(change.new)?;
        let user = self.account(caller.user).await?;
        if !self.is_right(Some(&user), &change.current).await? {
            return Err(Code::WrongCredentials.into());
        }
        let hash = self.passwords.hash(new).await?;
        // Before as well as after: who is cut off in between finds the password as it was, and
        // none of the others in; and who came in with it in between goes with the second.
        self.auth.end_all(user.id, Some(&who.token)).await?;
        let was = user.password_hash.as_deref();
        if !self.store.set_password_hash(user.id, was, hash).await? {
            return Err(Code::WrongCredentials.into());
        }
        self.auth.end_all(user.id, Some(&who.token)).await?;
        let granted = self.auth.renew(who, &user, label).await?;
        Ok((user, granted))
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
        }
    }

    fn changed(username: Option<&str>, email: Option<Option<&str>>) -> Result<Profile, Code> {
        let change = ProfileChange {
            username: username.map(str::to_owned),
            email: email.map(|email| email.map(str::to_owned)),
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
    fn what_is_no_name_or_address_is_refused() {
        assert_eq!(changed(Some(""), None), Err(Code::InvalidUsername));
        assert_eq!(changed(None, Some(Some("x"))), Err(Code::InvalidEmail));
    }
}
