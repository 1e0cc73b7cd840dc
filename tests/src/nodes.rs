//! Several servers of one installation: on one MongoDB, one Redis and one RabbitMQ, each with a
//! folder and a port of its own.

use std::{net::SocketAddr, sync::Arc};

use domain::{RowId, ports::Ports};
use settings::{Secret, Settings};
use testkit::{
    lossy_bus::LossyBus,
    mongo_server::{self, MongoServer},
    proxy::Proxy,
    rabbit_server::{self, RabbitServer},
    redis_server::{self, RedisServer},
};

use crate::Server;

/// What stands between an installation and its servers: a proxy each, which can be closed and cut.
pub struct Doors {
    /// To the database.
    pub store: Proxy,
    /// To Redis.
    pub redis: Proxy,
    /// To RabbitMQ.
    pub queue: Proxy,
}

async fn door(server: anyhow::Result<SocketAddr>) -> Proxy {
    let server = server.expect("an address");
    Proxy::to(server).await.expect("a port")
}

/// A name that nobody else has, for a database or what is before the names of queues.
fn name() -> String {
    format!("hubbub_{}", RowId::new().uuid().simple())
}

/// An installation that servers can be started in.
pub struct Nodes {
    store: String,
    redis: String,
    queue: String,
    secret: String,
}

impl Nodes {
    /// A new installation on the servers that tests share; `None` after printing which is missing.
    #[must_use]
    pub fn shared() -> Option<Self> {
        Self::on(mongo_server::or_skip(MongoServer::shared())?)
    }

    /// The same on a MongoDB server of the test's own, which it may stop.
    #[must_use]
    pub fn on(mongo: &MongoServer) -> Option<Self> {
        let redis = redis_server::or_skip(RedisServer::shared())?;
        let rabbit = rabbit_server::or_skip(RabbitServer::shared())?;
        let queue = rabbit.url_of(&name());
        Some(Self::new(mongo.url_of_its_own(), redis.url(), queue))
    }

    /// The same with a door before each server.
    ///
    /// # Panics
    /// When there is no port for a door.
    pub async fn behind_doors() -> Option<(Self, Doors)> {
        let mongo = mongo_server::or_skip(MongoServer::shared())?;
        let redis = redis_server::or_skip(RedisServer::shared())?;
        let rabbit = rabbit_server::or_skip(RabbitServer::shared())?;
        let doors = Doors {
            store: door(mongo.address()).await,
            redis: door(redis.address()).await,
            queue: door(rabbit.address()).await,
        };
        let store = mongo.url_through(doors.store.address());
        let (there, options) = store.split_once("/?").expect("a URL without a database");
        let store = format!("{there}/{}?{options}", name());
        let redis = redis.url_through(doors.redis.address());
        let queue = rabbit.url_through(doors.queue.address(), &name());
        Some((Self::new(store, &redis, queue), doors))
    }

    fn new(store: String, redis: &str, queue: String) -> Self {
        Self {
            store,
            redis: redis.to_owned(),
            queue,
            secret: RowId::new().uuid().simple().to_string(),
        }
    }

    /// The same with a Redis server of the test's own, which it may kill.
    #[must_use]
    pub fn with_redis(self, redis: &RedisServer) -> Self {
        let redis = redis.url().to_owned();
        Self { redis, ..self }
    }

    /// What a process is told by variables to be one of it.
    pub fn variables(&self) -> [(&str, &str); 5] {
        [
            ("STORE_URL", &self.store),
            ("QUEUE_URL", &self.queue),
            ("CACHE_URL", &self.redis),
            ("BUS_URL", &self.redis),
            ("HUBBUB_AUTH__SECRET", &self.secret),
        ]
    }

    /// Starts a server of it.
    pub async fn start(&self) -> Server {
        self.start_between(|_| {}).await
    }

    /// Starts a server of it with changed settings.
    pub async fn start_with(&self, change: impl FnOnce(&mut Settings)) -> Server {
        let change = |settings: &mut Settings| {
            self.join(settings);
            change(settings);
        };
        Server::start_with(change).await
    }

    /// Starts a server that does not hear one in so many messages of the bus. `seed` says which.
    pub async fn start_hard_of_hearing(&self, one_in: u64, seed: u64) -> Server {
        let between = move |ports: &mut Ports| {
            ports.bus = Arc::new(LossyBus::new(Arc::clone(&ports.bus), one_in, seed));
        };
        self.start_between(between).await
    }

    async fn start_between(&self, between: impl Fn(&mut Ports) + Send + Sync + 'static) -> Server {
        let change = |settings: &mut Settings| {
            settings.no_limits = true;
            self.join(settings);
        };
        Server::start_between(change, Arc::new(between)).await
    }

    /// Lets settings be those of one of its servers.
    pub fn join(&self, settings: &mut Settings) {
        settings.auth.secret = Secret::new(&self.secret);
        settings.backends.store_url.clone_from(&self.store);
        settings.backends.queue_url.clone_from(&self.queue);
        settings.backends.cache_url.clone_from(&self.redis);
        settings.backends.bus_url.clone_from(&self.redis);
    }
}
