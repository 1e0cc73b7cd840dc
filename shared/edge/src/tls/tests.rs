//! TLS as a client finds it.

use std::{path::Path, time::Instant};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        pki_types::{CertificateDer, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

use super::*;
use crate::{
    Listener, listen,
    testing::{Served, World, bare},
};

/// Files of a certificate, in a folder of their own.
struct Issued(TempDir);

impl Issued {
    fn new() -> Self {
        let issued = Self(tempfile::tempdir().unwrap());
        issued.renew(2098);
        issued
    }

    /// Writes a new certificate with a new key, good until the first day of the year.
    fn renew(&self, year: i32) {
        let mut params = CertificateParams::new(vec!["hubbub.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        std::fs::write(self.files().cert_file, cert.pem()).unwrap();
        std::fs::write(self.files().key_file, key.serialize_pem()).unwrap();
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            cert_file: self.0.path().join("cert.pem"),
            key_file: self.0.path().join("key.pem"),
        }
    }

    fn tls(&self) -> Tls {
        Tls::of(&self.files()).unwrap().unwrap()
    }

    fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.files().cert_file).unwrap()
    }

    /// Connects as somebody who trusts this certificate and no other.
    async fn connect(
        &self,
        served: &Served,
        version: &'static SupportedProtocolVersion,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), HTTP_1.to_vec()];
        let stream = TcpStream::connect(served.address).await?;
        let name = "hubbub.test".try_into().unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }
}

fn serve(world: &World, tls: &Tls) -> Served {
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    world.serve_on(
        listener,
        |bound| Listener::Tcp(bound, Some(tls.clone())),
        vec![],
    )
}

#[tokio::test]
async fn https_is_spoken_in_both_versions_and_known_to_be_https() {
    let (world, issued) = (World::new(), Issued::new());
    let served = serve(&world, &issued.tls());
    for version in [&TLS12, &TLS13] {
        let mut client = issued.connect(&served, version).await.unwrap();
        assert_eq!(client.get_ref().1.alpn_protocol(), Some(HTTP_1));
        let request = bare("GET", "/livez?verbose");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.contains("\nscheme https\nhost hubbub.test\n"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn plain_http_is_told_to_speak_https() {
    let (world, issued) = (World::new(), Issued::new());
    let served = serve(&world, &issued.tls());
    let answer = served.ask(&bare("GET", "/livez")).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        answer.contains(&format!("content-length: {}\r\n", body.len())),
        "{answer}"
    );
    assert!(body.contains("speaks https"), "{answer}");
}

#[tokio::test]
async fn a_handshake_has_no_more_time_than_a_head() {
    let (world, issued) = (World::new(), Issued::new());
    let served = serve(&world, &issued.tls());
    let begun = Instant::now();
    let mut silent = served.connect().await;
    let mut half = served.connect().await;
    half.0.write_all(&[HANDSHAKE, 3, 1]).await.unwrap();
    assert_eq!(silent.rest().await, "");
    assert_eq!(half.rest().await, "");
    assert!(begun.elapsed() < 3 * crate::pace::HEAD);
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_and_a_bad_one_is_not() {
    let (world, issued) = (World::new(), Issued::new());
    let tls = issued.tls();
    let served = serve(&world, &tls);
    let mut before = issued.connect(&served, &TLS13).await.unwrap();
    issued.renew(2099);
    tls.reload().unwrap();
    issued
        .connect(&served, &TLS13)
        .await
        .expect("the new one is shown");

    let good = std::fs::read(issued.files().cert_file).unwrap();
    std::fs::write(issued.files().cert_file, "nothing").unwrap();
    tls.reload().unwrap_err();
    std::fs::write(issued.files().cert_file, good).unwrap();
    issued.connect(&served, &TLS13).await.expect("it stays");

    before
        .write_all(bare("GET", "/livez").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    before.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.ends_with("ok\n"),
        "who is connected stays so: {answer}"
    );
}

#[test]
fn the_end_of_a_certificate_is_known() {
    let issued = Issued::new();
    let seconds = expires(&[issued.certificate()]).unwrap();
    let end = u64::try_from(date_time_ymd(2098, 1, 1).unix_timestamp()).unwrap();
    assert_eq!(seconds, end);
    assert_eq!(expires(&[]), None);
}

fn refused(files: &TlsFiles) -> String {
    let error = Tls::of(files).err().expect("it is refused").to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn what_cannot_be_used_is_said_in_one_line() {
    assert!(
        Tls::of(&TlsFiles::default()).unwrap().is_none(),
        "plain HTTP"
    );
    let (issued, other) = (Issued::new(), Issued::new());
    let with = |cert: &Path, key: &Path| TlsFiles {
        cert_file: cert.to_owned(),
        key_file: key.to_owned(),
    };
    let TlsFiles {
        cert_file,
        key_file,
    } = issued.files();
    let missing = issued.0.path().join("missing.pem");
    let error = refused(&with(&missing, &key_file));
    assert!(error.starts_with("server.tls.cert_file: "), "{error}");
    assert!(error.contains("missing.pem cannot be read"), "{error}");
    let error = refused(&with(&cert_file, &missing));
    assert!(error.starts_with("server.tls.key_file: "), "{error}");
    let error = refused(&with(&key_file, &key_file));
    assert!(error.contains("holds no certificate"), "{error}");
    let error = refused(&with(&cert_file, &cert_file));
    assert!(error.contains("holds no private key"), "{error}");
    let error = refused(&with(&cert_file, &other.files().key_file));
    assert!(error.contains("is not the key of"), "{error}");
}
