//! What was put is there until it is deleted.

use domain::FileId;
use futures_util::future::join_all;

use super::{ANY, BlobWorld, LARGE, body, pattern};

/// Byte for byte.
pub async fn what_was_put_is_got(world: &BlobWorld) {
    let (id, bytes) = (FileId::new(), pattern(1_000));
    let stored = world.blobs.put(id, ANY, body(&bytes)).await.unwrap();
    assert_eq!(stored, 1_000);
    assert_eq!(world.read(id).await.unwrap(), bytes);
}

/// Also when it is written in parts.
pub async fn a_large_blob_is_got_whole(world: &BlobWorld) {
    let (id, bytes) = (FileId::new(), pattern(LARGE));
    let stored = world.blobs.put(id, ANY, body(&bytes)).await.unwrap();
    assert_eq!(stored, LARGE as u64);
    assert!(world.read(id).await.unwrap() == bytes);
}

/// From, to, and what is beyond the end is left out.
pub async fn a_part_can_be_got(world: &BlobWorld) {
    let (id, bytes) = (FileId::new(), pattern(300_000));
    world.blobs.put(id, ANY, body(&bytes)).await.unwrap();
    for (from, to) in [(0, 1), (99_999, 200_001), (299_999, 300_000)] {
        let part = world.read_part(id, from, to).await.unwrap();
        let (from, to) = (from as usize, to as usize);
        assert!(part == bytes[from..to], "{from}..{to}");
    }
    let beyond = world.read_part(id, 299_990, 400_000).await.unwrap();
    assert_eq!(beyond, bytes[299_990..]);
}

/// Nothing was put.
pub async fn what_is_not_there_is_none(world: &BlobWorld) {
    assert!(world.read(FileId::new()).await.is_none());
}

/// Once and twice, and also what never was.
pub async fn what_was_deleted_is_gone(world: &BlobWorld) {
    let id = FileId::new();
    world.blobs.put(id, ANY, body(b"hello")).await.unwrap();
    for _ in 0..2 {
        world.blobs.delete(id).await.unwrap();
        assert!(world.read(id).await.is_none());
    }
    world.blobs.delete(FileId::new()).await.unwrap();
}

/// Removing one leaves the other.
pub async fn equal_bytes_are_two_blobs(world: &BlobWorld) {
    let (one, other) = (FileId::new(), FileId::new());
    for id in [one, other] {
        world.blobs.put(id, ANY, body(b"hello")).await.unwrap();
    }
    world.blobs.delete(one).await.unwrap();
    assert_eq!(world.read(other).await.unwrap(), b"hello");
}

/// Each has its own bytes.
pub async fn many_at_once_do_not_mix(world: &BlobWorld) {
    let put = |n: usize| async move {
        let (id, bytes) = (FileId::new(), pattern(1_000 + n));
        world.blobs.put(id, ANY, body(&bytes)).await.unwrap();
        (id, bytes)
    };
    for (id, bytes) in join_all((0..16).map(put)).await {
        assert!(world.read(id).await.unwrap() == bytes);
    }
}
