use domain::ports::Lease;
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use crate::values::{date, id};

/// Who does something alone, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeaseRecord {
    #[serde(rename = "_id")]
    pub(crate) name: String,
    pub(crate) holder: Uuid,
    pub(crate) until: DateTime,
}

impl From<&Lease> for LeaseRecord {
    fn from(lease: &Lease) -> Self {
        Self {
            name: lease.name.clone(),
            holder: id(lease.holder),
            until: date(lease.until),
        }
    }
}
