//! The way in from outside: whether requests to the public address arrive as they were sent.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, Uri, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use settings::Settings;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::Finding;

/// How long the public address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest answer that is read.
const LARGEST: usize = 64 * 1024;

const PATH: &str = "/livez?verbose";
const WHAT: &str = "proxy";

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Asks the public address how the question arrived.
pub(super) async fn way_in(settings: &Settings, url: &str) -> Finding {
    let Some(place) = Place::of(url) else {
        let text = format!("{url} is no address — write it like https://chat.example.org");
        return Finding::fail(WHAT, text);
    };
    let asked = timeout(PATIENCE, place.ask(settings)).await;
    let answer = asked.unwrap_or_else(|_| Err("no answer within 10 s".into()));
    match answer {
        Ok(answer) => place.judge(&answer),
        Err(error) => Finding::fail(WHAT, unreachable(url, &error.to_string())),
    }
}

/// Why an address cannot be asked, and what to do.
fn unreachable(url: &str, error: &str) -> String {
    if error.contains("CaUsedAsEndEntity") {
        format!(
            "{url} shows a certificate that is an authority's own, as `openssl req -x509` makes \
             them: no client takes that for a server's — make one with basicConstraints=CA:FALSE"
        )
    } else if error.contains("certificate") {
        format!(
            "{url} shows a certificate that is not believed ({error}) — for one that is \
             self-signed, or of an authority of your own, name the file with it and its issuers: \
             HUBBUB_SERVER__TLS__CERT_FILE"
        )
    } else {
        format!("{url} cannot be reached ({error}) — look at its name, port and proxy")
    }
}

/// Where the public finds the server.
struct Place {
    scheme: &'static str,
    authority: String,
    host: String,
    port: u16,
}

impl Place {
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let (scheme, port) = match uri.scheme_str()? {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return None,
        };
        let authority = uri.authority()?;
        Some(Self {
            scheme,
            authority: authority.to_string(),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(port),
        })
    }

    async fn ask(&self, settings: &Settings) -> Result<String, Cause> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        if self.scheme == "http" {
            return self.exchange(stream).await;
        }
        let connected = edge::tls::connect(stream, &self.host, &settings.server.tls).await?;
        self.exchange(connected).await
    }

    async fn exchange<S>(&self, stream: S) -> Result<String, Cause>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get(PATH).header(HOST, &self.authority);
        let request = request.body(Empty::<Bytes>::new())?;
        let asked = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            if !status.is_success() {
                return Err(format!("it answers {status}").into());
            }
            let body = Limited::new(response.into_body(), LARGEST)
                .collect()
                .await?;
            Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
        };
        tokio::select! {
            answer = asked => answer,
            ended = connection => Err(ended.err().map_or("it closed".into(), Into::into)),
        }
    }

    /// Compares how the question arrived with how it was put.
    fn judge(&self, answer: &str) -> Finding {
        let said: HashMap<_, _> = answer
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let get = |name| said.get(name).copied().unwrap_or_default();
        let (client, scheme, host) = (get("client"), get("scheme"), get("host"));
        let fail = |text: String| Finding::fail(WHAT, text);
        match get("forwarded") {
            "" => fail(format!("{} is answered by something else", self.authority)),
            "ignored" => fail(format!(
                "the proxy at {client} is not trusted, and counts for all its clients — \
                 server.trusted_proxies = [\"{client}\"]"
            )),
            "garbled" => fail(format!(
                "the proxy at {client} says who asks in words that cannot be understood — let it \
                 set X-Forwarded-For to the client's address, and drop Forwarded"
            )),
            _ if scheme != self.scheme => fail(format!(
                "asked over {}, and arrived over {scheme} — let the proxy set X-Forwarded-Proto, \
                 and name it in server.trusted_proxies",
                self.scheme
            )),
            _ if host != self.authority => Finding::warn(
                WHAT,
                format!(
                    "asked for {}, and arrived for {host}: pages of the same origin are refused — let \
                 the proxy pass Host on, or set X-Forwarded-Host",
                    self.authority
                ),
            ),
            _ => Finding::ok(
                WHAT,
                format!("this machine arrives as {client}, over {scheme}"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Level, *};

    fn judged(scheme: &str, host: &str, forwarded: &str) -> Finding {
        let place = Place::of("https://chat.example.org").unwrap();
        place.judge(&format!(
            "ok\nclient 203.0.113.9\nscheme {scheme}\nhost {host}\nforwarded {forwarded}\n"
        ))
    }

    #[test]
    fn what_arrives_otherwise_than_it_was_sent_is_told() {
        let host = "chat.example.org";
        assert_eq!(judged("https", host, "trusted").level, Level::Ok);
        assert_eq!(judged("https", host, "none").level, Level::Ok);
        assert_eq!(judged("http", host, "none").level, Level::Fail);
        assert_eq!(judged("https", "inside:8080", "trusted").level, Level::Warn);
        assert_eq!(judged("https", host, "garbled").level, Level::Fail);
        let ignored = judged("http", host, "ignored");
        assert_eq!(ignored.level, Level::Fail);
        assert!(
            ignored.text.contains("trusted_proxies = [\"203.0.113.9\"]"),
            "{ignored:?}"
        );
        let other = Place::of("https://chat.example.org")
            .unwrap()
            .judge("hello");
        assert_eq!(other.level, Level::Fail);
    }

    #[test]
    fn a_certificate_that_is_not_believed_is_no_riddle() {
        let said = |error| unreachable("https://chat.test", error);
        let own = said("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))");
        assert!(own.contains("CA:FALSE"), "{own}");
        let unknown = said("invalid peer certificate: UnknownIssuer");
        assert!(unknown.contains("CERT_FILE"), "{unknown}");
        assert!(said("connection refused").contains("port"));
    }

    #[test]
    fn addresses_are_read() {
        let place = Place::of("http://[::1]:8080/").unwrap();
        assert_eq!((place.host.as_str(), place.port), ("::1", 8080));
        assert_eq!(Place::of("https://chat.example.org").unwrap().port, 443);
        for wrong in ["chat.example.org", "ws://chat.example.org", "", "/livez"] {
            assert!(Place::of(wrong).is_none(), "{wrong}");
        }
    }
}
