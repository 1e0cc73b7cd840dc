use domain::{
    Error, File, FileId, FileLink, FileName, FileState, MediaType, MessageId, NewFile, RoomId,
    TenantId, UserId,
};
use mongodb::bson::{Binary, DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::incomplete;
use crate::values::{bytes, date, id, int, link_id, time, uint, uuid};

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileStateRecord {
    Uploading,
    Ready,
    Removing,
}

impl FileStateRecord {
    /// As queries and updates name the states.
    pub(crate) const UPLOADING: &str = "uploading";
    pub(crate) const READY: &str = "ready";
    pub(crate) const REMOVING: &str = "removing";
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    #[serde(rename = "_id")]
    id: Uuid,
    tenant: String,
    owner_id: Uuid,
    name: String,
    media_type: String,
    bytes: i64,
    sha256: Binary,
    created_at: DateTime,
    state: FileStateRecord,
    /// Absent while a message refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loose_since: Option<DateTime>,
    /// How often a message came to refer to it: whoever lets it loose compares this.
    #[serde(default)]
    pub(crate) linked: i64,
}

impl FileRecord {
    /// A file whose bytes begin to come in at `at`.
    pub(crate) fn begin(file: &NewFile, at: DateTime) -> Self {
        Self {
            id: id(file.id.uuid()),
            tenant: file.tenant.as_str().to_owned(),
            owner_id: id(file.owner.uuid()),
            name: file.name.as_str().to_owned(),
            media_type: file.media_type.as_str().to_owned(),
            bytes: 0,
            sha256: bytes(&[0; 32]),
            created_at: at,
            state: FileStateRecord::Uploading,
            loose_since: Some(at),
            linked: 0,
        }
    }

    /// A file as it is kept.
    pub(super) fn kept(file: &File, loose_since: Option<DateTime>) -> Self {
        Self {
            id: id(file.id.uuid()),
            tenant: file.tenant.as_str().to_owned(),
            owner_id: id(file.owner.uuid()),
            name: file.name.as_str().to_owned(),
            media_type: file.media_type.as_str().to_owned(),
            bytes: int(file.bytes),
            sha256: bytes(&file.sha256),
            created_at: date(file.created_at),
            state: match file.state {
                FileState::Uploading => FileStateRecord::Uploading,
                FileState::Ready => FileStateRecord::Ready,
                FileState::Removing => FileStateRecord::Removing,
            },
            loose_since,
            linked: 0,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> FileId {
        FileId::from_uuid(uuid(self.id))
    }
}

impl TryFrom<FileRecord> for File {
    type Error = Error;

    fn try_from(record: FileRecord) -> Result<Self, Error> {
        let sha256 = record.sha256.bytes.try_into();
        Ok(Self {
            id: FileId::from_uuid(uuid(record.id)),
            tenant: TenantId::new(record.tenant),
            owner: UserId::from_uuid(uuid(record.owner_id)),
            name: FileName::stored(record.name),
            media_type: MediaType::stored(record.media_type),
            bytes: uint(record.bytes),
            sha256: sha256.map_err(|_| incomplete("a hash of 32 bytes"))?,
            created_at: time(record.created_at),
            state: match record.state {
                FileStateRecord::Uploading => FileState::Uploading,
                FileStateRecord::Ready => FileState::Ready,
                FileStateRecord::Removing => FileState::Removing,
            },
        })
    }
}

/// A message refers to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileLinkRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    pub(crate) file_id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) message_id: Uuid,
    pub(crate) check_at: DateTime,
    /// There while it is being taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) going: Option<bool>,
}

impl FileLinkRecord {
    /// A link that is to be looked at again at `check_at`.
    pub(crate) fn new(link: FileLink, check_at: DateTime) -> Self {
        Self {
            id: link_id(link),
            file_id: id(link.file.uuid()),
            room_id: id(link.room.uuid()),
            message_id: id(link.message.uuid()),
            check_at,
            going: None,
        }
    }
}

impl From<FileLinkRecord> for FileLink {
    fn from(record: FileLinkRecord) -> Self {
        Self {
            file: FileId::from_uuid(uuid(record.file_id)),
            room: RoomId::from_uuid(uuid(record.room_id)),
            message: MessageId::from_uuid(uuid(record.message_id)),
        }
    }
}
