//! The way to the collector.

use bytes::Bytes;
use settings::Settings;

pub(super) use crate::remote::Lost;
use crate::remote::Remote;

/// Where OTLP says that traces go, below a collector's address.
const TRACES: &str = "/v1/traces";

/// Where traces go.
pub(super) struct Collector(Remote);

impl Collector {
    /// The collector of the settings, if they name one; or what is wrong with its address.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, String> {
        let endpoint = &settings.telemetry.otlp_endpoint;
        if endpoint.is_empty() {
            return Ok(None);
        }
        let mut remote = Remote::parse(endpoint, &settings.server.tls)?;
        remote.path = path(&remote.path);
        Ok(Some(Self(remote)))
    }

    /// Sends a body of protobuf, and gives the answer's. Takes as long as the collector does.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Bytes, Lost> {
        self.0.post("application/x-protobuf", body).await
    }
}

fn path(base: &str) -> String {
    let base = base.trim_end_matches('/');
    match base.ends_with(TRACES) {
        true => base.to_owned(),
        false => format!("{base}{TRACES}"),
    }
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
        let Collector(there) = Collector::of(&settings).unwrap()?;
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
