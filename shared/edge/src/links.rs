//! Links to files that are good without a token, for a while.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Code, FileId, Result, Timestamp};
use hmac::{Hmac, Mac};
use settings::Secret;
use sha2::Sha256;

use crate::{derived::key_for, disposition::encoded};

/// What the key is for, so that no other use of the secret makes the same.
const PURPOSE: &[u8] = b"hubbub file links, version 2";

/// Signs links and checks them. Whoever holds the secret of our tokens makes the same.
#[derive(Clone)]
pub struct LinkSigner {
    key: Hmac<Sha256>,
}

/// What a link leads to.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The file.
    pub id: FileId,
    /// What the link calls it, as its path spells that.
    pub name: &'a str,
}

/// The part of a link that says until when it is good, and proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUntil {
    /// Seconds since 1970.
    pub expires: i64,
    /// The signature, in unpadded base64url.
    pub signature: String,
}

/// A link below the address of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The path, with what proves it.
    pub path: String,
    /// Seconds since 1970.
    pub expires: i64,
}

impl LinkSigner {
    /// Derives the key from the secret of our tokens.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = key_for(PURPOSE, secret.reveal().as_bytes());
        Self { key }
    }

    /// Makes a link to a file of this name that is good from `now` on for so long.
    #[must_use]
    pub fn link(&self, id: FileId, name: &str, now: Timestamp, lifetime: Duration) -> Link {
        let name = encoded(name);
        let SignedUntil { expires, signature } =
            self.sign(Named { id, name: &name }, now, lifetime);
        Link {
            path: format!("/files/{id}/{name}?expires={expires}&sig={signature}"),
            expires,
        }
    }

    /// Signs that a file may be read from `now` on for so long, under this name.
    #[must_use]
    pub fn sign(&self, file: Named<'_>, now: Timestamp, lifetime: Duration) -> SignedUntil {
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let expires = now.as_second().saturating_add(lifetime);
        let signature = self.mac(file, expires).finalize().into_bytes();
        SignedUntil {
            expires,
            signature: BASE64_URL_SAFE_NO_PAD.encode(signature),
        }
    }

    /// Says how long a link is good still. The comparison takes as long for any signature.
    ///
    /// # Errors
    /// `link_invalid` when the signature is not ours or of another file, name or time;
    /// `link_expired`.
    pub fn check(&self, file: Named<'_>, link: &SignedUntil, now: Timestamp) -> Result<Duration> {
        let signature = BASE64_URL_SAFE_NO_PAD.decode(&link.signature);
        let signature = signature.map_err(|_| Code::LinkInvalid)?;
        let proven = self.mac(file, link.expires).verify_slice(&signature);
        proven.map_err(|_| Code::LinkInvalid)?;
        let left = link.expires.saturating_sub(now.as_second());
        match u64::try_from(left) {
            Ok(left @ 1..) => Ok(Duration::from_secs(left)),
            _ => Err(Code::LinkExpired.into()),
        }
    }

    fn mac(&self, file: Named<'_>, expires: i64) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(file.id.uuid().as_bytes());
        mac.update(&expires.to_be_bytes());
        // The last part, since it is of any length.
        mac.update(file.name.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Duration = Duration::from_secs(900);

    fn cat(id: FileId) -> Named<'static> {
        Named {
            id,
            name: "cat.png",
        }
    }

    fn signer() -> LinkSigner {
        LinkSigner::new(&Secret::new("5b1d0c6fe2a94e8797c1f0a3d24b6e58"))
    }

    fn code(checked: Result<Duration>) -> Code {
        checked.unwrap_err().code()
    }

    #[test]
    fn a_link_is_good_until_it_expires() {
        let (file, now) = (
            FileId::new(),
            Timestamp::from_second(1_800_000_000).unwrap(),
        );
        let link = signer().sign(cat(file), now, QUARTER);
        assert_eq!(signer().check(cat(file), &link, now).unwrap(), QUARTER);
        let last = now + Duration::from_secs(899);
        let left = signer().check(cat(file), &link, last).unwrap();
        assert_eq!(left, Duration::from_secs(1));
        let late = signer().check(cat(file), &link, now + QUARTER);
        assert_eq!(code(late), Code::LinkExpired);
    }

    #[test]
    fn a_link_that_was_changed_is_none() {
        let (file, now) = (
            FileId::new(),
            Timestamp::from_second(1_800_000_000).unwrap(),
        );
        let link = signer().sign(cat(file), now, QUARTER);
        let later = SignedUntil {
            expires: link.expires + 1,
            ..link.clone()
        };
        assert_eq!(
            code(signer().check(cat(file), &later, now)),
            Code::LinkInvalid
        );
        assert_eq!(
            code(signer().check(cat(FileId::new()), &link, now)),
            Code::LinkInvalid
        );
        let renamed = Named {
            id: file,
            name: "invoice.exe",
        };
        assert_eq!(code(signer().check(renamed, &link, now)), Code::LinkInvalid);
        for signature in ["", "x", "=", &link.signature[1..]] {
            let forged = SignedUntil {
                signature: signature.to_owned(),
                ..link.clone()
            };
            assert_eq!(
                code(signer().check(cat(file), &forged, now)),
                Code::LinkInvalid
            );
        }
        let other = LinkSigner::new(&Secret::new("another secret of at least 32 by"));
        assert_eq!(code(other.check(cat(file), &link, now)), Code::LinkInvalid);
    }
}
