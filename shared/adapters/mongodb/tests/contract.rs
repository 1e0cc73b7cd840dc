//! What every store promises of its logs, on MongoDB: two nodes on one database.

mod common;

use std::sync::Arc;

use testkit::contract::{
    World,
    archive::ArchiveStore,
    files::{FileStore, FileWorld},
    log::{LogStore, LogWorld},
    outbox::{OutboxStore, OutboxWorld},
    people::{PeopleStore, PeopleWorld},
};

macro_rules! world {
    ($ports:ty) => {{
        let common::Fresh { nodes, clock, .. } = common::fresh().await?;
        let nodes = nodes.map(|node| node as Arc<$ports>);
        Some(World::new(nodes, ()).with_clock(clock))
    }};
}

mod people {
    use super::*;

    async fn open() -> Option<PeopleWorld> {
        world!(dyn PeopleStore)
    }

    testkit::people_contract!(open);
}

mod log {
    use super::*;

    async fn open() -> Option<LogWorld> {
        world!(dyn LogStore)
    }

    testkit::log_contract!(open);
}

mod history {
    use super::*;

    async fn open() -> Option<LogWorld> {
        world!(dyn LogStore)
    }

    testkit::history_contract!(open);
}

mod outbox {
    use super::*;

    async fn open() -> Option<OutboxWorld> {
        world!(dyn OutboxStore)
    }

    testkit::outbox_contract!(open);
}

mod files {
    use super::*;

    async fn open() -> Option<FileWorld> {
        world!(dyn FileStore)
    }

    testkit::files_contract!(open);
}

mod records_of_the_archive {
    use super::*;

    async fn open() -> Option<World<dyn ArchiveStore>> {
        world!(dyn ArchiveStore)
    }

    testkit::archive_contract!(open);
}
