//! Brings back what a run moved, and holds it, so that the next run does not undo it.

use async_trait::async_trait;
use domain::{
    HoldId, Result, Room, RoomId, RunId, Seq,
    archive::{DueCount, Hold, RestoreOrder, RoomCount, Run},
    to_millis,
};
use uuid::Uuid;

use super::{Batch, Tools, Work, is_done, name_of};

/// The reason of the holds that a restore places.
pub(crate) const RESTORED: &str = "restored";

/// Brings bodies back from their copies, under a hold.
pub(super) struct Restore {
    tools: Tools,
    order: RestoreOrder,
    /// The restore itself.
    run: RunId,
    by: String,
    since: domain::Timestamp,
    /// The run whose messages come back.
    origin: Option<RunId>,
}

/// What a run's messages in a room amount to.
#[derive(Default)]
struct Archived {
    found: DueCount,
    first: Seq,
    last: Seq,
}

impl Restore {
    pub(super) fn new(tools: Tools, run: &Run, order: RestoreOrder) -> Self {
        Self {
            tools,
            order,
            run: run.id,
            by: run.by.clone(),
            since: to_millis(run.started_at),
            origin: run.origin,
        }
    }

    /// All of a room that the run moved and that is still in the archive.
    async fn archived(&self, room: RoomId) -> Result<Archived> {
        let mut all = Archived::default();
        loop {
            let (store, batch) = (&self.tools.store, self.tools.batch);
            let page = store.archived(room, self.origin, all.last, batch).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else {
                return Ok(all);
            };
            if all.found.due == 0 {
                all.first = first.seq;
            }
            all.last = last.seq;
            all.found.due += page.len() as u64;
            all.found.bytes += page.iter().map(|key| key.bytes).sum::<u64>();
            all.found.revs += page.iter().map(|key| key.rev).sum::<u64>();
        }
    }

    /// Up to where everything beyond `count.through` has come back.
    async fn reached(&self, count: &RoomCount) -> Result<Seq> {
        let (store, room) = (&self.tools.store, count.room);
        let left = store.archived(room, self.origin, count.through, 1).await?;
        if let Some(first) = left.first() {
            return Ok(first.seq - 1);
        }
        let holds = store.holds(room, self.tools.clock.now()).await?;
        let ours = holds.iter().find(|hold| hold.id == self.hold_id(room));
        Ok(ours.map_or(0, |hold| hold.through))
    }

    /// The same hold for the same restore and room, however often it is placed.
    fn hold_id(&self, room: RoomId) -> HoldId {
        HoldId::from_uuid(Uuid::new_v5(&self.run.uuid(), room.uuid().as_bytes()))
    }

    fn hold(&self, room: RoomId, from: Seq, through: Seq) -> Hold {
        Hold {
            id: self.hold_id(room),
            room,
            from,
            through,
            reason: RESTORED.to_owned(),
            by: self.by.clone(),
            since: self.since,
            until: Some(self.order.hold_until),
        }
    }
}

#[async_trait]
impl Work for Restore {
    /// Places the hold before anything comes back, or a run in between would take it again.
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>> {
        let all = self.archived(room.id).await?;
        if all.found.due == 0 {
            return Ok(None);
        }
        let hold = self.hold(room.id, all.first, all.last);
        self.tools.store.place_hold(hold).await?;
        Ok(Some(RoomCount::begin(room.id, name_of(room), all.found)))
    }

    async fn batch(&self, count: &RoomCount) -> Result<Option<Batch>> {
        let store = &self.tools.store;
        let (after, limit) = (count.through, self.tools.batch);
        let keys = store
            .archived(count.room, self.origin, after, limit)
            .await?;
        if keys.is_empty() {
            return Ok(None);
        }
        let swung = store.swing_back(count.room, &keys).await?;
        let back: Vec<Seq> = keys
            .iter()
            .zip(&swung)
            .filter(|(_, swung)| is_done(swung))
            .map(|(key, _)| key.seq)
            .collect();
        Ok(Batch::of(&keys, |key| back.binary_search(&key.seq).is_ok()))
    }

    /// What is no longer in the archive has come back.
    async fn recount(&self, count: &mut RoomCount) -> Result<()> {
        let left = self.archived(count.room).await?.found.due;
        count.moved = count.due.saturating_sub(left);
        count.through = count.through.max(self.reached(count).await?);
        Ok(())
    }
}
