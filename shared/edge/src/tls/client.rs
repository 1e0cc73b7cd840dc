//! TLS from the other side: asking one's own public address.

use std::io;

use settings::TlsFiles;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{HTTP_1, provider};

/// Shakes hands with `host`, which must have a certificate of a public authority, or one of those
/// that the settings name.
///
/// # Errors
/// The system's, or that the certificate is not to be believed.
pub async fn connect(
    stream: TcpStream,
    host: &str,
    own: &TlsFiles,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots(own))
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP_1.to_vec()];
    let connector = TlsConnector::from(std::sync::Arc::new(config));
    connector.connect(name, stream).await
}

fn roots(own: &TlsFiles) -> RootCertStore {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let own = CertificateDer::pem_file_iter(&own.cert_file);
    let own = own.into_iter().flatten().flatten();
    roots.add_parsable_certificates(own);
    roots
}
