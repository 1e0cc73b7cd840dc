//! What every store promises of its logs, on MongoDB: two nodes on one database.

mod common;

use std::sync::Arc;

use testkit::contract::{
    World,
    log::{LogStore, LogWorld},
    outbox::{OutboxStore, OutboxWorld},
};

macro_rules! world {
    ($ports:ty) => {{
        let common::Fresh { nodes, clock, .. } = common::fresh().await?;
        let nodes = nodes.map(|node| node as Arc<$ports>);
        Some(World::new(nodes, ()).with_clock(clock))
    }};
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
