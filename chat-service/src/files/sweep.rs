//! Looks references up again, and removes the files that no message refers to.

use std::time::Duration;

use domain::{Error, FileId, FileLink, Limits, Result, Timestamp, file::KEPT_LOOSE};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Files, references::file_of};

/// How often the sweep begins.
const PERIOD: Duration = Duration::from_secs(10 * 60);

/// How many are taken at once.
const PAGE: usize = 100;

/// How many pages of references one sweep looks at; the others wait for the next.
const PAGES: usize = 50;

/// How long after it was made a reference is looked at again: whoever made it has appended the
/// message by then, or never will.
pub(super) const FIRST_CHECK: Duration = Duration::from_secs(60 * 60);

/// How long after that, and so on: messages may be erased without a word to us.
const NEXT_CHECK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// References whose messages no longer refer to the file.
    pub unlinked: usize,
    /// Files that were removed.
    pub removed: usize,
}

impl Files {
    /// Sweeps once a period until `stop`, the first time at once. Several processes may do so side
    /// by side: each step is decided by the store, and done twice does nothing more.
    pub async fn run_sweep(self, stop: CancellationToken) {
        let sweeping = async {
            loop {
                match self.sweep().await {
                    Ok(swept) if swept == Swept::default() => {}
                    Ok(swept) => tracing::info!(?swept, "swept the files"),
                    Err(error) => tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the files are swept later"
                    ),
                }
                sleep(PERIOD).await;
            }
        };
        stop.run_until_cancelled(sweeping).await;
    }

    /// Looks at the references that are due, then removes the files that have been loose for a
    /// day. What fails for one of them is logged, and holds up none of the others.
    ///
    /// # Errors
    /// Those of the store when it cannot be asked what is due. What was not done is found again.
    pub async fn sweep(&self) -> Result<Swept> {
        let unlinked = self.check_links().await;
        let removed = self.remove_loose().await;
        Ok(Swept {
            unlinked: unlinked?,
            removed: removed?,
        })
    }

    async fn check_links(&self) -> Result<usize> {
        let mut unlinked = 0;
        for _ in 0..PAGES {
            let due = self.store.links_due(self.clock.now(), PAGE).await?;
            for link in &due {
                unlinked += usize::from(self.is_unlinked(*link).await?);
            }
            if due.len() < PAGE {
                break;
            }
        }
        Ok(unlinked)
    }

    /// Checks a link; says whether it was taken away. One that cannot be checked goes to the end
    /// of the line.
    async fn is_unlinked(&self, link: FileLink) -> Result<bool> {
        match self.check_link(link).await {
            Ok(kept) => Ok(!kept),
            Err(error) => {
                left(link.file, &error);
                self.store
                    .check_link(link, self.after(FIRST_CHECK)?)
                    .await?;
                Ok(false)
            }
        }
    }

    /// Keeps a link whose message still refers to the file, and takes away any other; says
    /// whether it was kept.
    async fn check_link(&self, link: FileLink) -> Result<bool> {
        let message = self.store.message(link.room, link.message).await?;
        let refers = message.as_ref().and_then(file_of);
        if refers == Some(link.file) {
            self.store.check_link(link, self.after(NEXT_CHECK)?).await?;
            return Ok(true);
        }
        self.store.unlink_message(link.message, refers).await?;
        Ok(false)
    }

    async fn remove_loose(&self) -> Result<usize> {
        let before = self.clock.now() - KEPT_LOOSE;
        let mut removed = 0;
        loop {
            let loose = self.store.loose_files(before, PAGE).await?;
            let mut done = 0;
            for id in &loose {
                match self.remove(*id, before).await {
                    Ok(gone) => done += usize::from(gone),
                    Err(error) => left(*id, &error),
                }
            }
            removed += done;
            // Those that failed are handed out again: a page of nothing else is the last.
            if loose.len() < PAGE || done == 0 {
                return Ok(removed);
            }
        }
    }

    /// Removes a file that has been loose since before `before`: first nothing can refer to it any
    /// more, then its bytes go, then its record. Says whether it was removed.
    pub(super) async fn remove(&self, id: FileId, before: Timestamp) -> Result<bool> {
        if !self.store.condemn_file(id, before).await? {
            return Ok(false);
        }
        let deleted = timeout(Limits::BLOB_CALL, self.blobs.delete(id)).await;
        deleted.map_err(Error::unavailable)??;
        self.store.forget_file(id).await?;
        Ok(true)
    }

    /// The moment that is `later` than now.
    pub(super) fn after(&self, later: Duration) -> Result<Timestamp> {
        self.clock.now().checked_add(later).map_err(Error::internal)
    }
}

/// Tells of a file that was left for the next sweep.
fn left(file: FileId, error: &Error) {
    tracing::warn!(
        %file,
        error = error as &dyn std::error::Error,
        "a file is swept later"
    );
}
