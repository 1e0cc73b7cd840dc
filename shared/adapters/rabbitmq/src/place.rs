//! Where a broker is, which part of it is ours, and how long it may take.

use std::{fmt, time::Duration};

use domain::Limits;
use lapin::uri::AMQPUri;

/// What the names of an installation begin with, unless its URL says otherwise.
const PREFIX: &str = "hubbub";

/// The longest such beginning, in characters: names of queues end at 255 bytes.
const LONGEST_PREFIX: usize = 64;

/// Seconds between two signs of life on a connection. Two that fail to come end it.
const HEARTBEAT: u16 = 10;

/// A URL that says no broker. The text holds nothing of the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It cannot be read.
    #[error(
        "is no URL of a RabbitMQ broker; write it like amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps:// for TLS, with signs other than letters and digits in user, password and vhost percent-encoded"
    )]
    Unreadable,
    /// Its `prefix` cannot begin a name.
    #[error("has a prefix that is not 1 to 64 letters, digits, `.`, `_` or `-`")]
    Prefix,
}

/// A broker, and the names on it that are one installation's. It prints without the secret.
#[derive(Clone)]
pub struct Place {
    uri: AMQPUri,
    prefix: String,
}

impl Place {
    /// Reads a URL: `amqp://[USER:PASSWORD@]HOST[:PORT][/VHOST]`, `amqps://` with TLS (against the
    /// system's certificates). `?prefix=NAME` is what the names of exchange and queues begin with,
    /// for installations that share a vhost; `?heartbeat=SECONDS` replaces the usual ten.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn new(url: &str) -> Result<Self, BadUrl> {
        let mut uri: AMQPUri = url.parse().map_err(|_| BadUrl::Unreadable)?;
        if let Some(address) = bracketed(url) {
            address.clone_into(&mut uri.authority.host);
        }
        if uri.vhost.is_empty() {
            // As of a URL that ends in a slash. Nobody means the vhost without a name.
            "/".clone_into(&mut uri.vhost);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let prefix = prefix(url)?.to_owned();
        Ok(Self { uri, prefix })
    }

    /// How the broker is reached.
    pub(crate) fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }

    /// A name of this installation.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// What all names of this installation begin with; also the name of its exchange.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The address of a host that is written as an IPv6 address, which the driver would not read.
fn bracketed(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.strip_prefix('[')?.split_once(']')?.0)
}

fn prefix(url: &str) -> Result<&str, BadUrl> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let set = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("prefix="));
    let prefix = set.unwrap_or(PREFIX);
    let fits = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c);
    match (1..=LONGEST_PREFIX).contains(&prefix.len()) && prefix.bytes().all(fits) {
        true => Ok(prefix),
        false => Err(BadUrl::Prefix),
    }
}

impl fmt::Display for Place {
    /// The host, the port and the vhost.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.uri.authority;
        write!(f, "{}:{}, vhost {}", at.host, at.port, self.uri.vhost)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// How long a broker may take, and when it counts as away.
#[derive(Debug, Clone)]
pub struct Timings {
    /// One call, all the confirmations of a batch included. A little less than
    /// [`Limits::PUBLISH`], so that it is noticed here before whoever published gives up.
    pub call: Duration,
    /// A connection, its log-in and the declarations.
    pub connect: Duration,
    /// How often a connection is looked after on which nothing seems to be wrong.
    pub beat: Duration,
    /// Longest pause between two attempts to reach a broker; each is some random part of the
    /// longer half of it, and the first are shorter.
    pub pause: Duration,
    /// A connection that lasted this long is made anew at once when it ends.
    pub steady: Duration,
    /// How often what was handed out is looked over for what was never settled.
    pub tick: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            call: Limits::PUBLISH * 4 / 5,
            connect: Duration::from_secs(5),
            beat: Duration::from_secs(5),
            pause: Duration::from_secs(2),
            steady: Duration::from_secs(10),
            tick: Duration::from_secs(1),
        }
    }
}

/// The first pause between two attempts, which then doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Timings {
    /// The pause after a number of attempts that failed in a row.
    pub(crate) fn pause_after(&self, failed: u32) -> Duration {
        let longest = self.pause.min(FIRST_PAUSE * 2_u32.pow(failed.min(16)));
        let half = longest / 2;
        // Without random bytes the pause is as good, if not as well spread.
        let part = getrandom::u32().unwrap_or(u32::MAX);
        half + half.mul_f64(f64::from(part) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_print_without_secrets() {
        let place = Place::new("amqp://ann:hunter2@broker:5673/chat").unwrap();
        assert_eq!(place.to_string(), "broker:5673, vhost chat");
        assert_eq!(format!("{place:?}"), "Place(broker:5673, vhost chat)");
        let printed = |url| Place::new(url).unwrap().to_string();
        assert_eq!(printed("amqps://broker"), "broker:5671, vhost /");
        assert_eq!(printed("amqp://broker/"), "broker:5672, vhost /");
        assert_eq!(printed("amqp://broker/%2fchat"), "broker:5672, vhost /chat");
        assert_eq!(printed("amqp://a:b@[fd00::1]:1"), "fd00::1:1, vhost /");
        for wrong in ["", "broker:5672", "http://broker", "amqp://broker:port"] {
            assert_eq!(Place::new(wrong).unwrap_err(), BadUrl::Unreadable);
        }
    }

    #[test]
    fn installations_on_one_vhost_have_names_of_their_own() {
        let name = |url| Place::new(url).map(|place| place.name("ready"));
        assert_eq!(name("amqp://broker").unwrap(), "hubbub.ready");
        let named = "amqp://broker/chat?heartbeat=5&prefix=blue-1";
        assert_eq!(name(named).unwrap(), "blue-1.ready");
        for wrong in ["amqp://broker?prefix=", "amqp://broker?prefix=a%20b"] {
            assert_eq!(name(wrong).unwrap_err(), BadUrl::Prefix);
        }
    }

    #[test]
    fn pauses_grow_differ_and_keep_to_their_bounds() {
        let timings = Timings::default();
        assert!(timings.pause_after(0) <= FIRST_PAUSE);
        let pauses: Vec<_> = (0..50).map(|_| timings.pause_after(u32::MAX)).collect();
        let bounds = timings.pause / 2..=timings.pause;
        assert!(pauses.iter().all(|pause| bounds.contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
