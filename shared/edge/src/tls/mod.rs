//! TLS on the listeners: the certificate, its renewal without a restart, and the handshake.

mod client;
mod files;
#[cfg(test)]
mod tests;

use std::{fmt, io, sync::Arc};

use arc_swap::ArcSwap;
use settings::TlsFiles;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};
use tokio_util::sync::CancellationToken;

pub use self::{
    client::connect,
    files::{TlsError, expires},
};
use crate::Task;

/// The one protocol that is spoken inside.
const HTTP_1: &[u8] = b"http/1.1";

/// The first byte of every TLS connection: a handshake record.
const HANDSHAKE: u8 = 22;

/// What a client is told that does not speak TLS.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\
    content-length: 33\r\nconnection: close\r\n\r\nThis port speaks https, not http\n";

/// TLS for listeners. Cheap to clone; all clones have the same certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

/// The certificate of now, and where the next comes from.
struct Certificate {
    files: TlsFiles,
    key: ArcSwap<CertifiedKey>,
}

impl Tls {
    /// Reads the files that the settings name; `None` when they name none.
    ///
    /// # Errors
    /// [`TlsError`], whose text says what to do.
    pub fn of(files: &TlsFiles) -> Result<Option<Self>, TlsError> {
        if !files.are_set() {
            return Ok(None);
        }
        let key = files::read(files, &provider())?;
        let certificate = Arc::new(Certificate {
            files: files.clone(),
            key: ArcSwap::from_pointee(key),
        });
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Provider)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![HTTP_1.to_vec()];
        Ok(Some(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        }))
    }

    /// Until when the certificate is good, in seconds since 1970; `None` when that cannot be read.
    #[must_use]
    pub fn expires(&self) -> Option<u64> {
        expires(&self.certificate.key.load().cert)
    }

    /// Reads the files again. Connections that are open keep what they have; when the files
    /// cannot be used, so do the next ones.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn reload(&self) -> Result<(), TlsError> {
        let key = files::read(&self.certificate.files, &provider())?;
        self.certificate.key.store(Arc::new(key));
        self.certificate.tell();
        Ok(())
    }

    /// Shakes hands. A client that speaks plain HTTP is told so.
    ///
    /// # Errors
    /// The client's, whose connection is over.
    pub(crate) async fn accept(self, mut stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0];
        stream.peek(&mut first).await?;
        if first != [HANDSHAKE] {
            refuse(&mut stream).await?;
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.acceptor.accept(stream).await
    }

    /// The task that reads the files again at each SIGHUP, until `stop`.
    pub(crate) fn task(self, stop: CancellationToken) -> Task {
        Task::new("certificate", async move {
            self.certificate.tell();
            let mut hangups = match signal(SignalKind::hangup()) {
                Ok(hangups) => hangups,
                Err(error) => return tracing::warn!(%error, "SIGHUP cannot be listened to"),
            };
            while stop.run_until_cancelled(hangups.recv()).await.is_some() {
                self.clone().renew().await;
            }
        })
    }

    async fn renew(self) {
        let reloaded = tokio::task::spawn_blocking(move || self.reload()).await;
        match reloaded {
            Ok(Ok(())) => tracing::info!("the certificate was read again"),
            Ok(Err(error)) => tracing::error!(%error, "the certificate stays as it was"),
            Err(error) => tracing::error!(%error, "reading the certificate was cut off"),
        }
    }
}

impl Certificate {
    fn tell(&self) {
        if let Some(seconds) = expires(&self.key.load().cert) {
            #[allow(clippy::cast_precision_loss, reason = "gauges are floats")]
            metrics::gauge!("hubbub_tls_certificate_expiry_timestamp_seconds").set(seconds as f64);
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key.load_full())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.fmt(f)
    }
}

/// Named wherever it is needed, so that no other crate's choice decides.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

async fn refuse(stream: &mut TcpStream) -> io::Result<()> {
    // Closing over unread bytes would reset the connection, and the answer with it.
    let mut request = [0; 4 * 1024];
    let _ = stream.read(&mut request).await?;
    stream.write_all(PLAIN).await?;
    stream.shutdown().await
}
