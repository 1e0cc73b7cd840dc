//! Files: their bytes, what is known of them, and who refers to them.

use std::{ops::Range, pin::Pin};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

use crate::{File, FileId, FileLink, MessageId, NewFile, Received, Result, Timestamp, UserId};

/// Bytes as they come. After an error nothing follows.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// The bytes of files, each under its file's id. Durable.
///
/// Two files never share their bytes, also when they are equal: so removing one is always safe.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores what comes in; says how many bytes it was. All or nothing: what was cut off, by an
    /// error of `body` or by dropping the call, is not there. What is stored survives a power cut
    /// from the answer on. Never more than a few MiB are held in memory.
    ///
    /// # Errors
    /// `file_too_large` once there are more than `most` bytes; whatever `body` ends with;
    /// `unavailable`, also when the disk is full.
    async fn put(&self, id: FileId, most: u64, body: ByteStream) -> Result<u64>;

    /// A part of the bytes, in pieces; what of the range is beyond the end is left out. `None`
    /// when there is no such blob.
    async fn get(&self, id: FileId, range: Range<u64>) -> Result<Option<ByteStream>>;

    /// Removes a blob, and what a `put` that was killed left of it. Idempotent.
    async fn delete(&self, id: FileId) -> Result<()>;

    /// Where it is, for the banner and the log; never a secret.
    fn describe(&self) -> String;
}

/// What is known of files.
///
/// A file is *loose* while no message refers to it: from the beginning of its upload, or from the
/// moment when the last reference went.
#[async_trait]
pub trait Files: Send + Sync {
    /// Writes down that a file is coming in. Atomic; repeating it with the same id changes nothing.
    async fn begin_file(&self, file: NewFile) -> Result<()>;

    /// Says that a file is whole; `None` when it is not known, or is being removed. Atomic;
    /// a repeat answers with the file.
    async fn finish_file(&self, id: FileId, received: Received) -> Result<Option<File>>;

    /// What is known of a file, whatever its state.
    async fn file(&self, id: FileId) -> Result<Option<File>>;

    /// Up to `limit` files that have been loose since before `before`, the longest first.
    async fn loose_files(&self, before: Timestamp, limit: usize) -> Result<Vec<FileId>>;

    /// Makes a file one that is being removed, if it has been loose since before `before`; says
    /// whether it is one now. Atomic: from then on no message can refer to it. Idempotent.
    async fn condemn_file(&self, id: FileId, before: Timestamp) -> Result<bool>;

    /// Forgets a file that is being removed and whose bytes are gone. Any other is left alone.
    /// Idempotent.
    async fn forget_file(&self, id: FileId) -> Result<()>;
}

/// Which messages refer to which files. A link is a row, not a number: making it twice is making
/// it once, and it can be looked at again.
#[async_trait]
pub trait FileLinks: Send + Sync {
    /// Writes down that a message refers to a file; says whether the file is there to be referred
    /// to (ready). To be looked at again at `check_at`. Atomic, idempotent.
    async fn link_file(&self, link: FileLink, check_at: Timestamp) -> Result<bool>;

    /// Takes away the links of a message, but for the one to `except`. A file whose last link it
    /// was is loose from now on. Atomic, idempotent.
    async fn unlink_message(&self, message: MessageId, except: Option<FileId>) -> Result<()>;

    /// Up to `limit` links of a file in rooms that the user is an active member of, newest
    /// messages first.
    async fn links_for(&self, file: FileId, user: UserId, limit: usize) -> Result<Vec<FileLink>>;

    /// Up to `limit` links that are to be looked at again by `now`, the longest waiting first.
    async fn links_due(&self, now: Timestamp, limit: usize) -> Result<Vec<FileLink>>;

    /// Says when a link is to be looked at again. One that is gone stays gone.
    async fn check_link(&self, link: FileLink, check_at: Timestamp) -> Result<()>;
}
