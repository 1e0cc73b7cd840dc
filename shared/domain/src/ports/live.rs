//! What is fast and forgetful: the cache and the bus.

use std::pin::Pin;

use async_trait::async_trait;
use futures_core::Stream;

use crate::{Card, NodeId, Recent, Result, RoomId, Row, Seq, TokenKey, UserId};

/// The recent rows of rooms. May forget at any time; may never lie.
///
/// What it keeps lies under (room, generation), so that nothing ever has to be dropped: an edit,
/// a deletion or an archive run raises the generation. Entries go ten minutes after their last
/// fill. Every error counts as a miss.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What is kept of a room's generation. Whether it may be believed,
    /// [`Recent::covers`] says.
    async fn recent(&self, room: RoomId, generation: Seq) -> Result<Option<Recent>>;

    /// Keeps a block that was read from the store, in place of what was kept.
    async fn fill_recent(&self, room: RoomId, generation: Seq, recent: Recent) -> Result<()>;

    /// Adds rows of one room, each under its own generation. A generation that nothing is kept
    /// of is not begun by this.
    async fn add_recent(&self, rows: &[Row]) -> Result<()>;
}

/// Something that the other processes' sockets should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusEvent {
    /// Rows of one room were appended, rising.
    Rows(Vec<Row>),
    /// A room has news for its members' notification listeners, up to this row.
    News {
        /// The room.
        room: RoomId,
        /// The row.
        seq: Seq,
    },
    /// Tokens were ended before their time, and so are the sockets that live by them.
    TokensEnded(Vec<TokenKey>),
    /// Somebody is called otherwise now.
    Renamed(Card),
    /// What a user is told of changed otherwise: their notification listeners look anew.
    Relist {
        /// Whose listeners.
        user: UserId,
    },
}

/// An event and the process that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusMessage {
    /// Who published it. A process has shown its own events already.
    pub origin: NodeId,
    /// What happened.
    pub event: BusEvent,
}

/// The events of the bus, from now on. It ends when the bus is closed. `Err` says that events may
/// have been lost, and that the heads are to be asked for.
pub type BusStream = Pin<Box<dyn Stream<Item = Result<BusMessage>> + Send>>;

/// Live fan-out between processes: at most once, in order per publisher where it arrives.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Tells all processes, this one included.
    async fn publish(&self, message: BusMessage) -> Result<()>;

    /// Listens from now on.
    async fn subscribe(&self) -> Result<BusStream>;
}
