//! What is found out about bytes while they pass.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::{MediaType, Received, Result, ports::ByteStream};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::kinds::lied;

/// What has been found out so far.
#[derive(Clone)]
pub(super) struct Measure(Arc<Mutex<Passed>>);

struct Passed {
    bytes: u64,
    hash: Sha256,
    text: Option<Text>,
}

/// What must be characters, to its end.
struct Text {
    media_type: MediaType,
    /// The beginning of a character whose rest is to come.
    begun: Vec<u8>,
}

/// Lets bytes pass and measures them. What claims to be text and is none ends with
/// `file_type_mismatch`.
pub(super) fn measured(body: ByteStream, media_type: &MediaType) -> (ByteStream, Measure) {
    let measure = Measure(Arc::new(Mutex::new(Passed {
        bytes: 0,
        hash: Sha256::new(),
        text: media_type.is_text().then(|| Text {
            media_type: media_type.clone(),
            begun: Vec::new(),
        }),
    })));
    let (passing, ending) = (measure.clone(), measure.clone());
    let pass = move |piece: Result<Bytes>| {
        let piece = piece?;
        passing.lock().take(&piece)?;
        Ok(piece)
    };
    let end = async move { ending.lock().end().map(|()| Bytes::new()) };
    let body = body.map(pass).chain(stream::once(end));
    (Box::pin(body), measure)
}

impl Measure {
    /// All that has passed.
    pub(super) fn received(&self) -> Received {
        let passed = self.lock();
        Received {
            bytes: passed.bytes,
            sha256: passed.hash.clone().finalize().into(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Passed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passed {
    fn take(&mut self, piece: &[u8]) -> Result<()> {
        self.bytes += piece.len() as u64;
        self.hash.update(piece);
        self.text.as_mut().map_or(Ok(()), |text| text.take(piece))
    }

    fn end(&self) -> Result<()> {
        match &self.text {
            Some(text) if !text.begun.is_empty() => Err(lied(&text.media_type)),
            _ => Ok(()),
        }
    }
}

impl Text {
    fn take(&mut self, piece: &[u8]) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(piece);
        let begun = match str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(lied(&self.media_type)),
        };
        if bytes.contains(&0) {
            return Err(lied(&self.media_type));
        }
        self.begun = bytes.split_off(begun);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{Code, Error};
    use futures_util::TryStreamExt;

    use super::*;

    async fn pass(kind: &str, pieces: &[&'static [u8]]) -> Result<Received, Code> {
        let pieces: Vec<Result<Bytes>> = pieces.iter().map(|p| Ok(Bytes::from_static(p))).collect();
        let kind = MediaType::parse(kind).unwrap();
        let (body, measure) = measured(Box::pin(stream::iter(pieces)), &kind);
        let passed: Result<Vec<Bytes>> = body.try_collect().await;
        passed
            .map(|_| measure.received())
            .map_err(|error: Error| error.code())
    }

    #[tokio::test]
    async fn bytes_are_counted_and_hashed_over_pieces() {
        let received = pass("image/png", &[b"ab", b"", b"c"]).await.unwrap();
        assert_eq!(received.bytes, 3);
        let expected: [u8; 32] = Sha256::digest(b"abc").into();
        assert_eq!(received.sha256, expected);
    }

    #[tokio::test]
    async fn text_is_text_to_its_end() {
        pass("text/plain", &[b"na\xc3", b"\xafve"]).await.unwrap();
        let bad: [&[&'static [u8]]; 4] = [
            &[b"a", b"\xff"],
            &[b"a\xc3"],
            &[b"a", b"b\0"],
            &[b"\xc3", b"a"],
        ];
        for pieces in bad {
            assert_eq!(
                pass("text/plain", pieces).await,
                Err(Code::FileTypeMismatch)
            );
            pass("image/png", pieces).await.unwrap();
        }
    }
}
