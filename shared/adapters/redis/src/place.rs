//! Where a server is, which part of it is ours, and how long it may take.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use domain::{Limits, NodeId, ports::About};
use redis::{Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use uuid::Uuid;

use crate::failure::Failure;

/// A URL that says no Redis server. The text holds nothing of the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no URL of a Redis server; write it like redis://HOST:6379/0, or rediss:// for TLS")]
pub struct BadUrl;

/// A server, and the keys of it that are one installation's. It prints without the secret.
#[derive(Clone)]
pub struct Place {
    info: ConnectionInfo,
    owner: Owner,
}

/// The store whose keys they are. One that is away at the start says who it is when it is there.
#[derive(Clone)]
struct Owner {
    epoch: Arc<OnceLock<Uuid>>,
    store: Option<Arc<dyn About>>,
    /// Names keys until then. Nothing is asked of the server before, so nobody else's are met.
    nobody: Uuid,
}

impl Place {
    /// Reads a URL: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://` with TLS (against
    /// the system's certificates), or `redis+unix:///SOCKET`. `epoch` is the store's.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn new(url: &str, epoch: Uuid) -> Result<Self, BadUrl> {
        let owner = Owner {
            epoch: Arc::new(OnceLock::from(epoch)),
            store: None,
            nobody: epoch,
        };
        Self::owned(url, owner)
    }

    /// The same for a store that may be away: it is asked for its epoch when the server is reached
    /// for, and until it answers the server counts as away.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn of_store(url: &str, store: Arc<dyn About>) -> Result<Self, BadUrl> {
        let owner = Owner {
            epoch: Arc::default(),
            store: Some(store),
            nobody: NodeId::new().uuid(),
        };
        Self::owned(url, owner)
    }

    fn owned(url: &str, owner: Owner) -> Result<Self, BadUrl> {
        let info = url.into_connection_info().map_err(|_| BadUrl)?;
        Ok(Self { info, owner })
    }

    /// Makes sure whose keys they are.
    pub(crate) async fn settle(&self) -> Result<(), Failure> {
        let Owner { epoch, store, .. } = &self.owner;
        if let (None, Some(store)) = (epoch.get(), store) {
            let told = store.epoch().await.map_err(Failure::NoStore)?;
            // Whoever was faster was told the same.
            let _ = epoch.set(told);
        }
        Ok(())
    }

    /// Says whether [`Place::new`] would take the URL.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn check(url: &str) -> Result<(), BadUrl> {
        Self::new(url, Uuid::nil()).map(drop)
    }

    /// The name of a key or channel of this installation.
    pub(crate) fn key(&self, name: &str) -> String {
        let owner = self.owner.epoch.get().unwrap_or(&self.owner.nobody);
        format!("hubbub:{}:{name}", owner.simple())
    }

    /// What opens connections for calls.
    pub(crate) fn client(&self) -> redis::RedisResult<Client> {
        Client::open(self.info.clone())
    }

    /// What opens connections that hear of events as they happen.
    pub(crate) fn listening_client(&self) -> redis::RedisResult<Client> {
        let settings = self.info.redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        Client::open(self.info.clone().set_redis_settings(settings))
    }
}

impl fmt::Display for Place {
    /// The host and the port, or the socket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.addr().fmt(f)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// How long a server may take, and when it counts as away.
#[derive(Debug, Clone)]
pub struct Timings {
    /// One call. A little less than [`Limits::CACHE_CALL`], so that it is noticed here, and
    /// counts, before whoever asked gives up.
    pub call: Duration,
    /// A connection, its log-in and the first answer.
    pub connect: Duration,
    /// Longest pause between two attempts to reach a server that is away; each is some random
    /// part of the longer half of it.
    pub pause: Duration,
    /// Calls in a row that may fail before the server counts as away.
    pub failures: u32,
    /// How often a connection on which nothing is asked is looked after.
    pub beat: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            call: Limits::CACHE_CALL * 3 / 4,
            connect: Duration::from_millis(500),
            pause: Duration::from_millis(300),
            failures: 3,
            beat: Duration::from_secs(5),
        }
    }
}

impl Timings {
    /// The next pause: from half of the longest to the longest.
    pub(crate) fn jittered(&self) -> Duration {
        let half = self.pause / 2;
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
        let place = Place::new("redis://ann:hunter2@cache:6380/3", Uuid::nil()).unwrap();
        assert_eq!(place.to_string(), "cache:6380");
        assert_eq!(format!("{place:?}"), "Place(cache:6380)");
        assert!(Place::check("rediss://cache").is_ok());
        assert!(Place::check("redis+unix:///run/redis.sock").is_ok());
        for wrong in ["", "cache:6379", "http://cache", "redis://cache/x"] {
            assert!(Place::check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn installations_on_one_server_have_keys_of_their_own() {
        let place = |epoch| Place::new("redis://cache", Uuid::from_u128(epoch)).unwrap();
        assert_ne!(place(1).key("bus"), place(2).key("bus"));
    }

    #[test]
    fn pauses_differ_and_keep_to_their_bounds() {
        let timings = Timings::default();
        let pauses: Vec<_> = (0..50).map(|_| timings.jittered()).collect();
        let bounds = timings.pause / 2..=timings.pause;
        assert!(pauses.iter().all(|pause| bounds.contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
