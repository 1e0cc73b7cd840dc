//! The way to other servers over HTTP/1.1, plain or under TLS: one request per connection, and an
//! answer of at most 64 KiB.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, Uri,
    body::Incoming,
    client::conn::http1,
    header::{CONNECTION, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use settings::TlsFiles;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::tls;

/// Largest answer that is read.
const LARGEST: usize = 64 * 1024;

/// Why an answer did not come.
pub(crate) type Lost = Box<dyn std::error::Error + Send + Sync>;

/// An address that is asked.
#[derive(Debug)]
pub(crate) struct Remote {
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As it stands in the address.
    authority: String,
    /// The path, and the query if there is one.
    pub(crate) path: String,
    /// Whose certificates are believed besides the public authorities', if it is under TLS.
    pub(crate) tls: Option<TlsFiles>,
}

impl Remote {
    /// Understands an address, or says what is wrong with it. Under TLS the authorities of `own`
    /// are believed besides the public ones.
    pub(crate) fn parse(address: &str, own: &TlsFiles) -> Result<Self, String> {
        let uri: Uri = address.parse().map_err(|error| format!("{error}"))?;
        let (Some(authority), Some(scheme)) = (uri.authority(), uri.scheme_str()) else {
            return Err("must be a whole address, like http://127.0.0.1:4318".to_owned());
        };
        let secure = scheme == "https";
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if secure { 443 } else { 80 }),
            authority: authority.to_string(),
            path: path.to_owned(),
            tls: secure.then(|| own.clone()),
        })
    }

    /// Reads what is there. Takes as long as the other side does.
    pub(crate) async fn get(&self) -> Result<Bytes, Lost> {
        let request = self.request(Method::GET).body(Full::default())?;
        self.ask(request).await
    }

    /// Sends a body of this type, and gives the answer's. Takes as long as the other side does.
    #[cfg(feature = "otlp")]
    pub(crate) async fn post(&self, kind: &'static str, body: Vec<u8>) -> Result<Bytes, Lost> {
        let request = self.request(Method::POST);
        let request = request.header(hyper::header::CONTENT_TYPE, kind);
        self.ask(request.body(Full::new(Bytes::from(body)))?).await
    }

    fn request(&self, method: Method) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(&self.path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("hubbub/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close")
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Lost> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some(own) => {
                let stream = tls::connect(stream, &self.host, own).await?;
                exchange(stream, request).await
            }
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Bytes, Lost>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let ask = async move { taken(sender.send_request(request).await?).await };
    // How the connection ends, the answer tells.
    let (answer, _) = tokio::join!(ask, connection);
    answer
}

async fn taken(response: Response<Incoming>) -> Result<Bytes, Lost> {
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answered {status}").into());
    }
    let body = Limited::new(response.into_body(), LARGEST)
        .collect()
        .await?;
    Ok(body.to_bytes())
}
