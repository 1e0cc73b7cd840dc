//! The settings themselves. Every field's comment is its line in `docs/configuration.md`.

use std::{fmt, net::SocketAddr, path::PathBuf};

use domain::{
    Limits,
    archive::{Action, CatchUp},
};
use serde::{Deserialize, Serialize};

use crate::{IssuerSetting, Network};

/// All settings of one process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `development` generates what is missing; `production` refuses weak or missing secrets.
    pub mode: Mode,
    /// Addresses to listen on; every listener serves everything.
    pub listen: Vec<SocketAddr>,
    /// Folder for all that embedded mode keeps: database, files, generated secrets.
    pub data: PathBuf,
    /// Which dialects are mounted beside the native API.
    pub dialects: Vec<DialectName>,
    /// Where things are kept.
    pub backends: Backends,
    /// Accounts and tokens.
    pub auth: Auth,
    /// What stands between the server and its clients: TLS, and reverse proxies.
    pub server: Server,
    /// What comes in over HTTP.
    pub http: Http,
    /// What one person, socket or request may take.
    pub limits: Limits,
    /// Files that people share.
    pub files: Files,
    /// Where other services tell of people and friendships, for the dialect `friends`.
    pub friends: Friends,
    /// Storage for files that speaks S3, where `backends.blobs_url` names a bucket.
    pub s3: S3,
    /// Archive policies.
    pub archive: Archive,
    /// What is logged, and how.
    pub log: Log,
    /// Where traces go, and which.
    pub telemetry: Telemetry,
    /// Lifts rate limits and session caps, for benchmarks; refused unless every listener is on
    /// loopback.
    pub no_limits: bool,
}

/// How careful the process is about secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Generates and keeps what is missing.
    #[default]
    Development,
    /// Refuses weak or missing secrets.
    Production,
}

/// A documented protocol that can be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialectName {
    /// Named rooms, one socket per room.
    Rooms,
    /// Accounts by e-mail address, and conversations of two.
    Recipients,
    /// Conversations within a tenant, with participants and roles.
    Tenants,
    /// One socket for all friends, and people who arrive from other services.
    Friends,
    /// Conversations of two by the other one's username.
    Usernames,
}

impl DialectName {
    /// Every dialect that there is.
    pub const ALL: &[Self] = &[
        Self::Rooms,
        Self::Recipients,
        Self::Tenants,
        Self::Friends,
        Self::Usernames,
    ];

    /// What it is called in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rooms => "rooms",
            Self::Recipients => "recipients",
            Self::Tenants => "tenants",
            Self::Friends => "friends",
            Self::Usernames => "usernames",
        }
    }
}

/// One URL per port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backends {
    /// All that is durable. `sqlite:PATH`, a relative path lies below `data`; or `mongodb://…`.
    pub store_url: String,
    /// Recent messages, and who is there. `local:` keeps them in this process;
    /// `redis://USER:PASSWORD@HOST:PORT/DATABASE` in Redis, `rediss://` with TLS.
    pub cache_url: String,
    /// Live fan-out between processes. `local:` is for one process; `redis://…` as above for many.
    pub bus_url: String,
    /// Work between services. `store:` keeps it in SQLite's store; `sqlite:PATH` in a file of its
    /// own, for one process; `amqp://USER:PASSWORD@HOST:PORT/VHOST` on RabbitMQ for many,
    /// `amqps://` with TLS.
    pub queue_url: String,
    /// The bytes of files. `dir:PATH`, a relative path lies below `data`; or `s3://BUCKET/PREFIX`.
    pub blobs_url: String,
}

/// Accounts and tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// HS256 secret of our own tokens, at least 32 bytes. Empty: generated below `data` in
    /// development, refused in production.
    pub secret: Secret,
    /// SECRET_KEY of the Go original: the tokens that it signed stay good. Empty: there is none.
    pub legacy_secret: Secret,
    /// Other systems whose tokens are good here, a table for each.
    pub issuers: Vec<IssuerSetting>,
    /// How long a token is good, in seconds.
    pub token_seconds: u64,
    /// How long a login lasts that is not renewed, in seconds. Each renewal begins it anew, for a
    /// year in all.
    pub refresh_seconds: u64,
    /// bcrypt's cost, 10 to 14; development takes 4 and more, for tests. A login takes about 50 ms
    /// at 10 and 200 ms at 12.
    pub bcrypt_cost: u32,
    /// Shortest password, in characters.
    pub password_min_chars: usize,
    /// `open` lets everybody make an account, by any dialect; `closed` only administrators
    /// (`hubbub user create`).
    pub signups: Signups,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signups {
    /// Everybody.
    #[default]
    Open,
    /// Administrators only.
    Closed,
}

/// What stands between the server and its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Addresses and networks of reverse proxies: `10.0.0.2`, `10.1.0.0/16`. What they say of a
    /// request's client, scheme and host (`Forwarded`, `X-Forwarded-For`, `-Proto`, `-Host`) is
    /// believed; what anybody else says is not.
    pub trusted_proxies: Vec<Network>,
    /// TLS on every listener.
    pub tls: TlsFiles,
}

/// TLS on every listener. SIGHUP reads both files again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsFiles {
    /// PEM file with the certificate, followed by those of its issuers. Empty: plain HTTP.
    pub cert_file: PathBuf,
    /// PEM file with the certificate's private key, which only the server's user should read.
    pub key_file: PathBuf,
}

impl TlsFiles {
    /// Whether the listeners speak TLS.
    #[must_use]
    pub fn are_set(&self) -> bool {
        !self.cert_file.as_os_str().is_empty()
    }
}

/// What comes in over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Origins, besides the same host, from which browsers may open sockets and call the API.
    pub allowed_origins: Vec<String>,
}

/// Files that people share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// Media types that may be uploaded. What a file is, its bytes say, not its name.
    pub types: Vec<String>,
    /// How long a link is good that names no time, in seconds; at most 3600.
    pub link_seconds: u64,
}

/// Where other services tell of people and friendships, for the dialect `friends`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Friends {
    /// Queue of RabbitMQ on which they tell, by the default exchange: `chat` in the original. Empty:
    /// they tell over HTTP alone (`POST /api/v1/admin/events/{action}`).
    pub events_queue: String,
    /// Whether the queue outlives the broker, where we are the first to declare it; the original's
    /// does not.
    pub events_durable: bool,
    /// Their broker, `amqp://USER:PASSWORD@HOST:PORT/VHOST`. Empty: that of `backends.queue_url`.
    pub events_url: String,
}

/// Storage for files that speaks S3, where `backends.blobs_url` names a bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// Its address, `https://…`. Empty: Amazon's.
    pub endpoint: String,
    /// The region, which is part of every signature.
    pub region: String,
    /// The name of the key. Empty: the role of the machine is asked for (EC2, ECS, EKS).
    pub access_key_id: String,
    /// The key itself.
    pub secret_access_key: Secret,
    /// Whether the bucket stands in the host's name instead of the path.
    pub virtual_host: bool,
}

/// Archive policies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Archive {
    /// What should be archived when.
    pub policies: Vec<PolicySetting>,
}

/// One archive policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySetting {
    /// What ops teams call it. Unique.
    pub name: String,
    /// Channels by name; empty is all rooms.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Messages older than this are due: `90 days`, `1h 30m`, ….
    pub older_than: String,
    /// `archive` moves them, `log` only tells of them.
    pub action: Action,
    /// Cron of five or six fields, or plain English: `every day at 02:00`.
    pub schedule: String,
    /// IANA name of the time zone in which the schedule is meant.
    #[serde(default = "utc")]
    pub timezone: String,
    /// `run_once` or `skip`: what to do about slots that passed while nothing ran.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Whether it runs by itself.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn yes() -> bool {
    true
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Filter directives as of `tracing-subscriber`: `info`, `warn,edge=debug`, ….
    pub filter: String,
    /// `auto` is `pretty` on a terminal and `json` elsewhere.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `pretty` on a terminal and `json` elsewhere.
    #[default]
    Auto,
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// Where traces go, and which. Only builds with the feature `otlp` send any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Where an OpenTelemetry collector takes OTLP over HTTP: `http://127.0.0.1:4318`; `/v1/traces`
    /// is put behind it. Empty: nothing is traced.
    pub otlp_endpoint: String,
    /// The part of the traces that begin here which is kept, from 0 to 1. A request that already
    /// belongs to a trace (`traceparent`) is kept if that is.
    pub trace_ratio: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            data: PathBuf::from("data"),
            dialects: DialectName::ALL.to_vec(),
            backends: Backends::default(),
            auth: Auth::default(),
            server: Server::default(),
            http: Http::default(),
            limits: Limits::default(),
            files: Files::default(),
            friends: Friends::default(),
            s3: S3::default(),
            archive: Archive::default(),
            log: Log::default(),
            telemetry: Telemetry::default(),
            no_limits: false,
        }
    }
}

impl Default for Backends {
    fn default() -> Self {
        Self {
            store_url: "sqlite:hubbub.db".to_owned(),
            cache_url: "local:".to_owned(),
            bus_url: "local:".to_owned(),
            queue_url: "store:".to_owned(),
            blobs_url: "dir:blobs".to_owned(),
        }
    }
}

impl Default for Files {
    fn default() -> Self {
        let types = [
            "image/png",
            "image/jpeg",
            "image/gif",
            "image/webp",
            "audio/mpeg",
            "audio/mp4",
            "audio/ogg",
            "audio/wav",
            "audio/webm",
            "video/mp4",
            "video/webm",
            "application/pdf",
            "application/zip",
            "text/plain",
        ];
        Self {
            types: types.map(str::to_owned).to_vec(),
            link_seconds: 15 * 60,
        }
    }
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key_id: String::new(),
            secret_access_key: Secret::default(),
            virtual_host: false,
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            secret: Secret::default(),
            legacy_secret: Secret::default(),
            issuers: Vec::new(),
            token_seconds: 12 * 60 * 60,
            refresh_seconds: 30 * 24 * 60 * 60,
            bcrypt_cost: 12,
            password_min_chars: 8,
            signups: Signups::Open,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Auto,
        }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            otlp_endpoint: String::new(),
            trace_ratio: 1.0,
        }
    }
}

/// A text that must not be seen. It prints, and is written, as `***`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for its one use.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { "***" })
    }
}
