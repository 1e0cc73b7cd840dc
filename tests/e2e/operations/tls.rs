//! TLS on the listener: https and wss on one port.

use std::{net::SocketAddr, path::Path, sync::Arc};

use e2e::{Server, soon};
use futures_util::StreamExt;
use serde_json::{Value, json};
use settings::TlsFiles;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Writes a certificate for `localhost` that is signed by itself.
fn issue(folder: &Path) -> TlsFiles {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("issued");
    let files = TlsFiles {
        cert_file: folder.join("cert.pem"),
        key_file: folder.join("key.pem"),
    };
    std::fs::write(&files.cert_file, issued.cert.pem()).expect("written");
    std::fs::write(&files.key_file, issued.signing_key.serialize_pem()).expect("written");
    files
}

/// Somebody who trusts one certificate.
struct Client {
    addr: SocketAddr,
    connector: TlsConnector,
}

impl Client {
    fn new(addr: SocketAddr, trusted: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(trusted).expect("a certificate");
        roots.add(certificate).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        Self { addr, connector }
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.addr).await.expect("a server");
        let name = "localhost".try_into().expect("a name");
        let shaken = self.connector.connect(name, stream);
        soon("the handshake", shaken).await.expect("a handshake")
    }

    /// Posts JSON over https and gives the JSON of the answer.
    async fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        soon("an answer", read).await.expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }
}

#[tokio::test]
async fn https_and_wss_are_served_on_one_port() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = issue(folder.path());
    let server = Server::start_with(|settings| settings.server.tls = files.clone()).await;
    let client = Client::new(server.addr(), &files.cert_file);
    let account = json!({"username": "ann", "password": "correct horse battery"});
    let made = client.post("/api/v1/auth/signup", &account).await;
    let token = made["token"].as_str().expect("a token");

    let mut request = "wss://localhost/api/v1/ws"
        .into_client_request()
        .expect("a request");
    let headers = request.headers_mut();
    headers.insert(
        "authorization",
        format!("Bearer {token}").parse().expect("a header"),
    );
    headers.insert("origin", "https://localhost".parse().expect("a header"));
    let opened = tokio_tungstenite::client_async(request, client.connect().await).await;
    let (mut socket, _) = opened.expect("a socket");
    let hello = soon("hello", socket.next())
        .await
        .expect("a frame")
        .expect("a frame");
    let hello: Value = serde_json::from_str(hello.to_text().expect("text")).expect("JSON");
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["user"]["username"], "ann");
    server.stop().await;
}
