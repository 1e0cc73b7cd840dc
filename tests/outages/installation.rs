//! A server, as a process, on servers that the test may kill.

use std::path::PathBuf;

use e2e::{Anon, Process, Rest, SignedIn};
use tempfile::TempDir;
use testkit::{
    mongo_server::{self, MongoServer},
    rabbit_server::RabbitServer,
    redis_server::{self, RedisServer},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-under-test");

/// MongoDB's protocol and Redis of the test's own, a RabbitMQ, and one server on them.
pub(crate) struct Installation {
    pub(crate) mongo: MongoServer,
    pub(crate) redis: RedisServer,
    pub(crate) server: Process,
    _folder: TempDir,
}

impl Installation {
    /// `None` after printing what is missing. What was given to the tests is not theirs to kill.
    pub(crate) async fn start(rabbit: &RabbitServer) -> Option<Self> {
        let mongo = mongo_server::or_skip(MongoServer::start())?;
        let redis = redis_server::or_skip(RedisServer::start())?;
        if !(mongo.is_ours() && redis.is_ours() && rabbit.is_ours()) {
            println!("skipped: the servers that were given are not ours to stop");
            return None;
        }
        let queue = rabbit.url_of(&domain::RowId::new().uuid().simple().to_string());
        let store = mongo.url_of("hubbub");
        let backends = [
            ("store_url", store.as_str()),
            ("queue_url", &queue),
            ("cache_url", redis.url()),
            ("bus_url", redis.url()),
        ];
        let (folder, server) = serve(&backends).await;
        Some(Self {
            mongo,
            redis,
            server,
            _folder: folder,
        })
    }

    /// Somebody with an account.
    pub(crate) async fn person(&self, name: &str) -> SignedIn {
        person(&self.server, name).await
    }

    /// Ends the server as one should, and says whether it did.
    pub(crate) async fn ends_well(self) -> bool {
        self.server.terminate().await == Some(0)
    }
}

/// Starts a server with these backends, without limits, in a folder of its own.
pub(crate) async fn serve(backends: &[(&str, &str)]) -> (TempDir, Process) {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = backends
        .iter()
        .map(|(name, url)| format!("{name} = \"{url}\"\n"));
    let lines: String = lines.collect();
    let text = format!("no_limits = true\n[backends]\n{lines}");
    let config: PathBuf = folder.path().join("hubbub.toml");
    std::fs::write(&config, text).expect("written");
    let server = Process::start(PROGRAM, folder.path(), Some(config)).await;
    (folder, server)
}

/// Somebody with an account at a server.
pub(crate) async fn person(server: &Process, name: &str) -> SignedIn {
    let rest = Rest::new(server.addr());
    Anon { rest }.sign_up(name).await
}
