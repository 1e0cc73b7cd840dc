//! Accounts over REST.

use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /api/v1/auth/signup`. It prints without the password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct SignUp {
    /// The wanted name, compared as it is written (NFC): no control or invisible characters, and no
    /// white space at either end. Names that differ in case, or only look alike, are different.
    #[schema(min_length = 1, max_length = 64, pattern = r"^\S(.*\S)?$")]
    pub username: String,
    /// An address, if there is one.
    #[serde(default)]
    pub email: Option<String>,
    /// The wanted password.
    pub password: String,
    /// A first name, if it is to be shown.
    #[serde(default)]
    #[schema(max_length = 150)]
    pub first_name: Option<String>,
    /// A last name, if it is to be shown.
    #[serde(default)]
    #[schema(max_length = 150)]
    pub last_name: Option<String>,
}

/// `POST /api/v1/auth/login`. It prints without the password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Login {
    /// The name of the account.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// `PATCH /api/v1/me`. What is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct ChangeMe {
    /// The wanted name.
    #[serde(default)]
    pub username: Option<String>,
    /// The wanted address; `null` for none.
    #[serde(default, deserialize_with = "said")]
    pub email: Option<Option<String>>,
    /// The wanted first name; `null` for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(max_length = 150)]
    pub first_name: Option<Option<String>>,
    /// The wanted last name; `null` for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(max_length = 150)]
    pub last_name: Option<Option<String>>,
}

/// Tells `null` from what was left out.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// `POST /api/v1/me/password`. It prints without the passwords.
#[derive(Clone, Deserialize, ToSchema)]
pub struct ChangePassword {
    /// The password as it is.
    pub current: String,
    /// The wanted one.
    pub new: String,
}

impl fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

/// `POST /api/v1/setup`: makes the first administrator. It prints without the token and the
/// password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct SetUp {
    /// What the server printed when it started.
    pub token: String,
    /// Who is to administer.
    #[serde(flatten)]
    pub account: SignUp,
}

impl fmt::Debug for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetUp")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Oneself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Who.
    pub id: Uuid,
    /// What one is called.
    pub username: String,
    /// One's address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// One's first name, where one has said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// One's last name, where one has said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
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
            first_name: user.names.first().map(str::to_owned),
            last_name: user.names.last().map(str::to_owned),
            admin: user.admin,
            created_at: user.created_at,
        }
    }
}

/// What everybody of a tenant may know of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// Who.
    pub id: Uuid,
    /// What they are called.
    pub username: String,
    /// Their first name, where they have said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Their last name, where they have said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

impl PersonView {
    /// Shows a user to others.
    #[must_use]
    pub fn new(user: &domain::User) -> Self {
        Self {
            id: user.id.uuid(),
            username: user.username.as_str().to_owned(),
            first_name: user.names.first().map(str::to_owned),
            last_name: user.names.last().map(str::to_owned),
        }
    }
}

/// `GET /api/v1/people`: a page of the people of one's tenant, those who signed up last first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// Who; `?before=` the last of them goes on.
    pub people: Vec<PersonView>,
    /// Whether there are more.
    pub more: bool,
}
