//! What the store says of itself.

use async_trait::async_trait;
use domain::{Error, Result, ports::About};
use mongodb::bson::doc;
use uuid::Uuid;

use crate::{MongoStore, db::Db, failure::Failure, server::Topology};

impl Db {
    /// Writes something, as every promise needs it.
    async fn try_out(&self) -> Result<(), Failure> {
        let (ping, count) = (doc! {"_id": "ping"}, doc! {"$inc": {"count": 1_i64}});
        let written = self.notes.update_one(ping, count).upsert(true);
        match self.call(written).await {
            // Another process is making the document just now: it can be written.
            Err(failure) if !failure.is_duplicate() => Err(failure),
            _ => Ok(()),
        }
    }
}

/// A server in a line, with what it cannot promise.
pub(crate) fn describe(version: &str, place: &str, topology: Topology) -> String {
    let weakness = topology.weakness();
    let weakness = weakness.map_or(String::new(), |weakness| format!("; {weakness}"));
    format!("MongoDB {version} at {place} ({topology}{weakness})")
}

#[async_trait]
impl About for MongoStore {
    async fn epoch(&self) -> Result<Uuid> {
        self.gate.pass()?;
        let opened = self.gate.opened();
        let opened = opened.ok_or_else(|| Error::unavailable("it is not open yet"))?;
        Ok(opened.epoch)
    }

    async fn ping(&self) -> Result<()> {
        self.db.try_out().await?;
        match self.keeper.trouble() {
            Some(trouble) => {
                Err(Error::unavailable("the clocks are too far apart").with_detail(trouble))
            }
            None => Ok(()),
        }
    }

    fn describe(&self) -> String {
        let Some(opened) = self.gate.opened() else {
            return format!("MongoDB at {} (not reached yet)", self.place);
        };
        describe(&opened.version, &self.place, opened.topology)
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn close(&self) {
        self.keeper.end().await;
    }
}
