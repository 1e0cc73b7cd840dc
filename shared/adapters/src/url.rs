//! The URLs of the settings, parsed to what they mean before anything is opened.

use std::path::PathBuf;

use adapter_mongodb::MongoStore;
use adapter_rabbitmq::{Place as Broker, Source};
use settings::{DialectName, Settings};

/// A URL that this build has no adapter for, and what it has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {text}")]
pub struct UrlProblem {
    /// The key of the URL.
    pub key: &'static str,
    /// What is wrong with it. Never holds more of the URL than its scheme.
    pub text: String,
}

/// What is to be opened.
pub(crate) struct Plan {
    pub(crate) store: StoreUrl,
    pub(crate) queue: QueueUrl,
    pub(crate) feed: Option<(Broker, Source)>,
    pub(crate) cache: LiveUrl,
    pub(crate) bus: LiveUrl,
    pub(crate) blobs: BlobsUrl,
}

/// Where the bytes of files are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BlobsUrl {
    /// A folder.
    Dir(PathBuf),
    /// A bucket, and what its keys begin with.
    S3 { bucket: String, prefix: String },
}

/// Where the store is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// One file.
    Sqlite(PathBuf),
    /// A server. Its connection string may hold a password.
    Mongo(String),
}

/// Where the queue is.
#[derive(Debug)]
pub(crate) enum QueueUrl {
    /// A table of the store.
    Store,
    /// A file of its own, for one process.
    Sqlite(PathBuf),
    /// A broker, for many.
    Rabbit(Broker),
}

/// Where something fast and forgetful is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LiveUrl {
    /// In this process.
    Local,
    /// On a server. Its URL may hold a secret.
    Redis { key: &'static str, url: String },
}

/// What a port takes.
struct Schemes {
    key: &'static str,
    have: &'static str,
}

const STORE: Schemes = Schemes {
    key: "backends.store_url",
    have: "sqlite:PATH and mongodb://HOST:PORT/DATABASE (or mongodb+srv://)",
};
const CACHE: Schemes = Schemes {
    key: "backends.cache_url",
    have: "local: and redis://HOST:PORT (rediss:// with TLS)",
};
const BUS: Schemes = Schemes {
    key: "backends.bus_url",
    ..CACHE
};
const QUEUE: Schemes = Schemes {
    key: "backends.queue_url",
    have: "store: (a table of SQLite's store), sqlite:PATH (a file of its own, for one process) and amqp://HOST:PORT (RabbitMQ; amqps:// with TLS)",
};

const FEED: Schemes = Schemes {
    key: "friends.events_url",
    have: "amqp://HOST:PORT (RabbitMQ; amqps:// with TLS)",
};

const BLOBS: Schemes = Schemes {
    key: "backends.blobs_url",
    have: "dir:PATH and s3://BUCKET/PREFIX",
};

/// What is said of a connection string that cannot be read. Not what of it, since that may be a
/// part of the password.
const NO_CONNECTION_STRING: &str = "is no MongoDB connection string; write it like mongodb://USER:PASSWORD@HOST:27017/DATABASE, with signs other than letters and digits in user and password percent-encoded";

/// What is said where a store without a queue is to keep it.
const NO_QUEUE: &str = "`store:` is a table of SQLite's, and MongoDB keeps no queue; set QUEUE_URL=amqp://USER:PASSWORD@HOST:5672, a RabbitMQ broker, or for one process QUEUE_URL=sqlite:queue.db, a file in the data folder";

impl UrlProblem {
    /// The store keeps no queue.
    pub(crate) fn no_queue() -> Self {
        QUEUE.problem(NO_QUEUE.to_owned())
    }
}

impl Plan {
    /// Reads the URLs.
    pub(crate) fn of(settings: &Settings) -> Result<Self, UrlProblem> {
        let urls = &settings.backends;
        let store = store(settings)?;
        Ok(Self {
            queue: queue(settings, &store)?,
            feed: feed(settings)?,
            store,
            cache: live(&CACHE, &urls.cache_url)?,
            bus: live(&BUS, &urls.bus_url)?,
            blobs: blobs(settings)?,
        })
    }
}

/// Reads the URL of the store alone.
pub(crate) fn store(settings: &Settings) -> Result<StoreUrl, UrlProblem> {
    match STORE.split(&settings.backends.store_url) {
        ("sqlite", "") => {
            Err(STORE.problem("names no file; write it like sqlite:hubbub.db".to_owned()))
        }
        ("sqlite", path) => Ok(StoreUrl::Sqlite(settings.data.join(path))),
        ("mongodb" | "mongodb+srv", _) => {
            let uri = &settings.backends.store_url;
            match MongoStore::understands(uri) {
                true => Ok(StoreUrl::Mongo(uri.clone())),
                false => Err(STORE.problem(NO_CONNECTION_STRING.to_owned())),
            }
        }
        (scheme, _) => Err(STORE.refuse(scheme)),
    }
}

fn live(schemes: &Schemes, url: &str) -> Result<LiveUrl, UrlProblem> {
    match schemes.split(url).0 {
        "local" => Ok(LiveUrl::Local),
        "redis" | "rediss" | "redis+unix" => {
            let (key, url) = (schemes.key, url.to_owned());
            let live = LiveUrl::Redis { key, url };
            live.place(uuid::Uuid::nil())?;
            Ok(live)
        }
        scheme => Err(schemes.refuse(scheme)),
    }
}

fn queue(settings: &Settings, store: &StoreUrl) -> Result<QueueUrl, UrlProblem> {
    match (QUEUE.split(&settings.backends.queue_url), store) {
        (("store", _), StoreUrl::Sqlite(_)) => Ok(QueueUrl::Store),
        (("store", _), StoreUrl::Mongo(_)) => Err(UrlProblem::no_queue()),
        (("sqlite", ""), _) => {
            Err(QUEUE.problem("names no file; write it like sqlite:queue.db".to_owned()))
        }
        (("sqlite", path), _) => Ok(QueueUrl::Sqlite(settings.data.join(path))),
        (("amqp" | "amqps", _), _) => match Broker::new(&settings.backends.queue_url) {
            Ok(broker) => Ok(QueueUrl::Rabbit(broker)),
            Err(bad) => Err(QUEUE.problem(bad.to_string())),
        },
        ((scheme, _), _) => Err(QUEUE.refuse(scheme)),
    }
}

/// Where other services tell of people and friendships: nowhere, unless the dialect is spoken that
/// shows them and a queue is named.
fn feed(settings: &Settings) -> Result<Option<(Broker, Source)>, UrlProblem> {
    let friends = &settings.friends;
    let spoken = settings.dialects.contains(&DialectName::Friends);
    if !spoken || friends.events_queue.is_empty() {
        return Ok(None);
    }
    let url = match friends.events_url.as_str() {
        "" => &settings.backends.queue_url,
        url => url,
    };
    let broker = match FEED.split(url) {
        ("amqp" | "amqps", _) => Broker::new(url).map_err(|bad| FEED.problem(bad.to_string()))?,
        (scheme, _) => return Err(FEED.refuse(scheme)),
    };
    let source = Source {
        queue: friends.events_queue.clone(),
        durable: friends.events_durable,
    };
    Ok(Some((broker, source)))
}

fn blobs(settings: &Settings) -> Result<BlobsUrl, UrlProblem> {
    match BLOBS.split(&settings.backends.blobs_url) {
        ("dir", "") => Err(BLOBS.problem("names no folder; write it like dir:blobs".to_owned())),
        ("dir", path) => Ok(BlobsUrl::Dir(settings.data.join(path))),
        ("s3", place) => {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            if bucket.is_empty() {
                let text = "names no bucket; write it like s3://bucket/prefix";
                return Err(BLOBS.problem(text.to_owned()));
            }
            Ok(BlobsUrl::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            })
        }
        (scheme, _) => Err(BLOBS.refuse(scheme)),
    }
}

impl Schemes {
    /// The scheme, and what follows it: `sqlite:a.db` and `sqlite://a.db` are the same.
    fn split<'a>(&self, url: &'a str) -> (&'a str, &'a str) {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        (scheme, rest.strip_prefix("//").unwrap_or(rest))
    }

    fn refuse(&self, scheme: &str) -> UrlProblem {
        let have = self.have;
        self.problem(format!("there is no `{scheme}:`; this build has {have}"))
    }

    fn problem(&self, text: String) -> UrlProblem {
        let key = self.key;
        UrlProblem { key, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(change: impl Fn(&mut Settings)) -> Result<StoreUrl, String> {
        let mut settings = Settings {
            data: "data".into(),
            ..Settings::default()
        };
        change(&mut settings);
        let plan = Plan::of(&settings).map_err(|error| error.to_string())?;
        Ok(plan.store)
    }

    fn store(url: &str) -> Result<StoreUrl, String> {
        plan(|settings| settings.backends.store_url = url.to_owned())
    }

    #[test]
    fn a_relative_path_lies_below_data() {
        let sqlite = |path: &str| Ok(StoreUrl::Sqlite(path.into()));
        assert_eq!(store("sqlite:a.db"), sqlite("data/a.db"));
        assert_eq!(store("sqlite://a.db"), sqlite("data/a.db"));
        assert_eq!(store("sqlite:/var/a.db"), sqlite("/var/a.db"));
        assert_eq!(store("sqlite:///var/a.db"), sqlite("/var/a.db"));
    }

    #[test]
    fn files_lie_in_a_folder_or_in_a_bucket() {
        let blobs = |url: &str| {
            let mut settings = Settings {
                data: "data".into(),
                ..Settings::default()
            };
            settings.backends.blobs_url = url.to_owned();
            blobs(&settings).map_err(|error| error.to_string())
        };
        let s3 = |bucket: &str, prefix: &str| {
            Ok(BlobsUrl::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        assert_eq!(blobs("dir:blobs"), Ok(BlobsUrl::Dir("data/blobs".into())));
        assert_eq!(blobs("dir:/srv/b"), Ok(BlobsUrl::Dir("/srv/b".into())));
        assert_eq!(blobs("s3://files"), s3("files", ""));
        assert_eq!(blobs("s3://files/a/b/"), s3("files", "a/b"));
        for bad in ["dir:", "s3:", "s3:///prefix", "gs://bucket", "blobs"] {
            let refused = blobs(bad).unwrap_err();
            assert!(refused.starts_with("backends.blobs_url: "), "{refused}");
        }
    }

    #[test]
    fn an_unknown_scheme_lists_what_there_is() {
        let refused = store("postgres://db").unwrap_err();
        let expected =
            "backends.store_url: there is no `postgres:`; this build has sqlite:PATH and ";
        assert!(refused.starts_with(expected), "{refused}");
        assert!(store("sqlite:").unwrap_err().contains("names no file"));
    }

    #[test]
    fn the_cache_and_the_bus_may_be_in_redis() {
        let refused = |url: &str| {
            let url = url.to_owned();
            let plan = |change: &dyn Fn(&mut Settings)| plan(change).err();
            let cache = plan(&|settings| settings.backends.cache_url.clone_from(&url));
            let bus = plan(&|settings| settings.backends.bus_url.clone_from(&url));
            assert_eq!(cache.is_some(), bus.is_some());
            cache
        };
        for fine in [
            "local:",
            "redis://redis:6379",
            "rediss://ann:secret@redis/1",
        ] {
            assert_eq!(refused(fine), None);
        }
        for wrong in ["redis:", "redis://ann:secret@redis/a", "memcached://cache"] {
            let line = refused(wrong).unwrap();
            assert!(line.starts_with("backends.cache_url: "), "{line}");
            assert!(!line.contains("secret"), "{line}");
        }
    }

    #[test]
    fn the_queue_may_be_in_rabbitmq() {
        let refused = |url: &str| {
            let url = url.to_owned();
            plan(move |settings| settings.backends.queue_url.clone_from(&url)).err()
        };
        for fine in ["amqp://rabbit", "amqps://ann:secret@rabbit:5671/chat"] {
            assert_eq!(refused(fine), None);
        }
        for wrong in ["amqp:", "amqp://ann:secret@rabbit:port", "kafka://secret"] {
            let line = refused(wrong).unwrap();
            assert!(line.starts_with("backends.queue_url: "), "{line}");
            assert!(!line.contains("secret"), "{line}");
        }
    }

    #[test]
    fn mongodb_is_a_store_and_wants_a_queue_of_its_own() {
        let queued = |queue: &'static str| {
            plan(move |settings| {
                settings.backends.store_url = "mongodb://ann:secret@db/chat".to_owned();
                settings.backends.queue_url = queue.to_owned();
            })
        };
        let uri = "mongodb://ann:secret@db/chat".to_owned();
        assert_eq!(queued("sqlite:queue.db"), Ok(StoreUrl::Mongo(uri)));
        for (queue, told) in [
            ("store:", "MongoDB keeps no queue"),
            ("sqlite:", "names no file"),
        ] {
            let refused = queued(queue).unwrap_err();
            assert!(refused.starts_with("backends.queue_url: "), "{refused}");
            assert!(refused.contains(told), "{refused}");
        }
    }

    #[test]
    fn a_wrong_connection_string_is_named_and_not_told() {
        for wrong in [
            "mongodb://",
            "mongodb://ann:se@cret@db",
            "mongodb:db",
            "mongodb://ann:secret@db:port",
        ] {
            let refused = store(wrong).unwrap_err();
            assert!(refused.contains("is no MongoDB connection"), "{refused}");
            assert!(!refused.contains("cret"), "{refused}");
        }
    }
}
