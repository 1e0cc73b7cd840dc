//! A certificate of our own, and clients that trust it.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
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
        client::Resumption,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::soon;

/// Writes a certificate for `localhost` that is signed by itself, and its key.
///
/// # Panics
/// When the folder cannot be written.
#[must_use]
pub fn issue(folder: &Path) -> TlsFiles {
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
pub struct TlsClient {
    addr: SocketAddr,
    connector: TlsConnector,
}

/// An open socket over TLS.
pub struct TlsSocket(WebSocketStream<TlsStream<TcpStream>>);

impl TlsClient {
    /// A client that trusts the certificate that this file holds now.
    ///
    /// # Panics
    /// When there is none in it.
    #[must_use]
    pub fn new(addr: SocketAddr, trusted: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(trusted).expect("a certificate");
        roots.add(certificate).expect("a root");
        let mut config =
            ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
        // A session that is resumed shows no certificate.
        config.resumption = Resumption::disabled();
        let connector = TlsConnector::from(Arc::new(config));
        Self { addr, connector }
    }

    /// Connects and shakes hands.
    ///
    /// # Errors
    /// When there is no server, or it has another certificate.
    ///
    /// # Panics
    /// When the handshake does not end.
    pub async fn try_connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_nodelay(true)?;
        let name = "localhost".try_into().expect("a name");
        soon("the handshake", self.connector.connect(name, stream)).await
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        self.try_connect().await.expect("a handshake")
    }

    /// Posts JSON over https, perhaps with a token, and gives the JSON of the answer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
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

    /// Signs somebody up and gives their token.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn sign_up(&self, name: &str) -> String {
        let account = serde_json::json!({"username": name, "password": crate::people::PASSWORD});
        let made = self.post("/api/v1/auth/signup", "", &account).await;
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Opens a native socket, as a page of the same host would, and gives it with its hello.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn native(&self, token: &str) -> (TlsSocket, Value) {
        let mut request = "wss://localhost/api/v1/ws"
            .into_client_request()
            .expect("a request");
        let headers = request.headers_mut();
        for (name, value) in [
            ("authorization", format!("Bearer {token}")),
            ("origin", "https://localhost".to_owned()),
        ] {
            headers.insert(name, value.parse().expect("a header"));
        }
        let opened = tokio_tungstenite::client_async(request, self.connect().await);
        let (socket, _) = Box::pin(soon("the upgrade", opened))
            .await
            .expect("a socket");
        let mut socket = TlsSocket(socket);
        let hello = socket.next().await;
        assert_eq!(hello["type"], "hello");
        (socket, hello)
    }
}

impl TlsSocket {
    /// Asks the server whether it is there.
    ///
    /// # Panics
    /// When it is not.
    pub async fn ping(&mut self) {
        let frame = Message::text(r#"{"id":"p","type":"ping"}"#);
        self.0.send(frame).await.expect("an open socket");
        while self.next().await["id"] != "p" {}
    }

    async fn next(&mut self) -> Value {
        loop {
            let frame = soon("a frame", self.0.next()).await.expect("a frame");
            if let Message::Text(text) = frame.expect("an open socket") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }
}
