//! The rates that people are held to. Each is named once, here: its name stands in the answers
//! that it had a part in, and in the description of what it counts.

use std::fmt;

use uuid::Uuid;

use crate::UserId;

/// So many in a while, of one person, address or name. How many is a limit
/// ([`crate::Limits`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rate {
    /// What a user writes: messages, and changes of rooms and of who is in them.
    Sends,
    /// Log-ins from an address.
    Logins,
    /// Log-ins as a name.
    LoginsOfName,
    /// Sign-ups from an address.
    Signups,
    /// Renewals of tokens from an address.
    Refreshes,
    /// Changes that a user makes of their account and their rules.
    Changes,
    /// Tickets for sockets of a user.
    Tickets,
    /// Uploads of a user.
    Uploads,
}

impl Rate {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::Sends,
        Self::Logins,
        Self::LoginsOfName,
        Self::Signups,
        Self::Refreshes,
        Self::Changes,
        Self::Tickets,
        Self::Uploads,
    ];

    /// What `RateLimit` and `RateLimit-Policy` call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sends => "sends",
            Self::Logins => "logins",
            Self::LoginsOfName => "logins-of-name",
            Self::Signups => "signups",
            Self::Refreshes => "refreshes",
            Self::Changes => "changes",
            Self::Tickets => "tickets",
            Self::Uploads => "uploads",
        }
    }
}

/// Whom a rate is counted for: a user, or what an address or a name was made into, so that nobody
/// who sees it can tell which. The same in all processes of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder(Uuid);

impl Holder {
    /// Who has this keyed hash. Half of it is enough.
    #[must_use]
    pub fn hashed(hash: [u8; 32]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(Uuid::from_bytes(half))
    }
}

impl From<UserId> for Holder {
    fn from(user: UserId) -> Self {
        Self(user.uuid())
    }
}

/// What one holder may take of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// The rate.
    pub rate: Rate,
    /// Whom it is counted for.
    pub holder: Holder,
}

impl fmt::Display for Budget {
    /// `sends:0190…`: no two are written the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rate.name(), self.holder.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_are_in_their_order_and_have_names_of_their_own() {
        let order = Rate::ALL.map(|rate| rate as usize);
        assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(HashSet::from(Rate::ALL.map(Rate::name)).len(), 8);
    }
}
