//! Accounts over REST.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /api/v1/auth/signup`. It prints without the password.
#[derive(Clone, Deserialize)]
pub struct SignUp {
    /// The wanted name.
    pub username: String,
    /// An address, if there is one.
    #[serde(default)]
    pub email: Option<String>,
    /// The wanted password.
    pub password: String,
}

/// `POST /api/v1/auth/login`. It prints without the password.
#[derive(Clone, Deserialize)]
pub struct Login {
    /// The name of the account.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for SignUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignUp")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// What sign-up and login answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenBody {
    /// Goes into `Authorization: Bearer`.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub user: Me,
}

/// Oneself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who.
    pub id: Uuid,
    /// What one is called.
    pub username: String,
    /// One's address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether one may administer.
    pub admin: bool,
    /// When one came.
    pub created_at: Timestamp,
}

impl Me {
    /// Shows a user to themselves.
    #[must_use]
    pub fn new(user: &domain::User) -> Self {
        Self {
            id: user.id.uuid(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            admin: user.admin,
            created_at: user.created_at,
        }
    }
}
