//! What every store promises of bodies that move, on MongoDB: two nodes on one database.

mod common;

use std::time::Duration;

use async_trait::async_trait;
use domain::{MessageId, Rev};
use mongodb::bson::{Uuid, doc};
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
        let id = Uuid::from_bytes(message.uuid().into_bytes());
        let copies = common::stored(&self.0.database, "archived_messages");
        let mut found = copies.find(doc! {"message_id": id}).await.unwrap();
        let mut copies = Vec::new();
        while found.advance().await.unwrap() {
            let copy = found.deserialize_current().unwrap();
            let number = |field| copy.get_i64(field).unwrap().unsigned_abs();
            copies.push((number("rev"), number("place")));
        }
        copies.sort_unstable();
        copies
    }

    async fn tick(&self) {
        self.0.clock.advance(Duration::from_millis(1));
    }
}

testkit::bodies_contract!(open);
