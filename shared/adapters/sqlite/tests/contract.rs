//! What every store promises, on SQLite.

mod common;

use std::sync::Arc;

use testkit::contract::{
    World,
    files::{FileStore, FileWorld},
    log::{LogStore, LogWorld},
    outbox::{OutboxStore, OutboxWorld},
    people::{PeopleStore, PeopleWorld},
};

/// A world whose two nodes are one handle: SQLite serves one process.
macro_rules! world {
    ($ports:ty) => {{
        let common::Fresh { store, clock, dir } = common::fresh();
        let nodes: [Arc<$ports>; 2] = [store.clone(), store];
        World::new(nodes, dir).with_clock(clock)
    }};
}

mod people {
    use super::*;

    async fn open() -> PeopleWorld {
        world!(dyn PeopleStore)
    }

    testkit::people_contract!(open);
}

mod log {
    use super::*;

    async fn open() -> LogWorld {
        world!(dyn LogStore)
    }

    testkit::log_contract!(open);
}

mod history {
    use super::*;

    async fn open() -> LogWorld {
        world!(dyn LogStore)
    }

    testkit::history_contract!(open);
}

mod outbox {
    use super::*;

    async fn open() -> OutboxWorld {
        world!(dyn OutboxStore)
    }

    testkit::outbox_contract!(open);
}

mod files {
    use super::*;

    async fn open() -> FileWorld {
        world!(dyn FileStore)
    }

    testkit::files_contract!(open);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    use domain::ports::{About, Rooms};
    let fresh = common::fresh();
    let store = Arc::clone(&fresh.store);
    store.ping().await.unwrap();
    store.close().await;
    store.close().await;
    let unavailable = domain::Code::Unavailable;
    assert_eq!(store.ping().await.unwrap_err().code(), unavailable);
    let read = store.all_rooms(None, 1).await;
    assert_eq!(read.unwrap_err().code(), unavailable);
}
