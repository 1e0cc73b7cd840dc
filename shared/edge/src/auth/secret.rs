//! The secret that our tokens are signed with: given, or made once and kept.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use settings::{IssuerSetting, Mode, Secret, Settings};

/// Shortest secret, in bytes: as long as the digest it keys.
const SHORTEST: usize = 32;

/// Where a generated secret is kept, below `data`.
const FILE: &str = "token.secret";

/// Beginnings of secrets that stand in documents and examples, in lower case.
const WELL_KNOWN: [&str; 8] = [
    "secret",
    "changeme",
    "change-me",
    "change_me",
    "password",
    "your-256-bit-secret",
    "your_secret",
    "django-insecure",
];

/// Why there is no secret to sign with. Its text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Production does not make secrets up.
    #[error("auth.secret is empty: give it at least 32 random bytes (`openssl rand -hex 32`)")]
    Missing,
    /// Shorter than what it protects.
    #[error("{0} has fewer than 32 bytes: make a longer one (`openssl rand -hex 32`)")]
    Short(String),
    /// Everybody knows it.
    #[error("{0} is a secret from a document: make one of your own (`openssl rand -hex 32`)")]
    WellKnown(String),
    /// Others on the machine could read it.
    #[error("{0} can be read by others: run `chmod 600 {0}`")]
    Exposed(PathBuf),
    /// The file with the generated secret.
    #[error("cannot keep the token secret in {0}: {1}")]
    File(PathBuf, #[source] io::Error),
}

/// Gives the secret of our tokens: the one from the settings, or in development one that is
/// generated at the first start and kept below `data` for its owner alone.
///
/// # Errors
/// [`SecretError`] when the secret is missing in production, too short, well known, or cannot be
/// kept safely.
pub fn load_secret(settings: &Settings) -> Result<Secret, SecretError> {
    check_secrets(settings)?;
    let given = &settings.auth.secret;
    if !given.is_empty() {
        return Ok(given.clone());
    }
    let path = secret_file(settings);
    kept(&path).map_err(|error| SecretError::File(path.clone(), error))?;
    read(&path)
}

/// Where a secret that is generated is kept.
#[must_use]
pub fn secret_file(settings: &Settings) -> PathBuf {
    settings.data.join(FILE)
}

/// Says whether [`load_secret`] would take the secrets of the settings. Makes nothing.
///
/// # Errors
/// [`SecretError`] when one is missing in production, too short, or well known.
pub fn check_secrets(settings: &Settings) -> Result<(), SecretError> {
    check_foreign(settings)?;
    match &settings.auth.secret {
        given if !given.is_empty() => check(given, "auth.secret"),
        _ if settings.mode == Mode::Production => Err(SecretError::Missing),
        _ => Ok(()),
    }
}

/// The secret of another system may be short, it is what it is; but one that everybody knows would let
/// everybody in.
fn check_foreign(settings: &Settings) -> Result<(), SecretError> {
    let auth = &settings.auth;
    let named = |(index, issuer): (usize, &'_ IssuerSetting)| {
        let known = is_well_known(issuer.secret.reveal());
        known.then(|| format!("auth.issuers[{index}].secret"))
    };
    let legacy = is_well_known(auth.legacy_secret.reveal());
    let legacy = legacy.then(|| "auth.legacy_secret".to_owned());
    let mut foreign = auth.issuers.iter().enumerate().filter_map(named);
    match legacy.or_else(|| foreign.next()) {
        Some(name) if settings.mode == Mode::Production => Err(SecretError::WellKnown(name)),
        _ => Ok(()),
    }
}

fn check(secret: &Secret, name: &str) -> Result<(), SecretError> {
    if is_well_known(secret.reveal()) {
        return Err(SecretError::WellKnown(name.to_owned()));
    }
    if secret.reveal().len() < SHORTEST {
        return Err(SecretError::Short(name.to_owned()));
    }
    Ok(())
}

/// A document's secret, also padded to length, or one character over and over.
fn is_well_known(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    let repeated = lower
        .chars()
        .next()
        .is_some_and(|first| lower.chars().all(|c| c == first));
    repeated || WELL_KNOWN.iter().any(|known| lower.starts_with(known))
}

/// Sees to it that there is a file with a secret. It appears whole or not at all, and never
/// replaces another's.
fn kept(path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let draft = path.with_extension(format!("draft-{}", crate::random::hex(4)));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(crate::random::hex(SHORTEST).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn read(path: &Path) -> Result<Secret, SecretError> {
    let failed = |error| SecretError::File(path.to_owned(), error);
    let permissions: Permissions = fs::metadata(path).map_err(failed)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        return Err(SecretError::Exposed(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let secret = Secret::new(text.trim_end());
    check(&secret, &path.display().to_string()).map(|()| secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(mode: Mode, secret: &str, data: &Path) -> Settings {
        let mut settings = Settings {
            mode,
            data: data.to_owned(),
            ..Settings::default()
        };
        settings.auth.secret = Secret::new(secret);
        settings
    }

    #[test]
    fn development_makes_one_secret_and_keeps_it() {
        let data = tempfile::tempdir().unwrap();
        let settings = settings(Mode::Development, "", data.path());
        let first = load_secret(&settings).unwrap();
        assert_eq!(first.reveal().len(), 64);
        assert_eq!(load_secret(&settings).unwrap().reveal(), first.reveal());
        let path = data.path().join(FILE);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(data.path()).unwrap().count(),
            1,
            "no draft stays"
        );
    }

    #[test]
    fn an_exposed_or_damaged_file_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let settings = settings(Mode::Development, "", data.path());
        load_secret(&settings).unwrap();
        let path = data.path().join(FILE);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            load_secret(&settings),
            Err(SecretError::Exposed(_))
        ));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "").unwrap();
        assert!(matches!(load_secret(&settings), Err(SecretError::Short(_))));
    }

    #[test]
    fn weak_secrets_are_refused() {
        let data = tempfile::tempdir().unwrap();
        let load = |mode, secret: &str| load_secret(&settings(mode, secret, data.path()));
        let well_known = "your-256-bit-secret-padded-to-be-long-enough";
        let (repeated, strong) = ("a".repeat(40), crate::random::hex(16));
        assert!(matches!(
            load(Mode::Production, ""),
            Err(SecretError::Missing)
        ));
        for mode in [Mode::Production, Mode::Development] {
            assert!(matches!(
                load(mode, &strong[1..]),
                Err(SecretError::Short(_))
            ));
            assert!(matches!(
                load(mode, well_known),
                Err(SecretError::WellKnown(_))
            ));
            assert!(matches!(
                load(mode, &repeated),
                Err(SecretError::WellKnown(_))
            ));
            assert_eq!(load(mode, &strong).unwrap().reveal(), strong);
        }
    }

    #[test]
    fn the_secret_is_never_part_of_the_message() {
        let data = tempfile::tempdir().unwrap();
        let error =
            load_secret(&settings(Mode::Production, "changeme-x7", data.path())).unwrap_err();
        assert!(!error.to_string().contains("x7"), "{error}");
    }
}
