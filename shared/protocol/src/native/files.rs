//! Files over REST.

use domain::{File, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What an upload answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileUploaded {
    /// The file.
    pub file: FileView,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Its id, for messages.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What it is, by its bytes.
    pub media_type: String,
    /// How large it is.
    pub bytes: u64,
    /// Its SHA-256, as 64 hexadecimal digits.
    pub sha256: String,
    /// Where it is read, with a token.
    pub url: String,
}

impl FileView {
    /// A file as its readers see it.
    #[must_use]
    pub fn new(file: &File) -> Self {
        Self {
            id: file.id.uuid(),
            name: file.name.as_str().to_owned(),
            media_type: file.media_type.as_str().to_owned(),
            bytes: file.bytes,
            sha256: file
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            url: format!("/api/v1/files/{}", file.id),
        }
    }
}

/// A link that is good without a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileLinkView {
    /// The path and query of the link.
    pub url: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}
