//! What is printed once everything is served.

use std::{
    fmt::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use settings::{DialectName, Settings};

use crate::demo::{Demo, PEOPLE};

/// What to reach where. Printed once, when `/readyz` is 200, and never logged: it holds what only
/// whoever starts the server is to know, and no other secret.
pub(crate) struct Banner<'a> {
    /// What the installation chose.
    pub(crate) settings: &'a Settings,
    /// The file that was read.
    pub(crate) file: Option<&'a Path>,
    /// What the store says of itself.
    pub(crate) store: String,
    /// The servers that it goes on without, by part.
    pub(crate) spared: Vec<(&'static str, String)>,
    /// Where it listens.
    pub(crate) addresses: &'a [SocketAddr],
    /// What lets one make the first administrator.
    pub(crate) setup: Option<String>,
    /// What there is to try things out with.
    pub(crate) demo: Option<Demo>,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        let mode = match adapters::is_shared(self.settings) {
            true => "on",
            false => "embedded mode:",
        };
        writeln!(f, "  hubbub {version}  {mode} {}", self.store)?;
        let lines = self.lines();
        for (index, (name, value)) in lines.iter().enumerate() {
            let branch = if index + 1 == lines.len() { "'-" } else { "|-" };
            writeln!(f, "  {branch} {name:<14} {value}")?;
        }
        if self.settings.auth.secret.is_empty() {
            f.write_str(
                "  (! development: the token secret was generated and is kept in the data folder; \
                 production wants auth.secret)\n",
            )?;
        }
        if self.settings.no_limits {
            f.write_str("  (! no limits: rates and session caps are off)\n")?;
        }
        Ok(())
    }
}

impl Banner<'_> {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let at = self.addresses.first().map(reachable).unwrap_or_default();
        let s = if self.over_tls() { "s" } else { "" };
        let mut lines = vec![
            ("API", format!("http{s}://{at}/api/v1")),
            ("WebSocket", format!("ws{s}://{at}/api/v1/ws")),
        ];
        if self.settings.dialects.contains(&DialectName::Rooms) {
            lines.push(("Rooms", format!("ws{s}://{at}/ws/join/?name=")));
            lines.push((
                "Notifications",
                format!("ws{s}://{at}/ws/join-notification/"),
            ));
        }
        lines.extend([
            (
                "Archive",
                format!("http{s}://{at}/api/v1/admin/archive (administrators)"),
            ),
            (
                "API docs",
                format!("http{s}://{at}/docs      openapi.json, asyncapi.yaml"),
            ),
            ("Metrics", format!("http{s}://{at}/metrics")),
            ("Health", format!("http{s}://{at}/readyz")),
        ]);
        lines.extend(self.setup_lines(&format!("http{s}://{at}")));
        lines.extend(self.demo.as_ref().map(|demo| ("Demo", told(demo))));
        let others = self.addresses.iter().skip(1);
        lines.extend(others.map(|other| ("also on", format!("http{s}://{}", reachable(other)))));
        let spared = self
            .spared
            .iter()
            .map(|(part, what)| format!("{part}: {what}"));
        let spared = spared.collect::<Vec<_>>().join(", ");
        lines.extend((!spared.is_empty()).then_some(("Servers", spared)));
        lines.extend([
            ("Dialects", self.dialects()),
            ("Data", shown(&self.settings.data)),
            (
                "Configuration",
                self.file.map_or("defaults".to_owned(), shown),
            ),
        ]);
        lines
    }

    fn over_tls(&self) -> bool {
        self.settings.server.tls.are_set()
    }

    /// The link, which keeps the token from the server's and every proxy's log, and the command for
    /// who has no browser.
    fn setup_lines(&self, server: &str) -> Vec<(&'static str, String)> {
        let Some(token) = &self.setup else {
            return Vec::new();
        };
        let body = format!(r#"{{"token":"{token}","username":"NAME","password":"PASSWORD"}}"#);
        let curl =
            format!("curl {server}/api/v1/setup -H 'Content-Type: application/json' -d '{body}'");
        let link = format!("{server}/setup#{token} (once, within an hour)");
        vec![("First admin", link), ("or", curl)]
    }

    fn dialects(&self) -> String {
        let mut names = "native".to_owned();
        for dialect in &self.settings.dialects {
            let _ = write!(names, ", {}", dialect.as_str());
        }
        names
    }
}

/// Who is there to try things out with.
fn told(demo: &Demo) -> String {
    let people = PEOPLE.join(", ");
    let again = if demo.known {
        " (known from before)"
    } else {
        ""
    };
    format!("{people}{again}, all with the password {}", demo.password)
}

/// An address that can be opened: who listens everywhere is reached on loopback.
fn reachable(address: &SocketAddr) -> String {
    let mut address = *address;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            "127.0.0.1"
        } else {
            "::1"
        };
        if let Ok(ip) = loopback.parse() {
            address.set_ip(ip);
        }
    }
    address.to_string()
}

/// Relative paths begin with `./`, so that they are seen to be paths.
fn shown(path: &Path) -> String {
    let plain = path.is_absolute() || path.starts_with(".") || path.starts_with("..");
    let path = if plain {
        path.to_owned()
    } else {
        PathBuf::from(".").join(path)
    };
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_there_is_and_no_secret() {
        let mut settings = Settings::default();
        settings.auth.secret = settings::Secret::new("0123456789abcdef0123456789abcdef");
        let addresses = [
            "0.0.0.0:8080".parse().unwrap(),
            "[::1]:8000".parse().unwrap(),
        ];
        let banner = Banner {
            settings: &settings,
            file: None,
            store: "SQLite".to_owned(),
            spared: vec![("cache", "Redis at cache:6379".to_owned())],
            addresses: &addresses,
            setup: None,
            demo: None,
        };
        let text = banner.to_string();
        for line in [
            "|- API            http://127.0.0.1:8080/api/v1",
            "|- also on        http://[::1]:8000",
            "|- Servers        cache: Redis at cache:6379",
            "|- Data           ./data",
            "'- Configuration  defaults",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("First admin") && !text.contains("Demo"));
        assert!(!text.contains("0123456789abcdef") && !text.contains("development"));
    }

    #[test]
    fn over_tls_all_addresses_say_so() {
        let mut settings = Settings::default();
        settings.server.tls.cert_file = "chat.pem".into();
        let banner = Banner {
            settings: &settings,
            file: None,
            store: "SQLite".to_owned(),
            spared: vec![("cache", "Redis at cache:6379".to_owned())],
            addresses: &["127.0.0.1:8443".parse().unwrap()],
            setup: Some("c1a1".to_owned()),
            demo: None,
        };
        let text = banner.to_string();
        assert!(text.contains("https://127.0.0.1:8443/api/v1"), "{text}");
        assert!(text.contains("wss://127.0.0.1:8443/api/v1/ws"), "{text}");
        assert!(
            !text.contains("http://") && !text.contains("ws://"),
            "{text}"
        );
    }

    #[test]
    fn says_what_only_who_starts_it_is_to_know() {
        let settings = Settings::default();
        let banner = Banner {
            settings: &settings,
            file: Some(Path::new("hubbub.toml")),
            store: "SQLite".to_owned(),
            spared: vec![("cache", "Redis at cache:6379".to_owned())],
            addresses: &["127.0.0.1:8080".parse().unwrap()],
            setup: Some("c1a1".to_owned()),
            demo: Some(Demo {
                known: true,
                password: "pass".to_owned(),
            }),
        };
        let text = banner.to_string();
        assert!(text.contains("(! development"));
        assert!(text.contains("./hubbub.toml"));
        assert!(text.contains("http://127.0.0.1:8080/setup#c1a1 (once"));
        assert!(text.contains(r#"-d '{"token":"c1a1","username":"NAME""#));
        assert!(
            text.contains("ann, bob, cid, eve (known from before), all with the password pass")
        );
    }
}
