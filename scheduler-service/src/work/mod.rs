//! What a run does in a room: counts messages, tells of them, moves them, or brings them back.

mod log;
mod plan;
mod relocate;
mod restore;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Result, Room, Seq,
    archive::{Action, Key, RoomCount, Run, Trigger},
    ports::{Clock, Store, Swung},
};

use self::{log::Tell, plan::Plan, relocate::Move, restore::Restore};

/// What became of one batch.
pub(crate) struct Batch {
    /// How many messages were moved.
    pub(crate) moved: u64,
    /// The last message that was looked at.
    pub(crate) last: Seq,
    /// The first that somebody changed in between, so that it stayed where it was.
    pub(crate) lost: Option<Seq>,
}

impl Batch {
    /// Sums up what became of `keys`, of which there is at least one.
    fn of(keys: &[Key], moved: impl Fn(&Key) -> bool) -> Option<Self> {
        Some(Self {
            moved: keys.iter().filter(|key| moved(key)).count() as u64,
            last: keys.last()?.seq,
            lost: keys.iter().find(|key| !moved(key)).map(|key| key.seq),
        })
    }
}

/// What a run does in a room. Every method may be repeated: after a crash, or by another process.
#[async_trait]
pub(crate) trait Work: Send + Sync {
    /// Looks what there is to do in a room, and makes ready for it. `None`: nothing.
    async fn survey(&self, room: &Room) -> Result<Option<RoomCount>>;

    /// Does the next messages after `count.through`. `None`: there are no more.
    async fn batch(&self, count: &RoomCount) -> Result<Option<Batch>>;

    /// Mends `moved` and `through` after an interruption, of whose last batch nothing is known.
    async fn recount(&self, count: &mut RoomCount) -> Result<()>;

    /// Whether members must be told that the room was changed.
    fn changes_rooms(&self) -> bool {
        true
    }
}

/// What all work needs.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Most messages of a batch.
    pub(crate) batch: usize,
}

/// The work of a run.
pub(crate) fn of(tools: Tools, run: &Run) -> Box<dyn Work> {
    if run.trigger == Trigger::DryRun {
        return Box::new(Plan::new(tools, run));
    }
    match (run.restore, run.policy.action) {
        (Some(order), _) => Box::new(Restore::new(tools, run, order)),
        (None, Action::Archive) => Box::new(Move::new(tools, run)),
        (None, Action::Log) => Box::new(Tell::new(tools, run)),
    }
}

/// What a room is called in records.
pub(crate) fn name_of(room: &Room) -> Option<String> {
    room.name.as_ref().map(|name| name.as_str().to_owned())
}

fn is_done(swung: &Swung) -> bool {
    *swung == Swung::Done
}
