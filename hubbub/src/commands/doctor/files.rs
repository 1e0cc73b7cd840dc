//! Where the bytes of files are kept: whether what is written there can be read and removed.

use std::{error::Error as _, os::unix::fs::MetadataExt, path::Path, time::Duration};

use adapters::checkup::{self, Storage};
use bytes::{Bytes, BytesMut};
use domain::{
    Error, FileId, Result,
    ports::{Blobs, ByteStream},
};
use futures_util::{TryStreamExt, stream};
use settings::Settings;
use tokio::time::timeout;

use super::Finding;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is written, and taken away again.
const PROBE: &[u8] = b"written by `hubbub doctor`, which removes it";

/// Longest part of what a storage said that is shown, in characters.
const SHOWN: usize = 200;

const WHAT: &str = "files";

/// Why the storage is of no use.
struct Trouble {
    /// What could not be done.
    doing: &'static str,
    why: String,
}

/// Tries the storage with a small object of its own.
pub(super) async fn storage(settings: &Settings) -> Finding {
    let storage = match checkup::storage(settings) {
        Ok(Some(storage)) => storage,
        Ok(None) => return Finding::ok(WHAT, "their folder is made at the first start"),
        Err(error) => return Finding::fail(WHAT, error.to_string()),
    };
    // What somebody else makes there the server could not use.
    if let Some(folder) = storage.folder.as_deref().filter(|folder| !is_ours(folder)) {
        let shown = folder.display();
        let text = format!("{shown} is another user's — run this as the user of the server");
        return Finding::warn(WHAT, text);
    }
    judge(&storage, tried(&*storage.blobs).await)
}

fn is_ours(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(folder).is_ok_and(|folder| folder.uid() == own)
}

fn judge(storage: &Storage, tried: Result<(), Trouble>) -> Finding {
    let place = storage.blobs.describe();
    match tried {
        Ok(()) => Finding::ok(WHAT, format!("{place}: written, read and removed")),
        Err(Trouble { doing, why }) => {
            let advice = storage.advice;
            Finding::fail(WHAT, format!("{place}: {doing} failed ({why}) — {advice}"))
        }
    }
}

async fn tried(blobs: &dyn Blobs) -> Result<(), Trouble> {
    let late = |_| Trouble {
        doing: "trying it",
        why: format!("it took longer than {} s", PATIENCE.as_secs()),
    };
    let id = FileId::new();
    let used = timeout(PATIENCE, used(blobs, id)).await.map_err(late)?;
    // Also when it could not be read: nothing is to be left.
    let removed = timeout(PATIENCE, blobs.delete(id)).await.map_err(late)?;
    used?;
    removed.map_err(|error| trouble("removing", &error))
}

async fn used(blobs: &dyn Blobs, id: FileId) -> Result<(), Trouble> {
    let body: ByteStream = Box::pin(stream::iter([Ok(Bytes::from_static(PROBE))]));
    let put = blobs.put(id, PROBE.len() as u64, body).await;
    put.map_err(|error| trouble("writing", &error))?;
    let read = read(blobs, id).await;
    let read = read.map_err(|error| trouble("reading", &error))?;
    if read != PROBE {
        return Err(Trouble {
            doing: "reading",
            why: "what came back is not what was written".to_owned(),
        });
    }
    Ok(())
}

async fn read(blobs: &dyn Blobs, id: FileId) -> Result<BytesMut> {
    match blobs.get(id, 0..PROBE.len() as u64).await? {
        Some(body) => body.try_collect().await,
        None => Ok(BytesMut::new()),
    }
}

/// What was said at the bottom of it, in one line that is not too long.
fn trouble(doing: &'static str, error: &Error) -> Trouble {
    let mut why = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        why = cause.to_string();
        next = cause.source();
    }
    let line = why.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let why = line.chars().take(SHOWN).collect();
    Trouble { doing, why }
}
