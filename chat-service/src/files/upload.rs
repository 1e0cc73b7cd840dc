//! Taking files in.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::{
    Caller, Code, Error, File, FileId, FileName, Limits, NewFile, Result, Timestamp,
    ports::ByteStream,
};
use edge::upload::Upload;
use futures_util::{StreamExt, stream};
use tokio::time::timeout;

use super::{
    Files,
    kinds::HEAD,
    measure::measured,
    multipart::{offer, too_large},
    slots::Slot,
};

/// A file that somebody wants to upload.
pub struct Offer {
    /// What it is called, if it is called anything.
    pub name: Option<String>,
    /// The media type that it claims to have.
    pub claim: Option<String>,
    /// Its bytes.
    pub body: ByteStream,
}

/// A place among the uploads, which comes before anything is read.
pub struct Admitted {
    files: Files,
    who: Caller,
    _slot: Slot,
}

impl Files {
    /// Lets somebody upload one file.
    ///
    /// # Errors
    /// `rate_limited`, `too_many_uploads`, `busy`.
    pub fn admit(&self, who: Caller) -> Result<Admitted> {
        let slot = self.slots.take(who.user)?;
        self.rates.upload(who.user)?;
        Ok(Admitted {
            files: self.clone(),
            who,
            _slot: slot,
        })
    }
}

impl Files {
    /// Takes in the file of a request. The body of a refused one is read to its end, so that the
    /// client hears of it.
    ///
    /// # Errors
    /// Who asks is nobody; what [`Files::admit`], [`offer`] and [`Admitted::take`] say.
    pub async fn accept(&self, who: Result<Caller>, upload: Upload) -> Result<File> {
        match who.and_then(|who| self.admit(who)) {
            Ok(admitted) => admitted.take(offer(upload, self.most()).await?).await,
            Err(refusal) => {
                edge::upload::discard(upload.body, self.most()).await;
                Err(refusal)
            }
        }
    }
}

impl Admitted {
    /// Takes a file in, whole or not at all. It goes on to its end, and clears up after itself,
    /// also when the caller is gone.
    ///
    /// # Errors
    /// `file_type_refused`, `file_type_mismatch`, `file_too_large`, `file_incomplete`,
    /// `body_too_slow`; `draining`; what store and blobs say.
    pub async fn take(self, offer: Offer) -> Result<File> {
        let tasks = self.files.tasks.clone();
        let taking = tasks.spawn(async move { self.files.take(&self.who, offer).await });
        taking.await.map_err(Error::internal)?
    }
}

impl Files {
    async fn take(&self, who: &Caller, offer: Offer) -> Result<File> {
        let most = self.most();
        let (head, body) = begin(offer.body).await?;
        let decided = self
            .kinds
            .claimed(offer.claim.as_deref())
            .and_then(|claim| self.kinds.decide(claim, &head));
        let media_type = match decided {
            Ok(_) if head.is_empty() => return Err(empty()),
            Ok(media_type) => media_type,
            Err(refusal) => {
                edge::upload::discard(body, most).await;
                return Err(refusal);
            }
        };
        let new = NewFile {
            id: FileId::new(),
            tenant: who.tenant.clone(),
            owner: who.user,
            name: FileName::clean(offer.name.as_deref().unwrap_or_default()),
            media_type,
        };
        let whole = stream::iter([Ok(head)]).chain(body);
        self.keep(new, Box::pin(whole)).await
    }

    /// How long the bytes of a file may take to come in and to be stored.
    fn longest(limits: &Limits) -> Duration {
        edge::upload::longest(limits.upload_bytes) + Limits::BLOB_CALL
    }

    /// How long an upload may take as a whole.
    #[must_use]
    pub fn patience(limits: &Limits) -> Duration {
        Self::longest(limits) + 2 * Limits::ACK
    }

    /// The most bytes that a file may have.
    pub(crate) fn most(&self) -> u64 {
        self.limits.upload_bytes as u64
    }

    async fn keep(&self, new: NewFile, body: ByteStream) -> Result<File> {
        let id = new.id;
        self.store.begin_file(new.clone()).await?;
        let kept = self.receive(&new, body).await;
        if kept.is_err() {
            self.abandon(id).await;
        }
        kept
    }

    async fn receive(&self, new: &NewFile, body: ByteStream) -> Result<File> {
        let (body, measure) = measured(body, &new.media_type);
        let longest = Self::longest(&self.limits);
        let put = timeout(longest, self.blobs.put(new.id, self.most(), body));
        match self.stop.run_until_cancelled(put).await {
            None => return Err(Code::Draining.into()),
            Some(Err(late)) => return Err(Error::unavailable(late)),
            Some(Ok(Err(error))) if error.code() == Code::FileTooLarge => {
                return Err(too_large(self.most()));
            }
            Some(Ok(put)) => put?,
        };
        let file = self.store.finish_file(new.id, measure.received()).await?;
        file.ok_or_else(|| Error::unavailable("the file was removed before it was whole"))
    }

    /// Removes what came in of a file that is not kept. What is left, the sweep finds.
    async fn abandon(&self, id: FileId) {
        if let Err(error) = self.remove(id, Timestamp::MAX).await {
            tracing::warn!(%id, error = &error as &dyn std::error::Error, "a file is removed later");
        }
    }
}

fn empty() -> Error {
    Error::invalid(
        Code::InvalidField,
        "file",
        "A file needs at least one byte.",
    )
}

/// Reads the first bytes, by which the file is known.
async fn begin(mut body: ByteStream) -> Result<(Bytes, ByteStream)> {
    let mut head = BytesMut::new();
    while head.len() < HEAD {
        match body.next().await {
            Some(piece) => head.extend_from_slice(&piece?),
            None => break,
        }
    }
    Ok((head.freeze(), body))
}
