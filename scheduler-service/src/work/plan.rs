//! What a plan does in a room: it counts.

use async_trait::async_trait;
use domain::{
    Result, Room,
    archive::{RoomCount, Run},
};

use super::{Batch, Tools, Work};
use crate::rules;

/// Counts what a run would take, by the same code, and moves nothing.
pub(super) struct Plan {
    tools: Tools,
    run: Run,
}

impl Plan {
    pub(super) fn new(tools: Tools, run: &Run) -> Self {
        let run = run.clone();
        Self { tools, run }
    }
}

#[async_trait]
impl Work for Plan {
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>> {
        rules::survey(&self.tools, room, &self.run).await
    }

    async fn batch(&self, _count: &RoomCount) -> Result<Option<Batch>> {
        Ok(None)
    }

    async fn recount(&self, _count: &mut RoomCount) -> Result<()> {
        Ok(())
    }

    fn changes_rooms(&self) -> bool {
        false
    }
}
