//! The first task: get the old messages and log them.

use async_trait::async_trait;
use domain::{
    Result, Room,
    archive::{RoomCount, Run},
};

use super::{Batch, Tools, Work};
use crate::rules;

/// Tells how many messages are due, one line a room, and leaves them. Never what they say.
pub(super) struct Tell {
    tools: Tools,
    run: Run,
}

impl Tell {
    pub(super) fn new(tools: Tools, run: &Run) -> Self {
        let run = run.clone();
        Self { tools, run }
    }
}

#[async_trait]
impl Work for Tell {
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>> {
        rules::survey(&self.tools, room, &self.run).await
    }

    async fn batch(&self, count: &RoomCount) -> Result<Option<Batch>> {
        if count.moved == count.due {
            return Ok(None);
        }
        tracing::info!(
            run = %self.run.id,
            policy = self.run.policy.name,
            room = %count.room,
            name = count.name,
            messages = count.due,
            bytes = count.bytes,
            oldest = ?count.oldest,
            newest = ?count.newest,
            held = count.held,
            "old messages"
        );
        Ok(Some(Batch {
            moved: count.due,
            last: count.through,
            lost: None,
        }))
    }

    async fn recount(&self, count: &mut RoomCount) -> Result<()> {
        count.moved = 0;
        Ok(())
    }

    fn changes_rooms(&self) -> bool {
        false
    }
}
