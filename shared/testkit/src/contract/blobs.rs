//! What every adapter of the blobs promises.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

use std::{any::Any, sync::Arc};

use bytes::Bytes;
use domain::{
    Code, Error, FileId, Result,
    ports::{Blobs, ByteStream},
};
use futures_util::{StreamExt, TryStreamExt, stream};

pub mod keeping;
pub mod refusing;

/// More than one part of every adapter.
const LARGE: usize = 11 * 1024 * 1024;

/// No limit.
const ANY: u64 = u64::MAX;

/// A fresh, empty place for blobs.
pub struct BlobWorld {
    /// The adapter.
    pub blobs: Arc<dyn Blobs>,
    _kept: Box<dyn Any + Send + Sync>,
}

impl BlobWorld {
    /// A world. `kept` lives as long as it: a temporary directory, a server.
    pub fn new(blobs: Arc<dyn Blobs>, kept: impl Any + Send + Sync) -> Self {
        Self {
            blobs,
            _kept: Box::new(kept),
        }
    }

    /// All bytes of a blob.
    async fn read(&self, id: FileId) -> Option<Vec<u8>> {
        self.read_part(id, 0, ANY).await
    }

    async fn read_part(&self, id: FileId, from: u64, to: u64) -> Option<Vec<u8>> {
        let body = self.blobs.get(id, from..to).await.unwrap()?;
        let pieces: Vec<Bytes> = body.try_collect().await.unwrap();
        Some(pieces.concat())
    }
}

/// Bytes that differ along the way, so that a part in the wrong place is seen.
fn pattern(bytes: usize) -> Vec<u8> {
    let byte = |n: usize| u8::try_from((n ^ (n >> 8) ^ (n >> 16)) & 0xff).unwrap();
    (0..bytes).map(byte).collect()
}

/// Bytes as they come over a network.
fn body(bytes: &[u8]) -> ByteStream {
    let pieces: Vec<Result<Bytes>> = bytes
        .chunks(100_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Box::pin(stream::iter(pieces))
}

/// Bytes whose sender is gone before the end.
fn cut_off(bytes: &[u8]) -> ByteStream {
    let end = stream::iter([Err(Error::new(Code::FileIncomplete))]);
    Box::pin(body(bytes).chain(end))
}

/// Runs the suite of [`Blobs`] on the worlds of `open`, which returns a [`BlobWorld`].
#[macro_export]
macro_rules! blobs_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, blobs;
            keeping: [
                what_was_put_is_got,
                a_large_blob_is_got_whole,
                a_part_can_be_got,
                what_is_not_there_is_none,
                what_was_deleted_is_gone,
                equal_bytes_are_two_blobs,
                many_at_once_do_not_mix,
            ]
            refusing: [
                the_limit_fits_and_one_byte_more_does_not,
                a_large_blob_over_the_limit_leaves_nothing,
                what_is_cut_off_leaves_nothing,
                a_call_that_is_dropped_leaves_nothing,
            ]
        }
    };
}
