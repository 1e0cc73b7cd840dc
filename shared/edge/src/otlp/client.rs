//! The way to the collector: one request per connection, over HTTP/1.1, plain or under TLS.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, Uri,
    body::Incoming,
    client::conn::http1,
    header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use settings::{Settings, TlsFiles};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::tls;

/// Where OTLP says that traces go, below a collector's address.
const TRACES: &str = "/v1/traces";

/// Largest answer that is read.
const LARGEST: usize = 64 * 1024;

/// Why spans are lost.
pub(super) type Lost = Box<dyn std::error::Error + Send + Sync>;

/// Where traces go.
pub(super) struct Collector {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// As it stands in the address.
    authority: String,
    path: String,
    /// Whose certificates are believed besides the public authorities', if it is under TLS.
    tls: Option<TlsFiles>,
}

impl Collector {
    /// The collector of the settings, if they name one; or what is wrong with its address.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, String> {
        let endpoint = &settings.telemetry.otlp_endpoint;
        if endpoint.is_empty() {
            return Ok(None);
        }
        let uri: Uri = endpoint.parse().map_err(|error| format!("{error}"))?;
        let (Some(authority), Some(scheme)) = (uri.authority(), uri.scheme_str()) else {
            return Err("must be a whole address, like http://127.0.0.1:4318".to_owned());
        };
        let secure = scheme == "https";
        Ok(Some(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if secure { 443 } else { 80 }),
            authority: authority.to_string(),
            path: path(uri.path()),
            tls: secure.then(|| settings.server.tls.clone()),
        }))
    }

    /// Sends a body of protobuf, and gives the answer's. Takes as long as the collector does.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Bytes, Lost> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => self.exchange(stream, body).await,
            Some(own) => {
                let stream = tls::connect(stream, &self.host, own).await?;
                self.exchange(stream, body).await
            }
        }
    }

    async fn exchange<S>(&self, stream: S, body: Vec<u8>) -> Result<Bytes, Lost>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header(USER_AGENT, concat!("hubbub/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close")
            .body(Full::new(Bytes::from(body)))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let ask = async move { taken(sender.send_request(request).await?).await };
        // How the connection ends, the answer tells.
        let (answer, _) = tokio::join!(ask, connection);
        answer
    }
}

fn path(base: &str) -> String {
    let base = base.trim_end_matches('/');
    match base.ends_with(TRACES) {
        true => base.to_owned(),
        false => format!("{base}{TRACES}"),
    }
}

async fn taken(response: Response<Incoming>) -> Result<Bytes, Lost> {
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the collector answered {status}").into());
    }
    let body = Limited::new(response.into_body(), LARGEST)
        .collect()
        .await?;
    Ok(body.to_bytes())
}

#[cfg(test)]
mod tests {
    use settings::Telemetry;

    use super::*;

    fn of(endpoint: &str) -> Option<(String, u16, String, bool)> {
        let settings = Settings {
            telemetry: Telemetry {
                otlp_endpoint: endpoint.to_owned(),
                ..Telemetry::default()
            },
            ..Settings::default()
        };
        let there = Collector::of(&settings).unwrap()?;
        Some((there.host, there.port, there.path, there.tls.is_some()))
    }

    #[test]
    fn the_address_says_where_and_how() {
        let there =
            |host: &str, port, path: &str, tls| Some((host.to_owned(), port, path.to_owned(), tls));
        assert_eq!(of(""), None);
        let plain = there("127.0.0.1", 4318, "/v1/traces", false);
        assert_eq!(of("http://127.0.0.1:4318"), plain);
        assert_eq!(of("http://127.0.0.1:4318/v1/traces"), plain);
        let six = there("::1", 80, "/otlp/v1/traces", false);
        assert_eq!(of("http://[::1]/otlp/"), six);
        let secure = there("otel.example.org", 443, "/v1/traces", true);
        assert_eq!(of("https://otel.example.org"), secure);
    }
}
