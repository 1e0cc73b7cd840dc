//! What is fast and forgetful: the cache, who is there, and the bus.

use std::pin::Pin;

use async_trait::async_trait;
use futures_core::Stream;

use crate::{
    Card, NodeId, Presence, PresenceState, Receipt, Recent, Result, RoomId, Row, Seq, TokenKey,
    UserId, Visit, Wish,
};

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

/// Who is there, over the sessions of all processes: an entry for each user and process, and what
/// the user wishes to be seen as. May forget at any time; may never lie.
///
/// An entry goes by itself when its process has not touched it for [`crate::Limits::PRESENCE`]. A
/// user without entries is offline, and their wish is forgotten. Every method is atomic for each
/// user, not for all of them together, and answers in the order asked.
///
/// The same is kept of [`Visit`]s, apart from the presence of their users.
#[async_trait]
pub trait Presences<K: Send + Sync + 'static = UserId>: Send + Sync {
    /// Makes or renews the entries that users have on a process. Answers what each was *before*,
    /// so that of simultaneous first arrivals exactly one hears `Offline`.
    async fn touch(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>>;

    /// Takes the entries that users have on a process away. Answers what each is *now*, so that of
    /// simultaneous last departures exactly one hears `Offline`. An entry that is not there is no
    /// error.
    async fn leave(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>>;

    /// Notes what a user wants to be seen as, and answers whether they have an entry: for who has
    /// none, nothing is kept.
    async fn wish(&self, user: K, wish: Wish) -> Result<bool>;

    /// What users are now.
    async fn look(&self, users: &[K]) -> Result<Vec<PresenceState>>;

    /// Forgets up to `limit` users all of whose entries ran out: nobody told of their departure.
    /// Each is answered to one caller only.
    async fn expire(&self, limit: usize) -> Result<Vec<K>>;
}

/// Something that the other processes' sockets should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusEvent {
    /// Rows of one room were appended, rising.
    Rows(Vec<Row>),
    /// A room's log has this row: whoever listens, to the room or for notifications, looks whether
    /// they were told up to it.
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
    /// Somebody was deleted: their sockets end, whatever token they live by.
    UserDeleted {
        /// Who.
        user: UserId,
    },
    /// What a user is told of changed otherwise: their notification listeners look anew.
    Relist {
        /// Whose listeners.
        user: UserId,
    },
    /// A member has received or read more of a room.
    Receipt {
        /// How far they are.
        receipt: Receipt,
        /// What is left unread, for their own sessions alone.
        unread: Option<u64>,
        /// Whether everybody in the room is told, or their own sessions alone.
        everybody: bool,
        /// Whether they have read more; else they have only received more.
        more_read: bool,
    },
    /// Somebody types in a room, or no longer does.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Whether they do.
        on: bool,
    },
    /// Somebody is there now, or is seen differently.
    Presence {
        /// Who, and how.
        presence: Presence,
        /// The rooms whose members are told.
        rooms: Vec<RoomId>,
    },
    /// Somebody has opened the socket of a conversation, or closed their last one.
    Visited {
        /// Who, and which.
        visit: Visit,
        /// Whether it is open now.
        here: bool,
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
