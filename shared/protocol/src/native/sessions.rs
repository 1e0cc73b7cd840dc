//! What logins begin, over REST. People call a token family a session of theirs.

use std::fmt;

use domain::{Family, FamilyId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Me;

/// What sign-up, login, renewal and a change of the password answer.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenBody {
    /// Goes into `Authorization: Bearer`.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Gives the next of both at `POST /api/v1/auth/refresh`, once.
    pub refresh_token: String,
    /// Until when it is good.
    pub refresh_expires_at: Timestamp,
    /// Whose they are.
    pub user: Me,
}

/// `POST /api/v1/auth/refresh`. It prints without the token.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Refresh {
    /// The last refresh token that was given.
    pub refresh_token: String,
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh").finish_non_exhaustive()
    }
}

/// What `POST /api/v1/ws-ticket` answers.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TicketBody {
    /// Opens one socket: `/api/v1/ws?ticket=`.
    pub ticket: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// `GET /api/v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// Those that were used last first.
    pub sessions: Vec<SessionView>,
    /// Whether there are more than these.
    pub more: bool,
}

/// A login that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: Uuid,
    /// What was logged in with, as it called itself.
    pub label: String,
    /// When the login was.
    pub created_at: Timestamp,
    /// When it was renewed last.
    pub last_used_at: Timestamp,
    /// When it ends unless it is renewed.
    pub expires_at: Timestamp,
    /// Whether this request belongs to it.
    pub current: bool,
}

impl SessionView {
    /// Shows a family to its user, who asks with a token of `current`.
    #[must_use]
    pub fn new(family: &Family, current: Option<FamilyId>) -> Self {
        Self {
            id: family.id.uuid(),
            label: family.label.as_str().to_owned(),
            created_at: family.created_at,
            last_used_at: family.last_used_at,
            expires_at: family.expires_at,
            current: current == Some(family.id),
        }
    }
}
