//! What every store promises of the archive and of work, on SQLite.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adapter_sqlite::{Options, SqliteQueue, SqliteStore, Synchronous};
use async_trait::async_trait;
use common::{Fresh, fresh};
use domain::{
    MessageId, Rev,
    ports::{About, Queue},
};
use testkit::contract::{
    World,
    archive::ArchiveStore,
    bodies::{BodiesWorld, BodyStore},
    work::WorkWorld,
};

/// One handle for both movers: SQLite serves one process.
struct Bodies {
    fresh: Fresh,
    archive: Mutex<rusqlite::Connection>,
}

#[async_trait]
impl BodiesWorld for Bodies {
    fn first(&self) -> &dyn BodyStore {
        &*self.fresh.store
    }

    fn second(&self) -> &dyn BodyStore {
        &*self.fresh.store
    }

    async fn copies(&self, message: MessageId) -> Vec<(Rev, u64)> {
        let archive = self.archive.lock().unwrap();
        let sql = "SELECT rev, place FROM archived_messages WHERE id = ?1 ORDER BY rev, place";
        let mut statement = archive.prepare_cached(sql).unwrap();
        let copies = statement.query_map([message.uuid().into_bytes()], |row| {
            Ok((row.get::<_, u32>(0)?.into(), row.get::<_, u32>(1)?.into()))
        });
        copies.unwrap().map(Result::unwrap).collect()
    }

    async fn tick(&self) {
        self.fresh.clock.advance(Duration::from_millis(1));
    }
}

struct Work {
    fresh: Fresh,
    queue: Mutex<Arc<SqliteQueue>>,
}

#[async_trait]
impl WorkWorld for Work {
    fn queue(&self) -> Arc<dyn Queue> {
        self.queue.lock().unwrap().clone()
    }

    async fn pass(&self, time: Duration) {
        self.fresh.clock.advance(time);
    }

    async fn restart(&self) -> Arc<dyn Queue> {
        self.fresh.store.close().await;
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(self.fresh.clock.clone())
        };
        let path = self.fresh.dir.path().join("hubbub.db");
        let store = SqliteStore::open(path, options).unwrap();
        let queue = Arc::new(SqliteQueue::new(Arc::new(store)));
        *self.queue.lock().unwrap() = Arc::clone(&queue);
        queue
    }
}

async fn bodies() -> Bodies {
    let fresh = fresh();
    let path = fresh.dir.path().join("hubbub.db");
    let archive = Mutex::new(rusqlite::Connection::open(path).unwrap());
    Bodies { fresh, archive }
}

async fn records() -> World<dyn ArchiveStore> {
    let Fresh { store, clock, dir } = fresh();
    let nodes: [Arc<dyn ArchiveStore>; 2] = [store.clone(), store];
    World::new(nodes, dir).with_clock(clock)
}

async fn work() -> Work {
    let fresh = fresh();
    let queue = Mutex::new(Arc::new(SqliteQueue::new(fresh.store.clone())));
    Work { fresh, queue }
}

mod moving {
    use super::*;

    testkit::bodies_contract!(bodies);
}

mod records_of_the_archive {
    use super::*;

    testkit::archive_contract!(records);
}

testkit::queue_contract!(work);
