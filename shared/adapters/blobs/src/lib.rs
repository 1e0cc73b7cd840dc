//! The bytes of files: in a folder, or in storage that speaks S3.
//!
//! [`DirBlobs`] is our own, because a file must survive a power cut once its upload was answered,
//! and `object_store`'s local adapter does not sync what it writes. [`S3Blobs`] is `object_store`'s.

mod dir;
mod draft;
mod s3;

pub use dir::DirBlobs;
pub use s3::{S3Blobs, S3Options, S3Problem};
