//! Secrets, and who may read the files that hold them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use adapters::checkup;
use domain::Timestamp;
use edge::Tls;
use settings::{Loaded, Origin, Secret, Settings};

use super::Finding;

/// How long before its end a certificate should have been renewed.
const RENEW: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Fewest bytes of a secret that cannot be guessed.
const STRONG: usize = 32;

pub(super) fn all(loaded: &Loaded) -> Vec<Finding> {
    let settings = &loaded.settings;
    let mut found = vec![token_secret(settings)];
    found.extend(legacy_secret(settings));
    found.extend(exposed_file(loaded));
    found.push(certificate(settings));
    found
}

/// The settings' own secret was checked when they were read.
fn token_secret(settings: &Settings) -> Finding {
    let generated = edge::auth::secret_file(settings);
    if !settings.auth.secret.is_empty() {
        return Finding::ok("secret", "auth.secret is set, and long enough");
    }
    if !generated.exists() {
        return Finding::ok("secret", "is generated at the first start (development)");
    }
    match edge::load_secret(settings) {
        Ok(_) => Finding::ok(
            "secret",
            format!("{}, for its owner alone", generated.display()),
        ),
        Err(error) => Finding::fail("secret", error.to_string()),
    }
}

fn legacy_secret(settings: &Settings) -> Option<Finding> {
    is_weak(&settings.auth.legacy_secret).then(|| {
        let text = "auth.legacy_secret has fewer than 32 bytes and could be guessed — take it out \
                    once the original's tokens have expired";
        Finding::warn("secret", text)
    })
}

/// The keys of foreign issuers as they are now, and secrets that are theirs to mend.
pub(super) async fn issuers(settings: &Settings) -> Vec<Finding> {
    let weak = settings.auth.issuers.iter().enumerate();
    let weak = weak.filter(|(_, issuer)| is_weak(&issuer.secret));
    let weak = weak.map(|(index, _)| {
        let text = format!(
            "auth.issuers[{index}].secret has fewer than 32 bytes and could be guessed — let its \
             system sign with a longer one, or with a key pair"
        );
        Finding::warn("issuer", text)
    });
    let examined = edge::auth::examine_issuers(settings).await.into_iter();
    let examined = examined
        .filter(|(place, _)| place.starts_with("auth.issuers"))
        .map(|(place, found)| match found {
            Ok(keys) => Finding::ok("issuer", format!("{place} has keys: {keys}")),
            Err(why) => Finding::fail("issuer", format!("{place} {why}")),
        });
    weak.chain(examined).collect()
}

fn is_weak(secret: &Secret) -> bool {
    !secret.is_empty() && secret.reveal().len() < STRONG
}

/// A configuration file that holds a secret and that others can read.
fn exposed_file(loaded: &Loaded) -> Option<Finding> {
    let path = loaded.file.as_deref()?;
    let keys = [
        "auth.secret",
        "auth.legacy_secret",
        "auth.issuers",
        "backends.store_url",
        "backends.cache_url",
        "backends.bus_url",
    ];
    let issuers = &loaded.settings.auth.issuers;
    let shared = issuers.iter().any(|issuer| !issuer.secret.is_empty());
    let secret = keys
        .into_iter()
        .filter(|key| shared || *key != "auth.issuers")
        .find(|key| matches!(loaded.origin(key), Origin::File { .. }))?;
    is_open(path).then(|| {
        let text = format!(
            "{} holds {secret} and can be read by others — run `chmod 600 {0}`",
            path.display()
        );
        Finding::warn("secret", text)
    })
}

/// Whether others than its owner may read or write a file.
pub(super) fn is_open(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

fn certificate(settings: &Settings) -> Finding {
    let tls = match Tls::of(&settings.server.tls) {
        Ok(Some(tls)) => tls,
        Ok(None) => return plain(settings),
        Err(error) => return Finding::fail("tls", error.to_string()),
    };
    let key = &settings.server.tls.key_file;
    if is_open(key) {
        let text = format!(
            "{} can be read by others — run `chmod 600 {0}`",
            key.display()
        );
        return Finding::warn("tls", text);
    }
    let expires = tls
        .expires()
        .and_then(|seconds| i64::try_from(seconds).ok());
    match expires.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        Some(end) => lasting(end, checkup::clock().now()),
        None => Finding::warn("tls", "it cannot be read when the certificate ends"),
    }
}

fn lasting(end: Timestamp, now: Timestamp) -> Finding {
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    match left {
        Duration::ZERO => {
            let text = format!("the certificate ended on {end} — renew it, then send SIGHUP");
            Finding::fail("tls", text)
        }
        left if left < RENEW => {
            let text = format!("the certificate ends on {end} — renew it, then send SIGHUP");
            Finding::warn("tls", text)
        }
        _ => Finding::ok("tls", format!("the certificate is good until {end}")),
    }
}

/// Without TLS of our own, somebody else has to bring it before others may come.
fn plain(settings: &Settings) -> Finding {
    let public = settings.listen.iter().any(|at| !at.ip().is_loopback());
    if public && settings.server.trusted_proxies.is_empty() {
        let text = "plain HTTP for everybody — set server.tls, or name the proxy that ends TLS in \
                    server.trusted_proxies";
        return Finding::warn("tls", text);
    }
    Finding::ok("tls", "off: a proxy ends it, or nobody comes from outside")
}

#[cfg(test)]
mod tests {
    use super::{super::Level, *};

    #[test]
    fn a_certificate_is_renewed_in_time() {
        let now = checkup::clock().now();
        let level = |days: i64| {
            let left = i64::from(24 * 60 * 60) * days;
            lasting(Timestamp::from_second(now.as_second() + left).unwrap(), now).level
        };
        assert_eq!(level(-1), Level::Fail);
        assert_eq!(level(13), Level::Warn);
        assert_eq!(level(15), Level::Ok);
    }
}
