use domain::{Error, Numbered, Numbering, TenantId, transfer::KeptNumber};
use mongodb::bson::Uuid;
use serde::{Deserialize, Serialize};

use super::incomplete;
use crate::values::{id, int, uint, uuid};

/// The number of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NumberRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) tenant: String,
    pub(crate) kind: String,
    pub(crate) number: i64,
}

impl From<&KeptNumber> for NumberRecord {
    fn from(kept: &KeptNumber) -> Self {
        Self {
            id: id(kept.thing.id),
            tenant: kept.tenant.as_str().to_owned(),
            kind: kept.thing.kind.as_str().to_owned(),
            number: int(kept.number),
        }
    }
}

impl TryFrom<NumberRecord> for KeptNumber {
    type Error = Error;

    fn try_from(record: NumberRecord) -> Result<Self, Error> {
        let kind = Numbering::stored(&record.kind);
        Ok(Self {
            thing: Numbered {
                kind: kind.ok_or_else(|| incomplete("the kind of what is numbered"))?,
                id: uuid(record.id),
            },
            tenant: TenantId::new(record.tenant),
            number: uint(record.number),
        })
    }
}
