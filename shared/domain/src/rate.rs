//! The rates that people are held to. Each is named once, here: its name stands in the answers
//! that it had a part in, and in the description of what it counts.

/// So many in a while, of one person, address or name. How many is a limit
/// ([`crate::Limits`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
