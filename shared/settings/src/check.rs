//! What the types cannot say: values that are well formed and still make no sense. Policies are
//! understood, and refused, by the scheduler.

use std::collections::{BTreeSet, HashSet};

use domain::Limits;
use toml::{Table, Value};

use crate::{Auth, Mode, Server, Settings, Telemetry};

mod issuers;

/// Shortest secret: as long as HS256's output (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

/// Fewest different bytes of a secret. 32 random hexadecimal digits have fewer once in 10 million times.
const DISTINCT: usize = 8;

/// Says what is wrong: the key, and how to mend it.
pub(crate) fn check(settings: &Settings) -> Vec<(String, String)> {
    let mut faults = Faults::default();
    listeners(settings, &mut faults);
    dialects(settings, &mut faults);
    auth(settings, &mut faults);
    server(settings, &mut faults);
    origins(settings, &mut faults);
    limits(&settings.limits, &mut faults);
    files(settings, &mut faults);
    telemetry(settings, &mut faults);
    faults.0
}

#[derive(Default)]
struct Faults(Vec<(String, String)>);

impl Faults {
    fn unless(&mut self, fine: bool, key: &str, text: impl Into<String>) {
        if !fine {
            self.0.push((key.to_owned(), text.into()));
        }
    }
}

fn listeners(settings: &Settings, faults: &mut Faults) {
    let listen = &settings.listen;
    let one = !listen.is_empty();
    faults.unless(
        one,
        "listen",
        "needs at least one address, like 127.0.0.1:8080",
    );
    let fixed: Vec<_> = listen
        .iter()
        .filter(|address| address.port() != 0)
        .collect();
    let distinct = fixed.iter().collect::<BTreeSet<_>>().len() == fixed.len();
    faults.unless(distinct, "listen", "names an address twice; leave one out");
    let loopback = listen.iter().all(|address| address.ip().is_loopback());
    let text = "is for benchmarks: it needs every listener on loopback (127.0.0.1 or [::1])";
    faults.unless(!settings.no_limits || loopback, "no_limits", text);
    let somewhere = !settings.data.as_os_str().is_empty();
    faults.unless(somewhere, "data", "must name a folder");
}

fn dialects(settings: &Settings, faults: &mut Faults) {
    let distinct: HashSet<_> = settings.dialects.iter().collect();
    let fine = distinct.len() == settings.dialects.len();
    faults.unless(fine, "dialects", "names a dialect twice; leave one out");
}

fn auth(settings: &Settings, faults: &mut Faults) {
    let Auth {
        token_seconds,
        refresh_seconds,
        bcrypt_cost,
        password_min_chars,
        ..
    } = settings.auth;
    let cheapest = match settings.mode {
        Mode::Development => 4,
        Mode::Production => 10,
    };
    let fine = (cheapest..=14).contains(&bcrypt_cost);
    let text = format!("must be between {cheapest} and 14");
    faults.unless(fine, "auth.bcrypt_cost", text);
    let year = 366 * 24 * 60 * 60;
    let fine = (1..=year).contains(&token_seconds);
    let text = format!("must be between 1 and {year} (a year)");
    faults.unless(fine, "auth.token_seconds", text.as_str());
    let fine = (1..=year).contains(&refresh_seconds);
    faults.unless(fine, "auth.refresh_seconds", text);
    let fine = (1..=71).contains(&password_min_chars);
    let text = "must be between 1 and 71, the most bytes that bcrypt reads";
    faults.unless(fine, "auth.password_min_chars", text);
    secrets(settings, faults);
    issuers::check(&settings.auth, faults);
}

fn files(settings: &Settings, faults: &mut Faults) {
    let types = &settings.files.types;
    let is_type =
        |text: &String| domain::MediaType::parse(text).is_some_and(|t| t.as_str() == text);
    let fine = types.iter().all(is_type);
    let text = "must hold media types in their usual form, like `image/jpeg`";
    faults.unless(fine, "files.types", text);
    let scripts = ["text/html", "application/xhtml+xml", "image/svg+xml"];
    let fine = !types.iter().any(|text| scripts.contains(&text.as_str()));
    let text = "must not hold types that can run scripts in a browser (HTML, SVG)";
    faults.unless(fine, "files.types", text);
    let fine = (1..=3_600).contains(&settings.files.link_seconds);
    faults.unless(
        fine,
        "files.link_seconds",
        "must be between 1 and 3600 (an hour)",
    );
    let s3 = &settings.s3;
    let fine = s3.access_key_id.is_empty() == s3.secret_access_key.is_empty();
    let text = "and s3.access_key_id need each other: give both, or neither";
    faults.unless(fine, "s3.secret_access_key", text);
    let schemes = ["https://", "http://"];
    let fine = s3.endpoint.is_empty() || schemes.iter().any(|s| s3.endpoint.starts_with(s));
    faults.unless(fine, "s3.endpoint", "must begin with https:// or http://");
}

/// Which secrets stand in documents, `edge` knows, which uses them.
fn secrets(settings: &Settings, faults: &mut Faults) {
    let secret = &settings.auth.secret;
    let fine = secret.is_empty() || secret.reveal().len() >= SECRET_BYTES;
    let text = "needs at least 32 bytes: `openssl rand -hex 32` makes a good one";
    faults.unless(fine, "auth.secret", text);
    let fine = settings.mode == Mode::Development || !secret.is_empty();
    let text = "must be set in production: `openssl rand -hex 32` makes a good one";
    faults.unless(fine, "auth.secret", text);
    let text = "is a few characters over and over: `openssl rand -hex 32` makes a good one";
    let fine = settings.mode == Mode::Development || secret.is_empty() || !is_dull(secret.reveal());
    faults.unless(fine, "auth.secret", text);
}

/// Whether a secret is made of few characters, or of a short text that is repeated. What a
/// generator gives, in hexadecimal or more letters, never is.
fn is_dull(secret: &str) -> bool {
    let bytes = secret.as_bytes();
    let distinct = bytes.iter().collect::<HashSet<_>>().len();
    let repeats = |period: usize| bytes[period..] == bytes[..bytes.len() - period];
    distinct < DISTINCT || (1..=bytes.len() / 2).any(repeats)
}

fn server(settings: &Settings, faults: &mut Faults) {
    let Server {
        trusted_proxies,
        tls,
    } = &settings.server;
    for (index, network) in trusted_proxies.iter().enumerate() {
        let key = format!("server.trusted_proxies[{index}]");
        let text = "trusts everybody, and so nobody's address could be known; name the proxies";
        faults.unless(!network.is_everybody(), &key, text);
    }
    let given = |path: &std::path::Path| !path.as_os_str().is_empty();
    let (cert, key) = (given(&tls.cert_file), given(&tls.key_file));
    let text = "is missing beside server.tls.cert_file: name the file of its private key";
    faults.unless(key || !cert, "server.tls.key_file", text);
    let text = "is missing beside server.tls.key_file: name the file of the certificate";
    faults.unless(cert || !key, "server.tls.cert_file", text);
}

fn origins(settings: &Settings, faults: &mut Faults) {
    for (index, origin) in settings.http.allowed_origins.iter().enumerate() {
        let text = "must be a scheme, a host and perhaps a port: https://chat.example.org";
        let key = format!("http.allowed_origins[{index}]");
        faults.unless(is_origin(origin), &key, text);
    }
}

fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let odd = |c: char| c.is_whitespace() || "/*?#@,".contains(c);
    host.is_some_and(|host| !host.is_empty() && !host.contains(odd))
}

fn telemetry(settings: &Settings, faults: &mut Faults) {
    let Telemetry {
        otlp_endpoint,
        trace_ratio,
    } = &settings.telemetry;
    let fine = otlp_endpoint.is_empty() || is_endpoint(otlp_endpoint);
    let text =
        "must be the address of a collector, without a user or a query: http://127.0.0.1:4318";
    faults.unless(fine, "telemetry.otlp_endpoint", text);
    let fine = (0.0..=1.0).contains(trace_ratio);
    faults.unless(fine, "telemetry.trace_ratio", "must be between 0 and 1");
}

/// An origin, and perhaps a path.
fn is_endpoint(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let odd = |c: char| c.is_whitespace() || c.is_control() || "*?#@,".contains(c);
    is_origin(&format!("{scheme}://{host}")) && !path.contains(odd)
}

fn limits(limits: &Limits, faults: &mut Faults) {
    let table = Table::try_from(limits).unwrap_or_default();
    for (name, value) in &table {
        let positive = !matches!(value, Value::Integer(..=0));
        let key = format!("limits.{name}");
        faults.unless(positive, &key, "must be at least 1");
    }
    let fine = limits.page <= limits.page_max;
    faults.unless(fine, "limits.page", "must not be more than limits.page_max");
    let fine = limits.message_bytes <= limits.body_bytes;
    let text = "must not be more than limits.body_bytes, in which a message comes";
    faults.unless(fine, "limits.message_bytes", text);
    let fine = limits.message_bytes <= limits.append_bytes;
    let text = "must not be less than limits.message_bytes";
    faults.unless(fine, "limits.append_bytes", text);
    let fine = limits.body_bytes <= limits.outbox_bytes;
    let text = "must not be less than limits.body_bytes, or no large frame could be delivered";
    faults.unless(fine, "limits.outbox_bytes", text);
}
