use domain::Content;
use serde::{Deserialize, Serialize};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ContentRecord {
    Text { text: String },
}

impl From<&Content> for ContentRecord {
    fn from(content: &Content) -> Self {
        match content {
            Content::Text { text } => Self::Text { text: text.clone() },
        }
    }
}

impl From<ContentRecord> for Content {
    fn from(record: ContentRecord) -> Self {
        match record {
            ContentRecord::Text { text } => Self::Text { text },
        }
    }
}

/// Why a message says nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GoneRecord {
    Deleted,
    Purged,
}
