//! Logging in and renewing, in the words of the framework's tokens (simplejwt).

use serde::Serialize;

use super::{Refusal, bad_token, detail};

/// What a login gives, and the renewal of one.
#[derive(Debug, Serialize)]
pub struct Tokens {
    /// Gives the next of both, once.
    pub refresh: String,
    /// Says who its user is.
    pub access: String,
}

/// The name or the password is wrong.
#[must_use]
pub fn wrong_credentials() -> Refusal {
    detail(401, "No active account found with the given credentials")
}

/// A refresh token that was ended.
#[must_use]
pub fn blacklisted() -> Refusal {
    bad_token("Token is blacklisted")
}

/// A refresh token that is none, or has expired.
#[must_use]
pub fn no_refresh_token() -> Refusal {
    bad_token("Token is invalid or expired")
}
