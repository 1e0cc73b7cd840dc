use domain::{
    Error, User, UserId,
    transfer::{KeptFile, KeptLink, RevokedToken, Sighting},
};

use crate::{
    records::{FileLinkRecord, FileRecord, OwnRecord, SightingRecord, TokenRecord, UserRecord},
    values::{date, id, time, uuid},
};

impl From<&User> for UserRecord {
    fn from(user: &User) -> Self {
        let own = |value: &str| OwnRecord::new(user.tenant.as_str(), value);
        Self {
            id: id(user.id.uuid()),
            tenant: user.tenant.as_str().to_owned(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| own(email.as_str())),
            alias: user.alias.as_deref().map(own),
            password_hash: user.password_hash.clone(),
            admin: user.admin,
            first_name: user.names.first().map(str::to_owned),
            last_name: user.names.last().map(str::to_owned),
            created_at: date(user.created_at),
            deleted_at: user.deleted_at.map(date),
        }
    }
}

impl From<&RevokedToken> for TokenRecord {
    fn from(token: &RevokedToken) -> Self {
        Self {
            token: token.token.clone(),
            expires_at: date(token.expires_at),
        }
    }
}

impl From<TokenRecord> for RevokedToken {
    fn from(record: TokenRecord) -> Self {
        Self {
            token: record.token,
            expires_at: time(record.expires_at),
        }
    }
}

impl From<&Sighting> for SightingRecord {
    fn from(sighting: &Sighting) -> Self {
        Self {
            user: id(sighting.user.uuid()),
            at: date(sighting.at),
        }
    }
}

impl From<SightingRecord> for Sighting {
    fn from(record: SightingRecord) -> Self {
        Self {
            user: UserId::from_uuid(uuid(record.user)),
            at: time(record.at),
        }
    }
}

impl From<&KeptFile> for FileRecord {
    fn from(kept: &KeptFile) -> Self {
        Self::kept(&kept.file, kept.loose_since.map(date))
    }
}

impl TryFrom<FileRecord> for KeptFile {
    type Error = Error;

    fn try_from(record: FileRecord) -> Result<Self, Error> {
        Ok(Self {
            loose_since: record.loose_since.map(time),
            file: record.try_into()?,
        })
    }
}

impl From<&KeptLink> for FileLinkRecord {
    fn from(kept: &KeptLink) -> Self {
        Self::new(kept.link, date(kept.check_at))
    }
}

impl From<FileLinkRecord> for KeptLink {
    /// One that was being taken away stays, and is looked at again in its time.
    fn from(record: FileLinkRecord) -> Self {
        Self {
            check_at: time(record.check_at),
            link: record.into(),
        }
    }
}
