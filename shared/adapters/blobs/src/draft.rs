//! A file that appears whole or not at all.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{
    fs::{self, File, OpenOptions},
    io::AsyncWriteExt,
};

/// A file that is being written, beside the place where it will appear. Dropped before it is kept,
/// it is removed.
pub(crate) struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Draft {
    /// Begins it; what an earlier one left is overwritten.
    pub(crate) async fn begin(target: &Path) -> io::Result<Self> {
        let path = beside(target);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        Ok(Self {
            file: options.open(&path).await?,
            path,
            target: target.to_owned(),
            kept: false,
        })
    }

    pub(crate) async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece).await
    }

    /// Lets it appear in `folder`, where it is safe from a power cut once this returns: first its
    /// bytes, then its name.
    pub(crate) async fn keep(mut self, folder: &Path) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        fs::rename(&self.path, &self.target).await?;
        self.kept = true;
        sync_folder(folder).await
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // What cannot be removed now goes with the file's record, which is there until it is gone.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Where the draft of a file lies.
pub(crate) fn beside(target: &Path) -> PathBuf {
    target.with_extension("part")
}

/// Makes the names in a folder durable.
pub(crate) async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}
