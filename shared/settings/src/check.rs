//! What the types cannot say: values that are well formed and still make no sense.

use std::{collections::BTreeSet, time::Duration};

use domain::{Limits, RoomName};
use jiff::{Span, SpanRelativeTo, tz::TimeZone};
use toml::{Table, Value};

use crate::{Auth, Mode, PolicySetting, Secret, Settings};

/// Shortest secret that is refused to nobody: as long as HS256's output (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

/// Says what is wrong: the key, and how to mend it.
pub(crate) fn check(settings: &Settings) -> Vec<(String, String)> {
    let mut faults = Faults::default();
    listeners(settings, &mut faults);
    dialects(settings, &mut faults);
    auth(settings, &mut faults);
    origins(settings, &mut faults);
    limits(&settings.limits, &mut faults);
    policies(settings, &mut faults);
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
    let distinct: std::collections::HashSet<_> = settings.dialects.iter().collect();
    let fine = distinct.len() == settings.dialects.len();
    faults.unless(fine, "dialects", "names a dialect twice; leave one out");
}

fn auth(settings: &Settings, faults: &mut Faults) {
    let Auth {
        token_seconds,
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
    faults.unless(fine, "auth.token_seconds", text);
    let fine = (1..=71).contains(&password_min_chars);
    let text = "must be between 1 and 71, the most bytes that bcrypt reads";
    faults.unless(fine, "auth.password_min_chars", text);
    secrets(settings, faults);
}

fn secrets(settings: &Settings, faults: &mut Faults) {
    let long = |secret: &Secret| secret.is_empty() || secret.reveal().len() >= SECRET_BYTES;
    let Auth {
        secret,
        legacy_secret,
        ..
    } = &settings.auth;
    let text = "needs at least 32 bytes: `openssl rand -base64 48` makes a good one";
    faults.unless(long(secret), "auth.secret", text);
    if settings.mode == Mode::Production {
        let text = "must be set in production: `openssl rand -base64 48` makes a good one";
        faults.unless(!secret.is_empty(), "auth.secret", text);
        let text = "is shorter than 32 bytes, which production refuses: \
                    leave it out, and people log in again";
        faults.unless(long(legacy_secret), "auth.legacy_secret", text);
    }
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

fn policies(settings: &Settings, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for (index, policy) in settings.archive.policies.iter().enumerate() {
        let key = |name| format!("archive.policies[{index}].{name}");
        let fine = !policy.name.trim().is_empty();
        faults.unless(fine, &key("name"), "must not be empty");
        let fine = names.insert(&policy.name);
        let text = format!("`{}` is the name of another policy", policy.name);
        faults.unless(fine, &key("name"), text);
        let zone = TimeZone::get(&policy.timezone).is_ok();
        let text = "is no time zone that is known here; write it like Europe/London";
        faults.unless(zone, &key("timezone"), text);
        let fine = !policy.schedule.trim().is_empty();
        let text = "must not be empty; write cron or English: every day at 02:00";
        faults.unless(fine, &key("schedule"), text);
        if let Err(text) = policy.age() {
            faults.unless(false, &key("older_than"), text);
        }
        let named = |room: &String| RoomName::parse(room, &settings.limits).is_ok();
        let fine = policy.rooms.iter().all(named);
        faults.unless(
            fine,
            &key("rooms"),
            "holds what cannot be the name of a room",
        );
    }
}

impl PolicySetting {
    /// How old a message must be, read from `older_than`. Days have 24 hours.
    ///
    /// # Errors
    /// Says how to write it when it is no length of time, not above zero, or in months or years,
    /// which have no fixed length.
    pub fn age(&self) -> Result<Duration, String> {
        let text = "must be a length of time above zero, like `90 days` or `1h 30m` \
                    (months and years have no fixed length)";
        let days = SpanRelativeTo::days_are_24_hours();
        let length = self.older_than.parse::<Span>();
        length
            .and_then(|span| span.to_duration(days))
            .and_then(Duration::try_from)
            .ok()
            .filter(|length| !length.is_zero())
            .ok_or_else(|| text.to_owned())
    }
}
