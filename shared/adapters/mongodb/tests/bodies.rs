//! What every store promises of bodies that move, on MongoDB: two nodes on one database.

mod common;

use std::time::Duration;

use async_trait::async_trait;
use domain::{MessageId, Rev};
use testkit::contract::bodies::{BodiesWorld, BodyStore};

struct World(common::Fresh);

async fn open() -> Option<World> {
    common::fresh().await.map(World)
}

#[async_trait]
impl BodiesWorld for World {
    fn first(&self) -> &dyn BodyStore {
        &*self.0.nodes[0]
    }

    fn second(&self) -> &dyn BodyStore {
        &*self.0.nodes[1]
    }

    async fn copies(&self, message: MessageId) -> Vec<(Rev, u64)> {
        common::copies(&self.0.database, message).await
    }

    async fn tick(&self) {
        self.0.clock.advance(Duration::from_millis(1));
    }
}

testkit::bodies_contract!(open);
