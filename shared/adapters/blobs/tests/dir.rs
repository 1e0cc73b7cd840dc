//! The folder of blobs keeps the contract of its port, and to itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use adapter_blobs::DirBlobs;
use domain::{Code, FileId, ports::Blobs};
use futures_util::stream;
use testkit::contract::blobs::BlobWorld;

async fn folder() -> BlobWorld {
    let dir = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::open(dir.path().join("blobs")).unwrap();
    BlobWorld::new(Arc::new(blobs), dir)
}

testkit::blobs_contract!(folder);

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.append(&mut files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[tokio::test]
async fn what_was_not_finished_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::open(dir.path()).unwrap();
    let pieces = [Ok("half".into()), Err(Code::FileIncomplete.into())];
    let put = blobs.put(FileId::new(), 100, Box::pin(stream::iter(pieces)));
    put.await.unwrap_err();
    assert_eq!(files(dir.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn what_a_killed_process_left_goes_with_its_blob() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::open(dir.path()).unwrap();
    let id = FileId::new();
    let whole = || Box::pin(stream::iter([Ok("whole".into())]));
    blobs.put(id, 100, whole()).await.unwrap();
    let kept = files(dir.path()).remove(0);
    std::fs::rename(&kept, kept.with_extension("part")).unwrap();
    assert!(blobs.get(id, 0..5).await.unwrap().is_none());
    blobs.delete(id).await.unwrap();
    assert!(files(dir.path()).is_empty());
}

#[tokio::test]
async fn others_on_the_machine_cannot_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("blobs");
    let blobs = DirBlobs::open(&root).unwrap();
    let body = Box::pin(stream::iter([Ok("mine".into())]));
    blobs.put(FileId::new(), 100, body).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    let file = files(&root).remove(0);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::open(dir.path().join("blobs")).unwrap();
    std::fs::remove_dir(dir.path().join("blobs")).unwrap();
    std::fs::write(dir.path().join("blobs"), "a file").unwrap();
    let body = Box::pin(stream::iter([Ok("lost".into())]));
    let refused = blobs.put(FileId::new(), 100, body).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

/// `/dev/full` takes no byte, as a disk without space.
#[tokio::test]
async fn a_full_disk_is_told_from_one_that_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = DirBlobs::open(dir.path()).unwrap();
    let id = FileId::new();
    let body = || Box::pin(stream::iter([Ok(vec![7; 1 << 20].into())]));
    blobs.put(id, 1 << 20, body()).await.unwrap();
    let [kept] = &files(dir.path())[..] else {
        panic!("one file");
    };
    std::os::unix::fs::symlink("/dev/full", kept.with_extension("part")).unwrap();
    let error = blobs.put(id, 1 << 20, body()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.retry_after()),
        (Code::StorageFull, None)
    );
}
