//! Who may read a file, and its bytes.

use std::ops::Range;

use domain::{Caller, Code, Error, File, FileId, Limits, Result, ports::ByteStream};
use tokio::time::timeout;

use super::{Files, references::file_of};

/// How many references are looked at to find one that still stands. They are those in rooms of the
/// caller, and all but a few stand.
const LINKS: usize = 20;

impl Files {
    /// A file that the caller may read: their own, or one that a message refers to in a room that
    /// they are in.
    ///
    /// # Errors
    /// `file_not_found` in every other case: nobody learns which files there are.
    pub async fn readable(&self, who: &Caller, id: FileId) -> Result<File> {
        let file = self.ready(id).await?;
        let here = file.tenant == who.tenant;
        if here && (file.owner == who.user || self.is_referred_to(who, id).await?) {
            return Ok(file);
        }
        Err(Code::FileNotFound.into())
    }

    /// A file that the caller has uploaded.
    ///
    /// # Errors
    /// `file_not_found` in every other case.
    pub async fn own(&self, who: &Caller, id: FileId) -> Result<File> {
        let file = self.ready(id).await?;
        match file.owner == who.user {
            true => Ok(file),
            false => Err(Code::FileNotFound.into()),
        }
    }

    /// A file that is whole, whoever asks.
    ///
    /// # Errors
    /// `file_not_found`.
    pub async fn ready(&self, id: FileId) -> Result<File> {
        let file = self.store.file(id).await?.filter(File::is_ready);
        file.ok_or_else(|| Code::FileNotFound.into())
    }

    /// A part of a file's bytes.
    ///
    /// # Errors
    /// `file_not_found` when it was removed meanwhile; `unavailable`.
    pub async fn bytes(&self, file: FileId, range: Range<u64>) -> Result<ByteStream> {
        let opened = timeout(Limits::BLOB_CALL, self.blobs.get(file, range)).await;
        let body = opened.map_err(Error::unavailable)??;
        body.ok_or_else(|| Code::FileNotFound.into())
    }

    /// Whether a message that is still there refers to it, where the caller is a member.
    async fn is_referred_to(&self, who: &Caller, id: FileId) -> Result<bool> {
        for link in self.store.links_for(id, who.user, LINKS).await? {
            let message = self.store.message(link.room, link.message).await?;
            if message.as_ref().and_then(file_of) == Some(id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
