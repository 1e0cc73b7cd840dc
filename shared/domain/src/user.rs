//! People.

use crate::{Email, FullName, TenantId, Timestamp, UserId, Username};

/// A user of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Always ours.
    pub id: UserId,
    /// The world they live in.
    pub tenant: TenantId,
    /// Unique in the tenant.
    pub username: Username,
    /// Unique in the tenant, where there is one.
    pub email: Option<Email>,
    /// What they are called besides, where they have said it.
    pub names: FullName,
    /// The password's hash with its own parameters (`$2b$…`); none for who logs in elsewhere.
    pub password_hash: Option<String>,
    /// What another system calls this user, unique in the tenant.
    pub alias: Option<String>,
    /// Whether they may run the archive and see every room's policy.
    pub admin: bool,
    /// When they came.
    pub created_at: Timestamp,
    /// When they were deleted, if they were. What they said stays, and so does what another system
    /// calls them, so that nobody makes them anew.
    pub deleted_at: Option<Timestamp>,
}

impl User {
    /// Whether they may still come, be found and be written to anew.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// What is left of somebody who is deleted: ids and times. Name, address, password and rights
    /// are gone, and free for others. Who was deleted before stays as they are.
    #[must_use]
    pub fn erased(self, at: Timestamp) -> Self {
        if self.deleted_at.is_some() {
            return self;
        }
        Self {
            username: Username::erased(self.id),
            email: None,
            names: FullName::erased(),
            password_hash: None,
            admin: false,
            deleted_at: Some(at),
            ..self
        }
    }

    /// What they may change of themselves.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            username: self.username.clone(),
            email: self.email.clone(),
            names: self.names.clone(),
        }
    }
}

/// What somebody may change of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Unique in the tenant.
    pub username: Username,
    /// Unique in the tenant, where there is one.
    pub email: Option<Email>,
    /// What they are called besides.
    pub names: FullName,
}

/// Somebody who signs up, or whom a trusted issuer names for the first time.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id they will have. Repeating a creation with the same id changes nothing.
    pub id: UserId,
    /// The world they live in.
    pub tenant: TenantId,
    /// Wanted name.
    pub username: Username,
    /// Address, if any.
    pub email: Option<Email>,
    /// What they are called besides.
    pub names: FullName,
    /// The password's hash.
    pub password_hash: Option<String>,
    /// What another system calls them.
    pub alias: Option<String>,
    /// Whether they may administer.
    pub admin: bool,
}
