use domain::{Error, Family, FamilyId, Label, TenantId, UserId};
use mongodb::bson::{Binary, DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::incomplete;
use crate::values::{bytes, date, id, int, time, uint, uuid};

/// A token that was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    /// The token's id, or its hash.
    #[serde(rename = "_id")]
    pub(crate) token: String,
    pub(crate) expires_at: DateTime,
}

/// When somebody was there last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SightingRecord {
    #[serde(rename = "_id")]
    pub(crate) user: Uuid,
    pub(crate) at: DateTime,
}

/// All tokens that come from one login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FamilyRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    user_id: Uuid,
    tenant: String,
    label: String,
    nonce: Binary,
    generation: i64,
    previous: Option<i64>,
    created_at: DateTime,
    last_used_at: DateTime,
    expires_at: DateTime,
    /// Absent while it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime>,
}

impl From<&Family> for FamilyRecord {
    fn from(family: &Family) -> Self {
        Self {
            id: id(family.id.uuid()),
            user_id: id(family.user.uuid()),
            tenant: family.tenant.as_str().to_owned(),
            label: family.label.as_str().to_owned(),
            nonce: bytes(&family.nonce),
            generation: int(family.generation),
            previous: family.previous.map(int),
            created_at: date(family.created_at),
            last_used_at: date(family.last_used_at),
            expires_at: date(family.expires_at),
            ended_at: family.ended_at.map(date),
        }
    }
}

impl TryFrom<FamilyRecord> for Family {
    type Error = Error;

    fn try_from(record: FamilyRecord) -> Result<Self, Error> {
        let nonce = record.nonce.bytes.try_into();
        Ok(Self {
            id: FamilyId::from_uuid(uuid(record.id)),
            user: UserId::from_uuid(uuid(record.user_id)),
            tenant: TenantId::new(record.tenant),
            label: Label::cut(&record.label),
            nonce: nonce.map_err(|_| incomplete("a nonce of 16 bytes"))?,
            generation: uint(record.generation),
            previous: record.previous.map(uint),
            created_at: time(record.created_at),
            last_used_at: time(record.last_used_at),
            expires_at: time(record.expires_at),
            ended_at: record.ended_at.map(time),
        })
    }
}
