use mongodb::bson::Uuid;
use serde::{Deserialize, Serialize};

/// What the whole database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SchemaRecord {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    /// Which documents it holds: 1 at first, raised by each migration.
    pub(crate) version: i64,
    /// The store's id, another one after a backup was restored.
    pub(crate) epoch: Uuid,
    /// How far it has taken another store in, as JSON; there until it is whole. Read by none but
    /// the version of Hubbub that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intake: Option<String>,
}

impl SchemaRecord {
    /// The id of the only one.
    pub(crate) const ID: &str = "schema";
}
