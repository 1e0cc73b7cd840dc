//! Where the keys of an issuer come from, and when they are read again.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use jsonwebtoken::Algorithm;
use settings::{IssuerSetting, Settings};
use tokio::time::{Instant, timeout};

use super::keys::Keys;
use crate::remote::Remote;

/// How long an issuer may take to give its keys.
const PATIENCE: Duration = Duration::from_secs(5);

/// How old keys from an address may be, which is how long one that was withdrawn is believed.
const OLD: Duration = Duration::from_secs(10 * 60);

/// How long an address is left alone, whatever keys are asked for, and after a failure.
const PAUSE: Duration = Duration::from_secs(30);

/// Largest file of keys.
const LARGEST: u64 = 64 * 1024;

/// Whether all was done to know a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The keys are as they are said to be.
    Known,
    /// They could not be read.
    Away,
}

/// The keys of an issuer, and where they come from.
pub(super) struct Source {
    place: Place,
    algorithm: Algorithm,
    keys: ArcSwap<Keys>,
    fault: Mutex<Option<String>>,
    /// One reads at a time; the others wait for what they find.
    reading: tokio::sync::Mutex<Last>,
}

enum Place {
    Fixed,
    File(PathBuf),
    Address(Box<Remote>),
    /// An address that cannot be understood.
    Nowhere(String),
}

/// What was seen last.
#[derive(Default)]
struct Last {
    at: Option<Instant>,
    file: Option<Stamp>,
}

/// What tells one content of a file from another.
type Stamp = (Option<SystemTime>, u64);

impl Source {
    /// A secret.
    pub(super) fn secret(secret: &str) -> Self {
        Self::new(Place::Fixed, Algorithm::HS256, Keys::secret(secret))
    }

    /// What the settings name.
    pub(super) fn of(settings: &Settings, algorithm: Algorithm, issuer: &IssuerSetting) -> Self {
        if !issuer.secret.is_empty() {
            return Self::secret(issuer.secret.reveal());
        }
        let file = &issuer.jwks_file;
        let place = match file.as_os_str().is_empty() {
            false => Place::File(file.clone()),
            true => match Remote::parse(&issuer.jwks_url, &settings.server.tls) {
                Ok(remote) => Place::Address(Box::new(remote)),
                Err(fault) => Place::Nowhere(fault),
            },
        };
        Self::new(place, algorithm, Keys::default())
    }

    fn new(place: Place, algorithm: Algorithm, keys: Keys) -> Self {
        let fault = match &place {
            Place::Nowhere(fault) => Some(fault.clone()),
            _ => None,
        };
        Self {
            place,
            algorithm,
            keys: ArcSwap::from_pointee(keys),
            fault: Mutex::new(fault),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Whether its keys never change.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.place, Place::Fixed)
    }

    /// The keys, read again if this one is not among them and that may be done now.
    pub(super) async fn keys(&self, kid: Option<&str>) -> (Arc<Keys>, Asked) {
        let keys = self.keys.load_full();
        if keys.know(kid) || self.is_fixed() {
            return (keys, Asked::Known);
        }
        self.renew(PAUSE).await;
        let asked = match self.fault() {
            None => Asked::Known,
            Some(_) => Asked::Away,
        };
        (self.keys.load_full(), asked)
    }

    /// Reads the keys again if they are old, or have changed.
    pub(super) async fn look(&self) {
        let age = match self.fault() {
            None => OLD,
            Some(_) => PAUSE,
        };
        self.renew(age).await;
    }

    /// What was wrong when they were read last.
    pub(super) fn fault(&self) -> Option<String> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.clone()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.keys.load().count()
    }

    /// Reads them, unless that was done less than `age` ago; a file, if it has changed.
    async fn renew(&self, age: Duration) {
        let mut last = self.reading.lock().await;
        let read = match &self.place {
            Place::Fixed | Place::Nowhere(_) => return,
            Place::File(path) => match stamp(path) {
                stamp if last.at.is_some() && stamp == last.file => return,
                stamp => {
                    last.file = stamp;
                    read_file(path).await
                }
            },
            Place::Address(_) if last.at.is_some_and(|at| at.elapsed() < age) => return,
            Place::Address(remote) => ask(remote).await,
        };
        last.at = Some(Instant::now());
        self.take(read);
    }

    /// Keys that cannot be read leave those that were.
    fn take(&self, read: Result<Bytes, String>) {
        let keys = read.and_then(|set| Keys::read(&set, self.algorithm));
        let fault = match keys {
            Ok(keys) => {
                self.keys.store(Arc::new(keys));
                None
            }
            Err(fault) => Some(fault),
        };
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok(), file.len()))
}

async fn read_file(path: &Path) -> Result<Bytes, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let about = tokio::fs::metadata(path).await.map_err(failed)?;
    if about.len() > LARGEST {
        return Err(format!("{} is larger than 64 KiB", path.display()));
    }
    tokio::fs::read(path).await.map(Bytes::from).map_err(failed)
}

async fn ask(remote: &Remote) -> Result<Bytes, String> {
    let answer = timeout(PATIENCE, remote.get()).await;
    let answer = answer.map_err(|_| "does not answer within 5 s".to_owned())?;
    answer.map_err(|error| format!("cannot be asked: {error}"))
}
