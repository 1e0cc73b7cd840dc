//! Blobs in a folder: one file each, in 256 folders by the last two digits of its id.

use std::{
    fs::DirBuilder,
    io::{self, SeekFrom},
    ops::Range,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use domain::{
    Code, Error, FileId, Result,
    ports::{Blobs, ByteStream},
};
use futures_util::StreamExt;
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;

use crate::draft::{self, Draft};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Blobs in a folder of this machine. Not for a network share: there a rename is not durable.
#[derive(Debug, Clone)]
pub struct DirBlobs {
    root: PathBuf,
}

impl DirBlobs {
    /// Opens the folder, and makes it, readable for its owner alone, if it is not there. Blocks.
    ///
    /// # Errors
    /// The system's, when it cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&root)?;
        Ok(Self { root })
    }

    /// The folder that a blob lies in.
    fn folder(&self, id: FileId) -> PathBuf {
        let [.., last] = id.uuid().into_bytes();
        self.root.join(format!("{last:02x}"))
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.folder(id).join(id.to_string())
    }

    /// Makes the folder of a blob. It is synced each time, since whoever made it may not have
    /// come to it yet.
    async fn make_folder(&self, id: FileId) -> io::Result<PathBuf> {
        let folder = self.folder(id);
        let mut builder = fs::DirBuilder::new();
        builder.mode(0o700);
        match builder.create(&folder).await {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        draft::sync_folder(&self.root).await?;
        Ok(folder)
    }

    async fn write(&self, id: FileId, most: u64, mut body: ByteStream) -> Result<u64> {
        let folder = self.make_folder(id).await.map_err(unwritten)?;
        let path = folder.join(id.to_string());
        let mut draft = Draft::begin(&path).await.map_err(unwritten)?;
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            let piece = piece?;
            bytes += piece.len() as u64;
            if bytes > most {
                return Err(Code::FileTooLarge.into());
            }
            draft.write(&piece).await.map_err(unwritten)?;
        }
        draft.keep(&folder).await.map_err(unwritten)?;
        Ok(bytes)
    }
}

/// What is told of a file that could not be written.
fn unwritten(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::storage_full(error),
        _ => Error::unavailable(error),
    }
}

#[async_trait]
impl Blobs for DirBlobs {
    async fn put(&self, id: FileId, most: u64, body: ByteStream) -> Result<u64> {
        self.write(id, most, body).await
    }

    async fn get(&self, id: FileId, range: Range<u64>) -> Result<Option<ByteStream>> {
        let mut file = match File::open(self.path(id)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::unavailable(error)),
        };
        let start = SeekFrom::Start(range.start);
        file.seek(start).await.map_err(Error::unavailable)?;
        let part = file.take(range.end.saturating_sub(range.start));
        let pieces = ReaderStream::with_capacity(part, PIECE);
        Ok(Some(Box::pin(
            pieces.map(|piece| piece.map_err(Error::unavailable)),
        )))
    }

    /// It need not survive a power cut: who removes a blob removes it again until its record is
    /// gone, too.
    async fn delete(&self, id: FileId) -> Result<()> {
        let path = self.path(id);
        remove(&path).await?;
        remove(&draft::beside(&path)).await
    }

    fn describe(&self) -> String {
        format!("files in {}", self.root.display())
    }
}

async fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::unavailable(error)),
        _ => Ok(()),
    }
}
