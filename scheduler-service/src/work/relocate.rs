//! The second task: put the old messages into the archive.

use async_trait::async_trait;
use domain::{
    Result, Room, RoomId, Seq,
    archive::{Due, Key, RoomCount, RuledBy, Run},
    ports::{Copied, Swung},
};

use super::{Batch, Tools, Work, is_done};
use crate::rules;

/// Moves bodies to the archive: copy, verify, swing the key.
pub(super) struct Move {
    tools: Tools,
    run: Run,
}

impl Move {
    pub(super) fn new(tools: Tools, run: &Run) -> Self {
        let run = run.clone();
        Self { tools, run }
    }

    /// Copies bodies, and swings the keys of those whose copy is verified. Answers with the keys
    /// that now point to the archive, by rising seq.
    async fn relocate(&self, room: RoomId, keys: &[Key]) -> Result<Vec<Seq>> {
        let copied = self.tools.store.copy(room, self.run.id, keys).await?;
        let verified: Vec<Key> = keys
            .iter()
            .zip(&copied)
            .filter(|(_, copied)| **copied == Copied::Verified)
            .map(|(key, _)| *key)
            .collect();
        if verified.is_empty() {
            return Ok(Vec::new());
        }
        let swung: Vec<Swung> = self.tools.store.swing(room, self.run.id, &verified).await?;
        let done = verified
            .iter()
            .zip(&swung)
            .filter(|(_, swung)| is_done(swung));
        Ok(done.map(|(key, _)| key.seq).collect())
    }
}

#[async_trait]
impl Work for Move {
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>> {
        rules::survey(&self.tools, room, &self.run).await
    }

    async fn batch(&self, count: &RoomCount) -> Result<Option<Batch>> {
        if count.rule == RuledBy::Exempt {
            return Ok(None);
        }
        let due = Due {
            room: count.room,
            cutoff: count.cutoff.unwrap_or(self.run.cutoff),
            after: count.through,
        };
        let now = self.tools.clock.now();
        let keys = self.tools.store.due(due, now, self.tools.batch).await?;
        if keys.is_empty() {
            return Ok(None);
        }
        let moved = self.relocate(count.room, &keys).await?;
        Ok(Batch::of(&keys, |key| {
            moved.binary_search(&key.seq).is_ok()
        }))
    }

    /// The keys remember which run moved them.
    async fn recount(&self, count: &mut RoomCount) -> Result<()> {
        let (mut moved, mut after) = (0, 0);
        loop {
            let of_run = Some(self.run.id);
            let store = &self.tools.store;
            let page = store
                .archived(count.room, of_run, after, self.tools.batch)
                .await?;
            let Some(last) = page.last() else { break };
            moved += page.len() as u64;
            after = last.seq;
        }
        count.moved = moved;
        count.through = count.through.max(after);
        Ok(())
    }
}
