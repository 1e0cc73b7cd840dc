//! The files of a certificate.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use settings::TlsFiles;
use tokio_rustls::rustls::{
    self, CertificateError, InconsistentKeys, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::ParsedCertificate,
    sign::CertifiedKey,
};

/// Why there can be no TLS, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("{key}: {} cannot be read: {source}; name a PEM file that this user may read", path.display())]
    Unreadable {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file without what it is named for.
    #[error("{key}: {} holds no {what} in PEM (-----BEGIN …-----); name the file that does", path.display())]
    Empty {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// A key of another certificate.
    #[error(
        "server.tls.key_file: {} is not the key of the first certificate in {}; the server's own \
         certificate must come first",
        key.display(), cert.display()
    )]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        cert: PathBuf,
    },
    /// A key or a certificate of a kind that cannot be used.
    #[error("server.tls: {} cannot be used with {}: {source}", key.display(), cert.display())]
    Unusable {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        cert: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// The library refuses its own defaults.
    #[error("server.tls: {0}")]
    Provider(#[source] rustls::Error),
}

const CERT: &str = "server.tls.cert_file";
const KEY: &str = "server.tls.key_file";

/// Reads the chain and its key, and sees that they belong together.
pub(super) fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let (cert, key) = (&files.cert_file, &files.key_file);
    let chain =
        CertificateDer::pem_slice_iter(&contents(CERT, cert)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| empty(CERT, cert, "certificate"))?;
    let private = PrivateKeyDer::from_pem_slice(&contents(KEY, key)?);
    let private = private.map_err(|_| empty(KEY, key, "private key"))?;
    CertifiedKey::from_der(chain, private, provider).map_err(|source| {
        let (key, cert) = (key.clone(), cert.clone());
        match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { key, cert }
            }
            source => TlsError::Unusable { key, cert, source },
        }
    })
}

fn contents(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable {
        key,
        path: path.to_owned(),
        source,
    })
}

fn empty(key: &'static str, path: &Path, what: &'static str) -> TlsError {
    TlsError::Empty {
        key,
        path: path.to_owned(),
        what,
    }
}

/// Until when the first certificate of a chain is good, in seconds since 1970; `None` when that
/// cannot be read.
#[must_use]
pub fn expires(chain: &[CertificateDer<'_>]) -> Option<u64> {
    let certificate = ParsedCertificate::try_from(chain.first()?).ok()?;
    // The library tells the date only of a certificate that has expired: at the end of time all
    // have, and that is looked at before who signed it.
    let end_of_time = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) << 8));
    let verdict = verify_server_cert_signed_by_trust_anchor(
        &certificate,
        &RootCertStore::empty(),
        &[],
        end_of_time,
        &[],
    );
    match verdict {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext {
            not_after,
            ..
        })) => Some(not_after.as_secs()),
        _ => None,
    }
}
