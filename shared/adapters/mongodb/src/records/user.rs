use domain::{Email, FullName, NewUser, TenantId, User, UserId, Username};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use crate::values::{id, time, uuid};

/// What only one account of a tenant has. As one value, since a compound index would also keep
/// those apart that have nothing but their tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnRecord {
    pub(crate) tenant: String,
    pub(crate) value: String,
}

impl OwnRecord {
    /// A value of a tenant's account.
    pub(crate) fn new(tenant: &str, value: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) tenant: String,
    pub(crate) username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<OwnRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<OwnRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_hash: Option<String>,
    pub(crate) admin: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    pub(crate) created_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<DateTime>,
}

impl UserRecord {
    /// An account that is made at `at`.
    pub(crate) fn new(user: NewUser, at: DateTime) -> Self {
        let own = |value: &str| OwnRecord::new(user.tenant.as_str(), value);
        Self {
            id: id(user.id.uuid()),
            tenant: user.tenant.as_str().to_owned(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| own(email.as_str())),
            alias: user.alias.as_deref().map(own),
            password_hash: user.password_hash,
            admin: user.admin,
            first_name: user.names.first().map(str::to_owned),
            last_name: user.names.last().map(str::to_owned),
            created_at: at,
            deleted_at: None,
        }
    }
}

impl From<UserRecord> for User {
    fn from(record: UserRecord) -> Self {
        Self {
            id: UserId::from_uuid(uuid(record.id)),
            tenant: TenantId::new(record.tenant),
            username: Username::stored(record.username),
            email: record.email.map(|email| Email::stored(email.value)),
            password_hash: record.password_hash,
            alias: record.alias.map(|alias| alias.value),
            admin: record.admin,
            names: FullName::stored(record.first_name, record.last_name),
            created_at: time(record.created_at),
            deleted_at: record.deleted_at.map(time),
        }
    }
}
