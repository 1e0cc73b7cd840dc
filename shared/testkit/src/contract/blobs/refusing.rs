//! All or nothing.

use std::time::Duration;

use domain::{Code, FileId};
use futures_util::{StreamExt, stream};

use super::{BlobWorld, LARGE, body, cut_off, pattern};

/// The limit is counted to the byte.
pub async fn the_limit_fits_and_one_byte_more_does_not(world: &BlobWorld) {
    let bytes = pattern(1_000);
    let (fits, over) = (FileId::new(), FileId::new());
    let stored = world.blobs.put(fits, 1_000, body(&bytes)).await.unwrap();
    assert_eq!(stored, 1_000);
    let refused = world.blobs.put(over, 999, body(&bytes)).await;
    assert_eq!(refused.unwrap_err().code(), Code::FileTooLarge);
    assert!(world.read(over).await.is_none());
}

/// Also when parts of it are there already.
pub async fn a_large_blob_over_the_limit_leaves_nothing(world: &BlobWorld) {
    let (id, most) = (FileId::new(), LARGE as u64 - 1);
    let refused = world.blobs.put(id, most, body(&pattern(LARGE))).await;
    assert_eq!(refused.unwrap_err().code(), Code::FileTooLarge);
    assert!(world.read(id).await.is_none());
}

/// The sender's error is passed on.
pub async fn what_is_cut_off_leaves_nothing(world: &BlobWorld) {
    for bytes in [0, 1_000, LARGE] {
        let id = FileId::new();
        let put = world.blobs.put(id, u64::MAX, cut_off(&pattern(bytes)));
        assert_eq!(put.await.unwrap_err().code(), Code::FileIncomplete);
        assert!(world.read(id).await.is_none());
    }
}

/// Whoever waits for it may be gone.
pub async fn a_call_that_is_dropped_leaves_nothing(world: &BlobWorld) {
    let id = FileId::new();
    let endless = Box::pin(body(&pattern(1_000)).chain(stream::pending()));
    let put = world.blobs.put(id, u64::MAX, endless);
    let waited = tokio::time::timeout(Duration::from_millis(50), put).await;
    assert!(waited.is_err(), "it waits for more");
    assert!(world.read(id).await.is_none());
    world.blobs.delete(id).await.unwrap();
}
