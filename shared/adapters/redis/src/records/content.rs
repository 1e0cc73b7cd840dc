use domain::{Attachment, Content, ContentKind, FileId, RowId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a message says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentRecord {
    kind: ContentKindRecord,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attachment: Option<AttachmentRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ContentKindRecord {
    Text,
    Emoji,
    File,
    Image,
    System,
}

/// A file as a message shows it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AttachmentRecord {
    file: Uuid,
    name: String,
    media_type: String,
    bytes: u64,
}

impl From<&Content> for ContentRecord {
    fn from(content: &Content) -> Self {
        Self {
            kind: content.kind.into(),
            text: content.text.clone(),
            attachment: content.attachment.as_ref().map(AttachmentRecord::from),
            reply_to: content.reply_to.map(RowId::uuid),
            mentions: content.mentions.iter().map(|user| user.uuid()).collect(),
        }
    }
}

impl From<ContentRecord> for Content {
    fn from(record: ContentRecord) -> Self {
        let mentions = record.mentions.into_iter();
        Self {
            kind: record.kind.into(),
            text: record.text,
            attachment: record.attachment.map(Attachment::from),
            reply_to: record.reply_to.map(RowId::from_uuid),
            mentions: mentions.map(UserId::from_uuid).collect(),
        }
    }
}

impl From<ContentKind> for ContentKindRecord {
    fn from(kind: ContentKind) -> Self {
        match kind {
            ContentKind::Text => Self::Text,
            ContentKind::Emoji => Self::Emoji,
            ContentKind::File => Self::File,
            ContentKind::Image => Self::Image,
            ContentKind::System => Self::System,
        }
    }
}

impl From<ContentKindRecord> for ContentKind {
    fn from(record: ContentKindRecord) -> Self {
        match record {
            ContentKindRecord::Text => Self::Text,
            ContentKindRecord::Emoji => Self::Emoji,
            ContentKindRecord::File => Self::File,
            ContentKindRecord::Image => Self::Image,
            ContentKindRecord::System => Self::System,
        }
    }
}

impl From<&Attachment> for AttachmentRecord {
    fn from(attachment: &Attachment) -> Self {
        Self {
            file: attachment.file.uuid(),
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            bytes: attachment.bytes,
        }
    }
}

impl From<AttachmentRecord> for Attachment {
    fn from(record: AttachmentRecord) -> Self {
        Self {
            file: FileId::from_uuid(record.file),
            name: record.name,
            media_type: record.media_type,
            bytes: record.bytes,
        }
    }
}
